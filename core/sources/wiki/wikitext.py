"""Wikitext as HTML: what a page says, without running its templates, as mwparserfromhell takes it apart.

A wiki alone can expand templates. Of those a page uses, infoboxes are kept as lists of facts, and a few that stand in
the middle of sentences as their words; the others go, and so do footnotes, files and categories.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape, unescape
from importlib import import_module
from typing import Any

from core.sources.wiki.templates import facts_of, inline_words

_parse: Callable[[str], Any] = import_module("mwparserfromhell").parse

_LEFT_OUT_LINKS = (
    "file image media category"
    " datei bild kategorie fichier catégorie archivo imagen categoría ficheiro categoria immagine"
    " 文件 檔案 档案 图像 圖像 分类 分類 ファイル 画像 カテゴリ 파일 분류 файл категория"
)
LEFT_OUT = frozenset(_LEFT_OUT_LINKS.split())
"""Namespaces whose links are no words of the text, in lower case; links to a page's other languages go as well."""
_INTERLANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})*\Z")
_UNSEEN_TAGS = "ref references gallery timeline imagemap templatestyles indicator score graph mapframe hiero"
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_VERBATIM = frozenset({"pre", "syntaxhighlight", "source"})
_CELLS = frozenset({"td", "th"})
_LINE_BLOCKS = frozenset({"p", "div", "center", "blockquote", "section", "li", "ul", "ol", "dl", "dd", "dt", "poem"})
_SWITCH = re.compile(r"__[A-Z]+__")
_VARIANT = re.compile(r"-\{([^{}]*)\}-")
_WRITING = re.compile(r"\b(zh(?:-[a-z]+)?)\s*:([^;]*)")
_BLOCK = re.compile("\ue001(\\d+)\ue002")
_ITEM = re.compile("\ue000([*#:;])")
_PRIVATE = re.compile("[\ue000-\ue002]")
_DEEPEST = 40
_DEEPEST_LIST = 12
_MOST_SPAN = 1000


def html_of(wikitext: str, left_out: Sequence[str] = ()) -> str:
    """The page as HTML, everything in it escaped. `left_out` are the wiki's own names of files and categories."""
    wikitext = _VARIANT.sub(_variant, _SWITCH.sub("", _PRIVATE.sub("", wikitext)))
    page = _Page(LEFT_OUT | {name.lower() for name in left_out})
    return page.html(_parse(wikitext))


