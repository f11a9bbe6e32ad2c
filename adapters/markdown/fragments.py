"""Running text cut where a reader would pause: at line ends, ends of sentences, spaces; never within a link or code."""

import re
import unicodedata

from adapters.markdown.measures import Measure

_WHOLE = re.compile(
    r"!?\[[^\[\]\n]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)"  # links and pictures
    r"|<(?:https?://|mailto:)[^<>\s]*>"
    r"|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)"  # code
    r"|https?://[^\s<>]+"
)
_EMPHASIS = re.compile(r"(?<![\w*_~])(\*{1,3}|_{1,3}|~~)(?=[^\s*_~])[^\n]{1,400}?(?<=\S)\1(?![\w*_~])")
_SENTENCE = re.compile(r"\n|[.!?][\"')\]”’]*(?=\s)|[。！？；…][”’」』）]*")
_PAUSE = re.compile(r"\s|[，、：,;:](?=\s)|[\u3001\u3002\uff0c\uff1a\uff1b\u3400-\u9fff]")


def fragments(text: str, limit: int, measure: Measure, *, first: int | None = None) -> list[str]:
    """A text as fragments of at most `limit` (the first of at most `first`), without the white space between them."""
    parts: list[str] = []
    room = limit if first is None else first
    while measure(text) > room:
        end = _end(text, room, measure)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
        room = limit
    return [part for part in [*parts, text] if part]


def _end(text: str, room: int, measure: Measure) -> int:
    """Where the first fragment ends, at least 1."""
    most = _most(text, room, measure)
    window = text[: most + 200]
    whole = [match.span() for match in _WHOLE.finditer(window)]
    soft = [*whole, *(match.span() for match in _EMPHASIS.finditer(window))]
    for breaks, spans, least in (
        (_SENTENCE, soft, most // 2),
        (_PAUSE, soft, most // 4),
        (_PAUSE, whole, 1),
        (None, whole, 1),
    ):
        ends = (match.end() for match in breaks.finditer(text, 0, most)) if breaks else iter((most,))
        allowed = [end for end in ends if end >= least and not any(start < end < stop for start, stop in spans)]
        if allowed:
            return _grapheme(text, allowed[-1])
    before = max((start for start, stop in whole if start < most < stop and start > 0), default=most)
    return _grapheme(text, before)


def _most(text: str, room: int, measure: Measure) -> int:
    """How many characters fit, at least 1."""
    low, high = 1, min(len(text), max(room, 1))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= room else (low, middle - 1)
    return low


def _grapheme(text: str, end: int) -> int:
    """An end that leaves accents and joined emoji with what they belong to, where that is near."""
    for at in range(end, max(end - 12, 1), -1):
        following = text[at : at + 1]
        joined = following and (unicodedata.combining(following) or following in "\u200d\ufe0f")
        if not joined and text[at - 1] != "\u200d":
            return at
    return end
