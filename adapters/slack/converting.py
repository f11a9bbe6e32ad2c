"""Markdown to Slack's own markup (mrkdwn), and to the plain text of notifications.

mrkdwn has no nesting, no headings, no tables and no escape but that of `&`, `<` and `>`; so lists become lines with
bullets, headings bold lines, tables aligned code. https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from urllib.parse import quote

from markdown_it.tree import SyntaxTreeNode

from adapters.markdown.mentions import defused
from adapters.markdown.parsing import Span, parse, spans
from adapters.markdown.tables import as_text, table_of

_BULLETS = "•◦▪"
_TASK = re.compile(r"\[([ xX])\] ")
_LINKED = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_MARKS = "*_~`"
_NO_BREAK = "\u200b"
"""Slack sees markup only at the edges of words; between Chinese characters an invisible space makes an edge."""


def escaped(text: str) -> str:
    """Text that Slack shows as it is, within mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(url: str, text: str) -> str:
    """A link in mrkdwn; only its text where the address is not one of a page or of a mailbox."""
    shown = escaped(" ".join(text.split()))
    if not is_link(url):
        return shown
    address = quote(url, safe="%/:?#[]@!$&'()*+,;=~-._").replace("&", "&amp;")
    return f"<{address}|{shown.replace('|', '¦')}>" if shown else f"<{address}>"


def is_link(url: str) -> bool:
    """Whether an address is one of a page or of a mailbox, and not too long for Slack."""
    return len(url) <= 3000 and _LINKED.fullmatch(url) is not None


def to_mrkdwn(text: str) -> str:
    """Markdown in Slack's own markup, with mentions taken apart."""
    return defused("\n\n".join(_blocks(parse(defused(text)).children)))


def to_plain(text: str) -> str:
    """Markdown without its markup, on one line, with mentions taken apart; not escaped."""
    return defused(" ".join(" ".join(_said(parse(defused(text)))).split()))


def _said(node: SyntaxTreeNode) -> Iterable[str]:
    if node.type == "inline":
        yield "".join(span.text for span in spans(node))
    elif node.type in {"fence", "code_block"}:
        yield node.content
    else:
        for child in node.children:
            yield from _said(child)


def _blocks(nodes: Sequence[SyntaxTreeNode], depth: int = 0) -> list[str]:
    return [said for node in nodes if (said := _block(node, depth))]


def _block(node: SyntaxTreeNode, depth: int) -> str:
    match node.type:
        case "heading":
            return _inline(node, heading=True)
        case "fence" | "code_block":
            return _code(node.content)
        case "blockquote":
            inner = "\n\n".join(_blocks(node.children))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        case "bullet_list" | "ordered_list":
            return "\n".join(_items(node, depth))
        case "table":
            return to_mrkdwn(as_text(table_of(node)))
        case "hr":
            return "─" * 10
        case _:
            return _inline(node)


def _items(node: SyntaxTreeNode, depth: int) -> list[str]:
    margin = " " * 4 * depth
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    lines: list[str] = []
    for at, item in enumerate(node.children):
        bullet = f"{number + at}." if node.type == "ordered_list" else _BULLETS[min(depth, len(_BULLETS) - 1)]
        parts = [(child.type, said) for child in item.children if (said := _block(child, depth + 1))]
        first = parts[0][1] if parts and parts[0][0] == "paragraph" else ""
        if task := _TASK.match(first):
            bullet, first = ("☐" if task[1] == " " else "☑"), first[task.end() :]
        hanging = f"\n{margin}   "
        lines.append(f"{margin}{bullet} {first.replace(chr(10), hanging)}".rstrip())
        for kind, said in parts[1:] if parts and parts[0][0] == "paragraph" else parts:
            # Lists within are indented already; code can't be: its indentation would be part of it.
            lines.append(said if kind in {"bullet_list", "ordered_list", "fence", "code_block"} else hanging[1:] + said)
    return lines


def _code(content: str) -> str:
    # Three backticks within would end the block.
    inner = escaped(content.rstrip("\n")).replace("```", f"`{_NO_BREAK}`{_NO_BREAK}`")
    return f"```\n{inner}\n```"


def _inline(node: SyntaxTreeNode, *, heading: bool = False) -> str:
    runs = [span for child in node.children for span in spans(child)]
    if heading:
        runs = [Span(run.text, bold=True, url=run.url, code=run.code) for run in runs]
    said = ""
    for (bold, italic, strike), marked in groupby(runs, key=lambda run: (run.bold, run.italic, run.strike)):
        inner = "".join(_run(run) for run in marked)
        marks = "*" * bold + "_" * italic + "~" * strike
        said = _beside(said, _marked(inner, marks) if marks else inner)
    return said


def _run(run: Span) -> str:
    text = run.text.replace("`", "'") if run.code else run.text
    said = link(run.url, text) if run.url else escaped(text)
    return f"`{said}`" if run.code and text.strip() else said


def _marked(text: str, marks: str) -> str:
    """Text between marks, which must stand right at its letters, on each of its lines."""
    return "\n".join(
        f"{line[: len(line) - len(line.lstrip())]}{marks}{line.strip()}{marks[::-1]}{line[len(line.rstrip()) :]}"
        if line.strip()
        else line
        for line in text.split("\n")
    )


def _beside(before: str, after: str) -> str:
    """Two runs side by side; a mark that touches a letter is told from it."""
    if not before or not after:
        return before + after
    touching = (after[0] in _MARKS and _is_letter(before[-1])) or (before[-1] in _MARKS and _is_letter(after[0]))
    return before + (_NO_BREAK if touching else "") + after


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in _MARKS or ord(character) > 0x2E80
