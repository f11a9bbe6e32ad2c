"""Markdown parsed: CommonMark with tables and strikethrough, HTML as text, as chat platforms read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_BREAK = re.compile(r"<br */?>", re.IGNORECASE)
"""The one tag that models write in tables."""


@dataclass(frozen=True)
class Span:
    """A run of text that looks the same all along; `url` where it is a link."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str = ""


def parse(text: str) -> SyntaxTreeNode:
    """The tree of a text; `map` of a block is its lines, from 0, the end excluded."""
    return SyntaxTreeNode(_PARSER.parse(text))


def spans(node: SyntaxTreeNode, look: Span = Span("")) -> Iterator[Span]:
    """What an inline node says, in runs; a line break is a run of "\\n", a picture its alternative text."""
    if node.type in {"softbreak", "hardbreak"}:
        yield replace(look, text="\n")
    elif node.type == "code_inline":
        yield replace(look, text=node.content, code=True)
    elif node.type == "image":
        yield replace(look, text=node.content)
    elif not node.children:
        if node.content:
            yield replace(look, text=_BREAK.sub("\n", node.content))
    else:
        for child in node.children:
            yield from spans(child, _within(node, look))


def _within(node: SyntaxTreeNode, look: Span) -> Span:
    match node.type:
        case "strong":
            return replace(look, bold=True)
        case "em":
            return replace(look, italic=True)
        case "s":
            return replace(look, strike=True)
        case "link":
            return replace(look, url=str(node.attrs.get("href", "")))
        case _:
            return look
