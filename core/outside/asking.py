"""What an outside source is asked: a query in the person's own words, and what its answer has to fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.knowledge.documents import Passage


@dataclass(frozen=True)
class Asked:
    """One lookup. `query` may leave; `question` is the whole question, for choosing among what comes back."""

    query: str
    question: str
    language: str
    chinese: bool


class Lookup(Protocol):
    """A source outside that can be asked in words. `name` is its switch and its tool, `kind` marks its passages."""

    name: str
    kind: str

    async def look(self, asked: Asked) -> Sequence[Passage]:
        """What it says, best first.

        Raises:
            SettingsError: it is not set up rightly; for the operator.
            UnavailableError: it is away.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
