"""HTML: the main content as headings, prose, lists, tables and code, with the pictures it shows.

Markdown and DOCX come through here too: their libraries give HTML, and one reader of it serves all.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, tidy
from core.knowledge.loaders.links import FoundPicture, LinkedPictures
from core.knowledge.loaders.source import SourceFile
from core.knowledge.loaders.text import decode

FindPicture = Callable[[str], FoundPicture | str]
"""From a link to the picture behind it, or to a sentence that says why there is none."""

_UNSEEN_TAGS = (
    "script style template noscript nav head svg math iframe object embed canvas audio video map"
    " button select input textarea datalist dialog"
)
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_BLOCK_TAGS = (
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header"
    " hr html li main p section summary tbody tfoot thead tr td th caption"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.I)
_WHITE = re.compile(r"[ \t\r\n\f]+")
_CJK = r"\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
# A line break in the source is a space between words, and nothing between Chinese or Japanese characters.
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*[\r\n]\s*(?=[{_CJK}])")


def load(file: SourceFile) -> Document:
    """The page's main content; its title is the first heading, else what the browser's tab would show."""
    declared = _CHARSET.search(file.data[:4096])
    markup = decode(file.data, declared.group(1).decode("ascii") if declared else "")
    builder = DocumentBuilder()
    soup = _parse(markup)
    title = soup.title.get_text() if soup.title else ""
    builder.url = _canonical(soup)
    read_html(builder, _main_content(soup), LinkedPictures(file).find)
    return builder.build(tidy(title) or file.readable_name)


def read_html(builder: DocumentBuilder, markup: str | Tag, find_picture: FindPicture) -> None:
    """Read HTML into a builder."""
    content = _parse(markup) if isinstance(markup, str) else markup
    reader = _Reader(builder, find_picture)
    try:
        reader.children(content)
        reader.flush()
    except RecursionError:
        builder.warn("The page is nested too deeply to be understood: its text was kept without headings.")
        for line in content.get_text("\n").split("\n"):
            builder.prose(line)


def _parse(markup: str) -> BeautifulSoup:
    try:
        return BeautifulSoup(markup, "lxml")
    except (ValueError, AssertionError):
        return BeautifulSoup(markup, "html.parser")


def _main_content(soup: BeautifulSoup) -> Tag:
    """What a reader came for: the one `main` or `article`, else the body without its header and footer."""
    for selector in ("main", "[role=main]", "article"):
        found = soup.select(selector)
        if len(found) == 1 and len(found[0].get_text(strip=True)) > 0:
            return found[0]
    body = soup.body or soup
    for name in ("header", "footer"):
        for part in body.find_all(name):
            if part.find_parent(["article", "section"]) is None and part.find(re.compile("^h[1-6]$")) is None:
                part.decompose()
    return body


def _canonical(soup: BeautifulSoup) -> str:
    """The address that the page says is its own: `rel=canonical` of RFC 6596."""
    link = soup.find("link", rel="canonical")
    return _attribute(link, "href") if isinstance(link, Tag) else ""


def _is_hidden(tag: Tag) -> bool:
    if tag.name in _UNSEEN or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    style = tag.get("style")
    return isinstance(style, str) and bool(_HIDDEN_STYLE.search(style))


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else ""


class _Reader:
    """Walks the elements: running text is gathered until a block ends, then handed to the builder."""

    def __init__(self, builder: DocumentBuilder, find_picture: FindPicture) -> None:
        self._builder = builder
        self._find = find_picture
        self._running: list[str] = []
        self._pending: list[tuple[int, FoundPicture, str]] = []
        self._markers: list[str] = []
        self._marker_due = False
        self._list_lines = 0

    def children(self, tag: Tag) -> None:
        for child in tag.children:
            self._element(child)

    def flush(self) -> None:
        """End the running text: a paragraph, or a line of a list."""
        text, pending = tidy("".join(self._running)), self._pending
        places = [len(tidy("".join(self._running[:count]))) for count, _, _ in pending]
        self._running, self._pending = [], []
        prefix = ""
        if not text:
            start = self._builder.length
        elif self._markers:
            marker = self._markers[-1] if self._marker_due else " " * len(self._markers[-1])
            prefix = "  " * (len(self._markers) - 1) + marker
            start = self._builder.line(prefix + text, tight=self._list_lines > 0)
            self._marker_due = False
            self._list_lines += 1
        else:
            start = self._builder.prose(text)
        for place, (_, picture, alt) in zip(places, pending, strict=True):
            position = start + len(prefix) + place if text else None
            self._builder.picture(picture.name, picture.data, alt=alt, position=position)

    def _element(self, element: PageElement) -> None:
        if isinstance(element, NavigableString):
            if not isinstance(element, (Comment, PreformattedString)):
                self._running.append(_WHITE.sub(" ", _CJK_BREAK.sub("", element)))
        elif isinstance(element, Tag):
            if element.name == "input" and element.get("type") == "checkbox":
                self._running.append("[x] " if element.has_attr("checked") else "[ ] ")
            elif not _is_hidden(element):
                self._tag(element)

    def _tag(self, tag: Tag) -> None:
        name = tag.name
        if len(name) == 2 and name[0] == "h" and name[1] in "123456":
            self._heading(tag, int(name[1]))
        elif name == "img":
            self._picture(tag)
        elif name == "br":
            self._running.append("\n")
        elif name in ("pre", "listing"):
            self.flush()
            self._code(tag)
        elif name == "table":
            self.flush()
            self._table(tag)
        elif name in ("ul", "ol", "menu"):
            self._list(tag)
        elif name in _BLOCKS:
            self.flush()
            self.children(tag)
            self.flush()
        else:
            self.children(tag)

    def _heading(self, tag: Tag, level: int) -> None:
        self.flush()
        self.children(tag)
        text, pending = tidy("".join(self._running)), self._pending
        self._running, self._pending = [], []
        self._builder.heading(level, text)
        for _, picture, alt in pending:
            self._builder.picture(picture.name, picture.data, alt=alt)

    def _code(self, tag: Tag) -> None:
        for line_break in tag.find_all("br"):
            line_break.replace_with("\n")
        self._builder.code(tag.get_text())
        self._list_lines = 0

    def _list(self, tag: Tag) -> None:
        self.flush()
        number = _attribute(tag, "start")
        count = int(number) if number.isdigit() and len(number) < 9 else 1
        if not self._markers:
            self._list_lines = 0
        for child in tag.children:
            if not isinstance(child, Tag) or child.name != "li":
                self._element(child)
                continue
            self._markers.append(f"{count}. " if tag.name == "ol" else "- ")
            self._marker_due = True
            self.children(child)
            self.flush()
            self._marker_due = False
            self._markers.pop()
            count += 1
        self.flush()

    def _picture(self, tag: Tag) -> None:
        link = _attribute(tag, "src") or _attribute(tag, "data-src")
        if not link:
            return
        found = self._find(link)
        if isinstance(found, str):
            self._builder.warn(found)
        else:
            alt = _attribute(tag, "alt") or _attribute(tag, "title")
            self._pending.append((len(self._running), found, alt))

    def _table(self, tag: Tag) -> None:
        """A table of data by its rows; one that only lays out a page as the blocks it holds."""
        rows = list(_rows_of(tag))
        cells = [[cell for cell in row.find_all(["td", "th"], recursive=False)] for row in rows]
        if tag.find("table") is not None or max(map(len, cells), default=0) < 2:
            self.children(tag)
            self.flush()
            return
        caption = tag.find("caption")
        if isinstance(caption, Tag):
            self._builder.prose(caption.get_text())
        pending: list[tuple[FoundPicture, str]] = []
        self._builder.table(_filled([[(self._cell(cell, pending), cell) for cell in row] for row in cells]))
        self._list_lines = 0
        for picture, alt in pending:
            self._builder.picture(picture.name, picture.data, alt=alt)

    def _cell(self, cell: Tag, pending: list[tuple[FoundPicture, str]]) -> str:
        for image in cell.find_all("img"):
            self._picture(image)
        pending.extend((picture, alt) for _, picture, alt in self._pending)
        self._pending = []
        return _cell_text(cell)


def _rows_of(tag: Tag) -> Iterator[Tag]:
    """The rows of a table, not those of tables inside it."""
    for child in tag.children:
        if isinstance(child, Tag) and child.name == "tr":
            yield child
        elif isinstance(child, Tag) and child.name in ("thead", "tbody", "tfoot"):
            yield from child.find_all("tr", recursive=False)


def _cell_text(cell: Tag) -> str:
    """A cell's words on one line, blocks and breaks inside it as spaces."""
    parts: list[str] = []
    for element in cell.descendants:
        if isinstance(element, NavigableString):
            hidden = isinstance(element, (Comment, PreformattedString)) or any(
                parent.name in _UNSEEN for parent in element.parents
            )
            if not hidden:
                parts.append(_WHITE.sub(" ", element))
        elif isinstance(element, Tag) and (element.name in _BLOCKS or element.name in ("br", "ul", "ol", "pre")):
            parts.append(" ")
    return "".join(parts)


def _filled(rows: Sequence[Sequence[tuple[str, Tag]]]) -> list[list[str]]:
    """Rows of text, a cell that spans rows repeated in each, so that a row can be understood alone."""
    spans: dict[int, tuple[int, str]] = {}
    filled: list[list[str]] = []
    for row in rows:
        line: list[str] = []
        waiting = list(row)
        while waiting or len(line) in spans:
            column = len(line)
            if column in spans:
                left, text = spans.pop(column)
                if left > 1:
                    spans[column] = (left - 1, text)
                line.append(text)
                continue
            text, cell = waiting.pop(0)
            count = _attribute(cell, "rowspan")
            if count.isdigit() and 1 < int(count) <= 1000:
                spans[column] = (int(count) - 1, text)
            line.append(text)
        filled.append(line)
    return filled
