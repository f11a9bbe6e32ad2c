"""Citations in a streamed answer: markers are renumbered in order of appearance and mapped to the exact sentence.

A model cites evidence as `[3]`, `[3, 5]` or `【3】` under the numbers it was given. A person reads `[1]`, `[2]`, ... in
the order in which they appear. Numbers that were never given are left out; code is left as it is.
"""

import re
from collections.abc import Callable

_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]|【(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)】")
_UNFINISHED = re.compile(r"[\[【][\d\s,，、]{0,24}\Z")
_OPEN_TICKS = re.compile(r"`+\Z")
_BACKTICKS = re.compile(r"`+")
DECLINED = "[[no answer]]"
"""What a model is told to begin with when the evidence does not hold the answer; never shown."""


class CitationStream:
    """Rewrites the markers of one answer while it streams.

    `known` says whether a number was given to the model. `cited` lists the numbers that were cited, in order of
    appearance: the marker shown for `cited[i]` is `[i + 1]`.
    """

    def __init__(self, known: Callable[[int], bool]) -> None:
        self._known = known
        self._held = ""
        self._fence = ""
        self._started = False
        self.cited: list[int] = []
        self.declined = False
        self.text = ""

    def feed(self, piece: str) -> str:
        """Take the next piece; answer what can be shown already."""
        pending = self._held + piece
        if not self._started:
            pending = pending.lstrip()
            if pending.startswith(DECLINED):
                self.declined = True
                pending = pending.removeprefix(DECLINED).lstrip()
            self._started = bool(pending) and not DECLINED.startswith(pending)
            if not self._started:
                self._held = pending
                return ""
        unfinished = _UNFINISHED.search(pending) or _OPEN_TICKS.search(pending)
        self._held = unfinished.group() if unfinished else ""
        return self._show(pending[: len(pending) - len(self._held)])

    def close(self) -> str:
        """Answer what was held back."""
        held, self._held = self._held, ""
        return self._show(held)

    def _show(self, text: str) -> str:
        shown: list[str] = []
        position = 0
        for ticks in _BACKTICKS.finditer(text):
            shown.append(self._rewrite(text[position : ticks.start()]))
            shown.append(ticks.group())
            if not self._fence:
                self._fence = ticks.group()
            elif self._fence == ticks.group():
                self._fence = ""
            position = ticks.end()
        shown.append(self._rewrite(text[position:]))
        result = "".join(shown)
        self.text += result
        return result

    def _rewrite(self, text: str) -> str:
        return text if self._fence else _MARKER.sub(self._renumber, text)

    def _renumber(self, match: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d+", match.group())]
        known = [number for number in numbers if self._known(number)]
        for number in known:
            if number not in self.cited:
                self.cited.append(number)
        return "".join(f"[{self.cited.index(number) + 1}]" for number in known)


def claim_of(text: str, number: int) -> str:
    """The sentence of an answer that carries `[number]`, without its markers: what the citation has to bear out."""
    marker = f"[{number}]"
    at = text.find(marker)
    if at < 0:
        return ""
    before = re.split(r"(?<=[.!?。！？\n])\s*(?!\[)", text[:at].rstrip(" .。"))
    claim = before[-1] if before and before[-1].strip() else text[:at]
    return re.sub(r"\[\d+\]", "", claim).strip(" \n>*-")
