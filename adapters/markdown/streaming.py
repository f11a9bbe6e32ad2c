"""What of an unfinished Markdown text can be shown already."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Showable:
    """`text` is a prefix of what was said so far; `closing` closes an open code fence, for display only."""

    text: str
    closing: str = ""


@dataclass(frozen=True)
class Addition:
    """What is appended to the message numbered `part`, from 0; its mentions are taken apart."""

    part: int
    text: str


def showable(text: str) -> Showable:
    """What can be shown of a text that goes on: no half link, no half emphasis, no half word."""
    end = max(text.rfind(" "), text.rfind("\n")) + 1
    return Showable(text[:end])


class GrowingText:
    """A growing text as additions to messages that can only be appended to, each at most `limit` characters long."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._text = ""
        self._shown = 0
        self._part = 0
        self._in_part = 0

    def add(self, text: str) -> tuple[Addition, ...]:
        """The text goes on; answer what can be appended now."""
        from adapters.markdown.mentions import defused

        self._text += text
        return self._append(defused(showable(self._text).text[self._shown :]), len(showable(self._text).text))

    def finish(self) -> tuple[Addition, ...]:
        """The text is whole; answer the rest of it."""
        from adapters.markdown.mentions import defused

        return self._append(defused(self._text[self._shown :]), len(self._text))

    def _append(self, text: str, shown: int) -> tuple[Addition, ...]:
        self._shown = max(shown, self._shown)
        if not text:
            return ()
        if self._in_part + len(text) > self._limit:
            self._part, self._in_part = self._part + 1, 0
        self._in_part += len(text)
        return (Addition(self._part, text),)
