"""Standard Markdown in the part of it that Discord shows, of which it has its own idea.

Tables become aligned code or rows, headings below the third level bold lines, rules a line, pictures their alternative
text. https://support.discord.com/hc/en-us/articles/210298617
"""

import re
from collections.abc import Callable

from adapters.markdown.emphasis import understood
from adapters.markdown.mentions import defused
from adapters.markdown.tables import without_tables

WIDTH = 44
"""Columns of a table that a telephone shows in one line of code; a wider one is written row by row."""

_FENCED = re.compile(r"(^[ >]*(`{3,}|~{3,})[^\n]*\n(?:.*?^[ >]*\2[`~]*[ ]*$|.*))", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"((?<!`)(`+)(?!`)[^\n]*?(?<!`)\2(?!`))")
_DEEP_HEADING = re.compile(r"^( {0,3})#{4,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$", re.MULTILINE)
_PICTURE = re.compile(r"!\[([^\[\]\n]*)\]\([^()\s]*(?:\s+\"[^\"\n]*\")?\)")
_TASK = re.compile(r"^([ >]*[-*+] +)\[([ xX])\] ", re.MULTILINE)
_SUBTEXT = re.compile(r"^( {0,3})-# ", re.MULTILINE)
_SPOILER = re.compile(r"\|\|")
_STAMP = re.compile(r"<(?=(?:t:-?\d|/[^<>\n]{1,100}:\d|a?:\w+:\d|id:))")


def to_discord(text: str, *, width: int = WIDTH) -> str:
    """The text as Discord shows it best, with mentions taken apart; links and code stay."""
    said = without_tables(understood(defused(text)), width=width)
    return _outside(said, _FENCED, lambda prose: _outside(prose, _CODE, _prose))


def _prose(text: str) -> str:
    text = _DEEP_HEADING.sub(r"\1**\2**", text)
    text = _RULE.sub("─" * 10, text)
    text = _PICTURE.sub(r"\1", text)
    text = _TASK.sub(lambda found: f"{found[1]}{'☐' if found[2] == ' ' else '☑'} ", text)
    text = _SUBTEXT.sub(r"\1\\-# ", text)
    return _STAMP.sub("‹", _SPOILER.sub(r"\\|\\|", text))


def _outside(text: str, code: re.Pattern[str], change: Callable[[str], str]) -> str:
    """Change what is no code; every match of the pattern has two groups, of which the first is the whole."""
    pieces = code.split(text)
    return "".join(change(piece) if at % 3 == 0 else piece for at, piece in enumerate(pieces) if at % 3 != 2)
