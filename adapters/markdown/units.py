"""A Markdown text as units that stay together where they can: blocks, and the items of lists that are too long."""

from dataclasses import dataclass, replace
from typing import Literal

from markdown_it.tree import SyntaxTreeNode

from adapters.markdown.measures import Measure
from adapters.markdown.parsing import parse

Kind = Literal["text", "heading", "quote", "fence", "table"]


@dataclass(frozen=True)
class Unit:
    """A block with its lines as they stand; `gap` is what stands before it, `indent` how far it is indented in lists.

    A long one is cut between its lines `body`, each part between `head` and `tail`: a fence's opening and closing line,
    a table's head.
    """

    text: str
    gap: str
    kind: Kind = "text"
    indent: int = 0
    head: str = ""
    body: tuple[str, ...] = ()
    tail: str = ""


def units_of(text: str, limit: int, measure: Measure) -> list[Unit]:
    """The units of a text; a list that is longer than the limit comes as its items, a long item as its blocks."""
    lines = text.split("\n")
    return _within(parse(text).children, 0, len(lines), lines, limit, measure)


def _within(
    nodes: list[SyntaxTreeNode], start: int, end: int, lines: list[str], limit: int, measure: Measure
) -> list[Unit]:
    units: list[Unit] = []
    at = start
    for node in nodes:
        if node.map is None:
            continue
        # The lines of a node that begin where its list item begins have the item's marker.
        first, last = max(node.map[0], at), min(node.map[1], end)
        while last > first and not lines[last - 1].strip() and node.type != "fence":
            last -= 1
        if last <= first:
            continue
        gap = _gap(lines, at, first)
        if gap.strip():
            units.append(Unit(gap.strip("\n"), "\n\n"))
            gap = "\n"
        units += _units(node, first, last, gap, lines, limit, measure)
        at = last
    rest = "\n".join(lines[at:end]).strip("\n")
    return [*units, Unit(rest, "\n\n")] if rest.strip() else units


def _gap(lines: list[str], at: int, first: int) -> str:
    return (
        "\n" * (1 + first - at) if not any(map(str.strip, lines[at:first])) else "\n".join(["", *lines[at:first], ""])
    )


def _units(
    node: SyntaxTreeNode, first: int, last: int, gap: str, lines: list[str], limit: int, measure: Measure
) -> list[Unit]:
    text = "\n".join(lines[first:last])
    if node.type in {"bullet_list", "ordered_list", "list_item"} and measure(text) > limit:
        inner = _within(node.children, first, last, lines, limit, measure)
        return [replace(inner[0], gap=gap), *inner[1:]] if inner else []
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    whole = Unit(text, gap, indent=indent)
    match node.type:
        case "heading":
            return [replace(whole, kind="heading")]
        case "blockquote" if not indent:
            return [replace(whole, kind="quote")]
        case "fence":
            return [_fence(whole, node, lines[first:last])]
        case "code_block":
            return [_indented(whole, node)]
        case "table":
            head = "\n".join(lines[first : first + 2])
            return [replace(whole, kind="table", head=f"{head}\n", body=tuple(lines[first + 2 : last]))]
        case _:
            return [whole]


def _fence(unit: Unit, node: SyntaxTreeNode, lines: list[str]) -> Unit:
    closed = len(lines) > 1 and lines[-1].strip().startswith(node.markup) and not lines[-1].strip(f" {node.markup[0]}")
    margin = " " * unit.indent
    return replace(
        unit,
        # What a model left open is closed, so that nothing after it becomes code.
        text=unit.text if closed else f"{unit.text.rstrip()}\n{margin}{node.markup}",
        kind="fence",
        head=f"{lines[0]}\n",
        body=tuple(lines[1:-1] if closed else lines[1:]),
        tail=f"\n{margin}{node.markup}",
    )


def _indented(unit: Unit, node: SyntaxTreeNode) -> Unit:
    """Code by indentation becomes a fence: its indentation would not survive at the beginning of a message."""
    body = tuple(node.content.rstrip("\n").split("\n"))
    longest = "````" if any("```" in line for line in body) else "```"
    text = "\n".join([longest, *body, longest])
    return replace(unit, text=text, kind="fence", indent=0, head=f"{longest}\n", body=body, tail=f"\n{longest}")
