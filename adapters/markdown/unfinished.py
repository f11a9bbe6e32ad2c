"""What of an unfinished Markdown text can be shown already: no half link, no half emphasis, no half word.

What never closes (a lone asterisk, say) is waited for only so long.
"""

import re
import unicodedata
from dataclasses import dataclass

WAIT = 300
"""Characters after which an opened emphasis, code span or bracket is taken for what it looks like."""
WAIT_ADDRESS = 2000
"""Characters after which the address of a link is not waited for any more."""

_FENCE = re.compile(r"^([ >]*)(`{3,}|~{3,})([^`\n]*)$")
_NEW_SCOPE = re.compile(r"^[ >]*(?:[-*+] |\d{1,9}[.)] |#{1,6} |\|)")
_HALF_LINE = re.compile(r"^[ >]*(?:[-*+=_~`|#]+|\d{1,9}[.)]?|\|.*|[-*+] +\[[ xX]?\]?)? *$")
_ADDRESS = re.compile(r"\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\"?)?\)")


@dataclass(frozen=True)
class Fence:
    """A code fence that is open: the line that opens it, its marker, and what stands before the marker."""

    opening: str
    marker: str
    margin: str

    @property
    def closing(self) -> str:
        """The line that closes it."""
        return self.margin + self.marker


@dataclass(frozen=True)
class Showable:
    """`text` is a prefix of what was said so far; `closing` closes an open code fence, for display only."""

    text: str
    closing: str = ""

    @property
    def displayed(self) -> str:
        """The whole Markdown to show now."""
        return self.text + self.closing


def open_fence(text: str) -> Fence | None:
    """The code fence that is open at the end of a text, of which every line that matters is whole."""
    fence: Fence | None = None
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match is None:
            continue
        if fence is None:
            fence = Fence(line, match[2], match[1])
        elif match[2].startswith(fence.marker) and not match[3].strip():
            fence = None
    return fence


def showable(text: str) -> Showable:
    """What can be shown of a text that goes on. The longer text always shows at least as much."""
    last = text.rfind("\n") + 1
    fence = open_fence(text[:last])
    if fence is not None:
        # Code is shown line by line, so that a message ends where a line does.
        shown = text[: last if len(text) - last <= WAIT else _word_end(text, len(text))]
        return Showable(shown, ("" if shown.endswith("\n") else "\n") + fence.closing)
    if _HALF_LINE.match(text[last:]) or _FENCE.match(text[last:]):
        return Showable(text[:last])
    scope = _scope(text, last)
    closed, wholes = _closed(text[scope:])
    end = _word_end(text, scope + closed)
    for start, stop in reversed(wholes):
        if scope + start < end < scope + stop:
            end = _word_end(text, scope + start)
    line = text.rfind("\n", 0, end) + 1
    return Showable(text[: line if _HALF_LINE.match(text[line:end]) else end])


def _scope(text: str, last: int) -> int:
    """Where the paragraph, item or heading begins that the last line belongs to."""
    start = last
    while start > 0:
        line = text[start : _line_end(text, start)]
        before = text.rfind("\n", 0, start - 1) + 1
        previous = text[before : start - 1]
        if _NEW_SCOPE.match(line) or not previous.strip(" >") or _FENCE.match(previous):
            break
        start = before
    return start


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _word_end(text: str, end: int) -> int:
    """The last end of a word at or before `end`; a mention or an address is never cut."""
    while end > 0:
        character = text[end - 1]
        if character.isspace() or (ord(character) > 0x2E80 and not unicodedata.normalize("NFKC", character).isascii()):
            return end
        end -= 1
    return 0


def _closed(text: str) -> tuple[int, list[tuple[int, int]]]:
    """Where the first inline construct begins that is not closed yet, at most the end; and those that are closed."""
    opened: list[tuple[str, int]] = []
    wholes: list[tuple[int, int]] = []
    # A marker belongs to its item, not to an emphasis.
    marker = _NEW_SCOPE.match(text)
    at = marker.end() if marker else 0
    waiting = len(text)
    while at < len(text) and waiting == len(text):
        character, end = text[at], at + 1
        if character == "\\":
            end = at + 2
        elif character in "`[<&":
            whole = _code_end(text, at) if character == "`" else _whole_end(text, at)
            if whole is None:
                waiting = at - 1 if text[at - 1 : at] == "!" else at
            else:
                end = whole
                wholes.append((at, end))
        elif character in "*_~":
            end = at + len(text[at:]) - len(text[at:].lstrip(character))
            if end == len(text):
                waiting = at
            elif (start := _emphasis(text, at, end, opened)) is not None:
                wholes.append((start, end))
        at = end
    waiting = min([waiting, *(start for _, start in opened if len(text) - start <= WAIT)])
    return waiting, sorted(wholes)


def _code_end(text: str, at: int) -> int | None:
    ticks = re.match(r"`+", text[at:])
    length = ticks.end() if ticks else 1
    closing = re.search(rf"(?<!`)`{{{length}}}(?!`)", text[at + length :])
    if closing:
        return at + length + closing.end()
    return None if len(text) - at <= WAIT else at + length


def _whole_end(text: str, at: int) -> int | None:
    """The end of a link, a bracket, an address in angle brackets or an entity; None while it is waited for."""
    if text[at] == "&":
        return at + 1 if len(text) - at > 12 or re.match(r"&#?\w*[^\w#]", text[at:]) else None
    if text[at] == "<":
        if closed := re.match(r"<\S[^<>\n]*>", text[at:]):
            return at + closed.end()
        return at + 1 if len(text) - at > WAIT or re.match(r"<[^<>\n]*\n|<\s", text[at:]) else None
    closing = _bracket_end(text, at)
    if closing is None:
        return at + 1 if len(text) - at > WAIT else None
    if closing == len(text):
        return None
    if text[closing] != "(":
        return closing
    address = _ADDRESS.match(text, closing)
    if address:
        return address.end()
    waiting = len(text) - closing <= WAIT_ADDRESS and not re.match(r"\(\S*\s+[^\s\"]", text[closing:])
    return None if waiting else closing


def _bracket_end(text: str, at: int) -> int | None:
    depth = 0
    for place in range(at, min(len(text), at + WAIT)):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return None


def _emphasis(text: str, start: int, end: int, opened: list[tuple[str, int]]) -> int | None:
    """Take a run of marks for the end of an emphasis, and answer where that began, or for the beginning of one."""
    mark, before, after = text[start], text[start - 1 : start], text[end : end + 1]
    if mark == "~" and end - start != 2:
        return None
    if before.isalnum() and after.isalnum() and (mark == "_" or before.isdigit()):
        return None
    if before.strip():
        for place in range(len(opened) - 1, -1, -1):
            if opened[place][0] == mark:
                began = opened[place][1]
                del opened[place:]
                return began
    if after.strip():
        opened.append((mark, start))
    return None
