"""Times, sizes, numbers and audiences in the words of the page's two languages."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from bots.web.knowledge.faults import sentence
from bots.web.knowledge.words import WORDS
from bots.web.visitors import OPERATORS, PLATFORM, WORKSPACE, Language
from core.audience import EVERYONE, GUESTS, workspace
from core.errors import LorelensError
from core.knowledge.saved import PREFIX
from core.sources.schedule import in_words

_AGES = ((86400 * 2, 86400, "days"), (3600 * 2, 3600, "hours"), (60, 60, "minutes"))


class Telling:
    """What templates call to put a value into words."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._words = WORDS[language]
        self._chinese = language == "zh"

    def age(self, at: float) -> str:
        """How long ago, or how far ahead, a time is (seconds since 1970)."""
        away = time.time() - at
        for least, unit, name in _AGES:
            if abs(away) >= least:
                key = f"{name}_ago" if away > 0 else f"in_{name}"
                return self._words[key].format(count=round(abs(away) / unit))
        return self._words["just_now" if away >= 0 else "at_once"]

    @staticmethod
    def iso(at: float) -> str:
        """A time as machines read it."""
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")

    @staticmethod
    def date(at: float) -> str:
        """A time to the minute, in UTC."""
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"

    @staticmethod
    def number(count: float) -> str:
        """A whole number, its thousands set apart."""
        return f"{count:,.0f}"

    @staticmethod
    def size(count: float) -> str:
        """Bytes as people count them."""
        for unit in ("B", "KB", "MB", "GB"):
            if count < 1000 or unit == "GB":
                return f"{count:,.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
            count /= 1000
        raise AssertionError("one of the units is the last")

    def audience(self, principals: Iterable[str]) -> str:
        """Who may see something."""
        named = tuple(principals)
        said = dict.fromkeys(self._principal(one) for one in named if not (one == EVERYONE and GUESTS in named))
        return ("、" if self._chinese else ", ").join(said)

    def fault(self, error: LorelensError | None) -> str:
        """What is wrong, and what to do; empty for nothing."""
        return sentence(error, self._language) if error is not None else ""

    def due(self, at: float) -> str:
        """When something is to happen."""
        return self.age(at) if at > time.time() else self._words["due"]

    def source(self, name: str) -> str:
        """What a source of the ledger is called."""
        return name.removeprefix(PREFIX)

    def every(self, seconds: float) -> str:
        """How often a source is synced."""
        return self._words["every"].format(time=in_words(seconds)) if seconds else self._words["when_asked"]

    def _principal(self, one: str) -> str:
        known = {
            EVERYONE: "members",
            GUESTS: "guests_too",
            OPERATORS: "operators",
            workspace(PLATFORM, WORKSPACE): "page_people",
        }
        if one in known:
            return self._words[known[one]]
        platform, _, rest = one.partition("/")
        _, _, what = rest.partition("/")
        kind, _, identity = what.partition("/")
        if kind in ("channel", "person", "group") and identity:
            return self._words[kind].format(platform=platform, id=identity)
        return one
