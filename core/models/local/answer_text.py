"""From tokens to the text that is shown, piece by piece: whole characters only, and nothing of a stop string.

Tokens are bytes more than letters: a Chinese character or an emoji may take three of them. A piece is given out when it
decodes to whole characters, as decoding a prefix and a longer prefix, and taking the difference, shows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

_BROKEN = "\ufffd"
_PATIENCE = 8
"""After so many tokens without a whole character the bytes are no character at all, and are shown as what they are."""


class AnswerText:
    """The text of one answer while it is generated. `stopped` holds once a stop string was met."""

    def __init__(self, tokenizer: Any, stops: Iterable[str] = (), hidden: frozenset[int] = frozenset()) -> None:
        """Tokens in `hidden` (those that end an answer, padding, ...) have no text."""
        self._tokenizer = tokenizer
        self._stops = [stop for stop in stops if stop]
        self._hidden = hidden
        self._ids: list[int] = []
        self._decoded = 0  # tokens whose text was given out
        self._start = 0  # where decoding begins: a few tokens earlier, for the spaces between words
        self._held = ""
        self.stopped = False

    def feed(self, token: int) -> str:
        """Take the next token; answers what can be shown by now."""
        if self.stopped or token in self._hidden:
            return ""
        self._ids.append(token)
        return self._show(self._decode(final=False))

    def finish(self) -> str:
        """What was held back, when no more comes."""
        if self.stopped:
            return ""
        shown = self._show(self._decode(final=True))
        rest, self._held = self._held, ""
        return shown + rest if not self.stopped else shown

    def _decode(self, *, final: bool) -> str:
        before = self._text(self._ids[self._start : self._decoded])
        after = self._text(self._ids[self._start :])
        unfinished = after.endswith(_BROKEN) and len(self._ids) - self._decoded < _PATIENCE
        if len(after) <= len(before) or (unfinished and not final):
            return ""
        self._start, self._decoded = self._decoded, len(self._ids)
        return after[len(before) :]

    def _text(self, ids: Sequence[int]) -> str:
        decode = self._tokenizer.decode
        return str(decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)) if ids else ""

    def _show(self, new: str) -> str:
        """What of the held and the new text can't be part of a stop string."""
        text = self._held + new
        found = [at for at in (text.find(stop) for stop in self._stops) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """How much of the text's end is a beginning of the stop string."""
    for length in range(min(len(stop) - 1, len(text)), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
