"""Tables in a Markdown text: taken out as values, or written as aligned text where a platform has no tables.

A table that is too wide to be read as lines of text is written row by row, each cell with the name of its column.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it.tree import SyntaxTreeNode

from adapters.markdown.parsing import Span, parse, spans

Align = Literal["left", "center", "right"]
Cell = tuple[Span, ...]
WIDTH = 84
"""Columns of text that most windows show without breaking a line of code."""


@dataclass(frozen=True)
class Table:
    """A table: its head, its rows (each as long as the head), the columns' alignment, and the Markdown it came from."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    align: tuple[Align, ...]
    source: str


def segments(text: str) -> tuple[str | Table, ...]:
    """A text as its tables and what stands between them; tables within lists and quotations stay text."""
    if "|" not in text:
        return (text,) if text.strip() else ()
    lines = text.split("\n")
    found: list[str | Table] = []
    at = 0
    for node in parse(text).children:
        if node.type != "table" or node.map is None:
            continue
        first, last = node.map
        found += ["\n".join(lines[at:first]), table_of(node, "\n".join(lines[first:last]))]
        at = last
    found.append("\n".join(lines[at:]))
    return tuple(one for one in found if isinstance(one, Table) or one.strip())


def without_tables(text: str, *, width: int = WIDTH) -> str:
    """The text with its tables written as text, for platforms that have none."""
    parts = [as_text(part, width=width) if isinstance(part, Table) else part.strip("\n") for part in segments(text)]
    return "\n\n".join(parts)


def table_of(node: SyntaxTreeNode, source: str = "") -> Table:
    """The value of a parsed table."""
    rows = [row for part in node.children for row in part.children]
    cells = [tuple(tuple(_cell(cell)) for cell in row.children) for row in rows]
    align: tuple[Align, ...] = tuple(_align(cell) for cell in rows[0].children)
    return Table(cells[0], tuple(cells[1:]), align, source)


def _cell(node: SyntaxTreeNode) -> list[Span]:
    return [span for child in node.children for span in spans(child)]


def _align(cell: SyntaxTreeNode) -> Align:
    style = str(cell.attrs.get("style", ""))
    return "right" if "right" in style else "center" if "center" in style else "left"


def text_of(cell: Cell) -> str:
    """What a cell says, on one line."""
    return " ".join("".join(span.text for span in cell).split())


def as_text(table: Table, *, width: int = WIDTH) -> str:
    """A table as Markdown without tables: aligned in a code block, or row by row where it is wider than `width`."""
    rows = [[text_of(cell) for cell in row] for row in (table.head, *table.rows)]
    widths = [max(1, *(columns(row[at]) for row in rows)) for at in range(len(table.head))]
    if sum(widths) + 2 * (len(widths) - 1) > width:
        return _row_by_row(rows)
    lines = [
        "  ".join(_padded(cell, widths[at], table.align[at]) for at, cell in enumerate(row)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("─" * one for one in widths))
    fence = "````" if any("```" in line for line in lines) else "```"
    return "\n".join([fence, *lines, fence])


def _row_by_row(rows: Sequence[Sequence[str]]) -> str:
    head = rows[0]
    items: list[str] = []
    for row in rows[1:]:
        cells = [f"**{name}:** {cell}" if name else cell for name, cell in zip(head, row, strict=True) if cell]
        items.append("- " + "\n  ".join([*(f"{cell}  " for cell in cells[:-1]), *cells[-1:]]))
    return "\n".join(items) if items else " · ".join(f"**{name}**" for name in head if name)


def columns(text: str) -> int:
    """How many columns of a fixed-width font a text takes: Chinese characters and emoji take two."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _padded(text: str, width: int, align: Align) -> str:
    space = width - columns(text)
    before = {"left": 0, "center": space // 2, "right": space}[align]
    return " " * before + text + " " * (space - before)
