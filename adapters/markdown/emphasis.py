"""Emphasis as Chinese and Japanese texts write it, in a form that Markdown understands.

In `**注意：**请先停止` the closing asterisks stand between a punctuation mark and a letter, where CommonMark takes
them for asterisks: https://spec.commonmark.org/0.31.2/#right-flanking-delimiter-run. The punctuation goes out of the
emphasis: `**注意**：请先停止` reads the same.
"""

import re
import unicodedata
from collections.abc import Callable

_FENCED = re.compile(r"(^[ >]*(`{3,}|~{3,})[^\n]*\n(?:.*?^[ >]*\2[`~]*[ ]*$|.*))", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"((?<!`)(`+)(?!`)[^\n]*?(?<!`)\2(?!`))")
_STRONG = re.compile(r"(?<![*\\])(\*{1,3})(?![\s*])([^*\n]+?)(?<!\s)\1(?!\*)")


def understood(text: str) -> str:
    """The text with emphasis that would be shown as asterisks put right; code is left alone. Idempotent."""
    if "*" not in text or text.isascii():
        return text
    return _outside(text, _FENCED, lambda prose: _outside(prose, _CODE, _eased))


def _outside(text: str, code: re.Pattern[str], change: Callable[[str], str]) -> str:
    """Change what is no code; every match of the pattern has two groups, of which the first is the whole."""
    pieces = code.split(text)
    # A split text has, in turns: prose, code, the code's marker.
    return "".join(change(piece) if at % 3 == 0 else piece for at, piece in enumerate(pieces) if at % 3 != 2)


def _eased(prose: str) -> str:
    return _STRONG.sub(_without_edges, prose)


def _without_edges(match: re.Match[str]) -> str:
    marks, inner = match[1], match[2]
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    start, end = 0, len(inner)
    if _is_letter(after):
        while end > 0 and _is_mark(inner[end - 1]):
            end -= 1
    if _is_letter(before):
        while start < end and _is_mark(inner[start]):
            start += 1
    if end < len(inner) and start == 0 and unicodedata.category(inner[0]) in {"Ps", "Pi"}:
        start = 1  # a pair of brackets goes out as a pair
    if start > 0 and end == len(inner) and unicodedata.category(inner[-1]) in {"Pe", "Pf"}:
        end -= 1
    if start >= end or (start, end) == (0, len(inner)):
        return match[0]
    opening, said, closing = inner[:start], inner[start:end], inner[end:]
    if said != said.strip() or "[" in closing + opening or "](" in said + closing:
        return match[0]
    return f"{opening}{marks}{said}{marks}{closing}"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _is_letter(character: str) -> bool:
    """Whether neither white space nor punctuation stands there, nor the end of the text."""
    return bool(character) and not character.isspace() and not _is_mark(character)
