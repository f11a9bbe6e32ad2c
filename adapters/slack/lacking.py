"""What a workspace's Slack does not offer, remembered for a while: each answer need not find it out anew."""

import time
from collections import OrderedDict
from typing import Literal

Feature = Literal["streams", "blocks in streams", "status", "markdown blocks", "uploads"]

FOR_A_WHILE = 900.0
"""Seconds; then it is tried again, since permissions and plans change."""
_MOST = 10_000


class Lacking:
    """The features that were refused, by workspace (and kind of place, where it depends on that)."""

    def __init__(self, *, seconds: float = FOR_A_WHILE) -> None:
        self._seconds = seconds
        self._until: OrderedDict[tuple[str, Feature], float] = OrderedDict()

    def note(self, where: str, feature: Feature) -> None:
        """It was refused just now."""
        self._until[(where, feature)] = time.monotonic() + self._seconds
        while len(self._until) > _MOST:
            self._until.popitem(last=False)

    def has(self, where: str, feature: Feature) -> bool:
        """Whether it is worth trying."""
        return time.monotonic() >= self._until.get((where, feature), 0.0)