class _Page:
    """One page being put together: running text, and the blocks in between by number."""

    def __init__(self, left_out: frozenset[str]) -> None:
        self._left_out = left_out
        self._blocks: list[str] = []
        self._depth = 0

    def html(self, code: Any) -> str:
        """A piece of wikitext with its blocks: paragraphs, lists, and what stands for itself."""
        return "\n".join(self._lines(self._running(code)))

    def words(self, code: Any) -> str:
        """A piece of wikitext as plain words on one line."""
        text = re.sub(r"<[^>]*>", " ", self.html(code).replace("</li><li>", ", "))
        return " ".join(unescape(text).split()).replace(" , ", ", ")

    def _running(self, code: Any) -> str:
        """The nodes as escaped text, with marks where blocks and items of lists begin."""
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                return escape(str(code.strip_code()))
            return "".join(self._node(node) for node in code.nodes)
        finally:
            self._depth -= 1

    def _node(self, node: Any) -> str:
        match type(node).__name__:
            case "Text":
                return escape(str(node.value))
            case "HTMLEntity":
                return escape(_PRIVATE.sub("", str(node.normalize())))
            case "Heading":
                level = min(6, int(node.level))
                return self._block(f"<h{level}>{escape(self.words(node.title))}</h{level}>")
            case "Wikilink":
                return self._link(node)
            case "ExternalLink":
                named = self._running(node.title) if node.title is not None else ""
                return named or ("" if node.brackets else escape(str(node.url)))
            case "Template":
                return self._template(node)
            case "Tag":
                return self._tag(node)
            case _:  # comments, and the arguments of templates
                return ""

    def _link(self, node: Any) -> str:
        target = str(node.title).strip()
        namespace, colon, _ = target.partition(":")
        if colon and namespace.strip():
            name = namespace.strip().lower().replace("_", " ")
            if name in self._left_out or (_INTERLANGUAGE.match(name) and node.text is None):
                return ""
        if node.text is not None:
            return self._running(node.text)
        return escape(target.lstrip(":").replace("_", " ").strip())

    def _template(self, node: Any) -> str:
        facts = facts_of(node, self.words)
        if facts:
            return self._block("<ul>" + "".join(f"<li>{escape(fact)}</li>" for fact in facts) + "</ul>")
        return escape(inline_words(node, self.words))

    def _tag(self, node: Any) -> str:
        name = str(node.tag).strip().lower()
        if node.wiki_markup and name in ("li", "dt", "dd"):
            return f"\ue000{node.wiki_markup}"
        if name in _UNSEEN:
            return ""
        if name == "br":
            return "\n\n"
        if node.contents is None or node.self_closing:
            return ""
        if name in _VERBATIM:
            return self._block(f"<pre>{escape(str(node.contents).strip(chr(10)))}</pre>")
        if name == "nowiki":
            return escape(str(node.contents))
        if name in ("math", "chem"):
            return escape(f"${str(node.contents).strip()}$")
        if name == "table":
            return self._block(self._table(node))
        inner = self._running(node.contents)
        return f"\n\n{inner}\n\n" if name in _LINE_BLOCKS else inner

    def _table(self, node: Any) -> str:
        rows: list[str] = []
        loose: list[str] = []
        for child in node.contents.nodes:
            if type(child).__name__ != "Tag":
                continue
            name = str(child.tag).strip().lower()
            if name in _CELLS:
                loose.append(self._cell(child, name))
            elif name == "tr" and child.contents is not None:
                cells = [
                    self._cell(cell, str(cell.tag).strip().lower())
                    for cell in child.contents.nodes
                    if type(cell).__name__ == "Tag" and str(cell.tag).strip().lower() in _CELLS
                ]
                rows.append("".join(cells))
        rows.insert(0, "".join(loose))
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows if row) + "</table>"

    def _cell(self, node: Any, name: str) -> str:
        spans = "".join(
            f' {kind}="{value}"' for kind in ("rowspan", "colspan") if (value := _span(node, kind)) is not None
        )
        content = self.html(node.contents) if node.contents is not None else ""
        return f"<{name}{spans}>{content}</{name}>"

    def _block(self, html: str) -> str:
        self._blocks.append(html)
        return f"\n\ue001{len(self._blocks) - 1}\ue002\n"

    def _lines(self, running: str) -> Iterator[str]:
        """Paragraphs, lists and blocks, in order."""
        paragraph: list[str] = []
        items: list[tuple[str, str]] = []
        for line in [*running.split("\n"), ""]:
            block, item = _BLOCK.fullmatch(line.strip()), _ITEM.match(line)
            if not item and items:
                yield _list(items)
                items = []
            if (block or item or not line.strip()) and paragraph:
                yield f"<p>{' '.join(paragraph)}</p>"
                paragraph = []
            if block:
                yield self._blocks[int(block.group(1))]
            elif item:
                items.append(_item(line))
            elif line.strip():
                paragraph.append(" ".join(line.split()))


def _item(line: str) -> tuple[str, str]:
    """An item of a list: its marks ("*", "*#"), and its words."""
    marks = ""
    while found := _ITEM.match(line):
        marks, line = marks + found.group(1), line[found.end() :]
    term, mark, said = line.partition("\ue000:")  # "; term : what it is" on one line
    marks = marks[:_DEEPEST_LIST]
    return marks, f"{term.strip()}: {said.strip()}" if mark else _ITEM.sub("", term).strip()


def _list(items: Sequence[tuple[str, str]]) -> str:
    """A list, with lists in it by the length of their marks."""
    html: list[str] = []
    open_marks = ""
    for marks, words in items:
        shared = 0
        while shared < min(len(marks), len(open_marks)) and marks[shared] == open_marks[shared]:
            shared += 1
        html += [f"</li></{_kind(mark)}>" for mark in reversed(open_marks[shared:])]
        if len(marks) == shared:
            html.append("</li><li>")
        html += [f"<{_kind(mark)}><li>" for mark in marks[shared:]]
        html.append(words)
        open_marks = marks
    return "".join([*html, *(f"</li></{_kind(mark)}>" for mark in reversed(open_marks))])


def _kind(mark: str) -> str:
    return "ol" if mark == "#" else "ul"


def _variant(found: re.Match[str]) -> str:
    """What a Chinese wiki shows of `-{zh-hans:计算机; zh-hant:電腦}-`: the simplified word, or else the first.

    Rules that only convert other places (flags such as `H|`) say nothing here
    (https://www.mediawiki.org/wiki/Writing_systems/Syntax).
    """
    flags, bar, said = found.group(1).rpartition("|")
    if bar and {one.strip().upper() for one in flags.split(";")} & {"H", "T", "-"}:
        return ""
    words = dict(_WRITING.findall(said))
    return next((words[one].strip() for one in ("zh-hans", "zh-cn", *words) if one in words), said)


def _span(node: Any, name: str) -> int | None:
    if not node.has(name):
        return None
    value = str(node.get(name).value).strip().strip("\"'")
    return int(value) if re.fullmatch(r"\d{1,4}", value) and 1 < int(value) <= _MOST_SPAN else None
