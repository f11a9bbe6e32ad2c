"""Words of a document as a Markdown quote that only shows them: no picture, no mention, no citation."""

import re

_PICTURE = re.compile(r"!(?=\[)")
_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]|【(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)】")
_MENTION = re.compile(r"@(?=everyone|here|channel)|<(?=[!@#]\w*)", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6}\s+|^-{3,}$")
_RULE = re.compile(r"[-=*_~\s|:]*")


def quoted(text: str, number: int) -> str:
    """A block quote of a text that ends in its citation, `[number]`.

    Lines stay lines, so that list items keep their markers and table rows stand apart; rules and heading marks go.
    """
    lines = [_harmless(_HEADING.sub("", line.strip())) for line in text.splitlines() if not _RULE.fullmatch(line)]
    shown = "\n".join(f"> {line}" for line in _ticks_closed(lines) if line)
    return f"{shown or '> …'} [{number}]"


def _harmless(line: str) -> str:
    """A line without what a platform or the numbering of citations would act on.

    A footnote's own `[3]` is written `(3)`: it is not one of the reply's citations.
    """
    line = _PICTURE.sub("", line)
    line = _MARKER.sub(lambda match: f"({match[1] or match[2]})", line)
    return _MENTION.sub(lambda match: match.group() + "\u200b", line)


def _ticks_closed(lines: list[str]) -> list[str]:
    """Code marks that are not closed within the quote would make code of the rest of the reply: they go."""
    return [line if line.count("`") % 2 == 0 and "```" not in line else line.replace("`", "'") for line in lines]
