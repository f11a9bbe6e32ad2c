"""Markdown: front matter, headings, tables, code, HTML inside, and the pictures it links."""

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from core.knowledge.addresses import web_address
from core.knowledge.documents import Document
from core.knowledge.loaders import text as plain_text
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.html import read_html
from core.knowledge.loaders.links import LinkedPictures
from core.knowledge.loaders.source import SourceFile
from core.knowledge.loaders.text import decode
from core.knowledge.loaders.times import seconds_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST_LINE = 100_000
"""A line longer than this was not written as Markdown: the file is read as plain text, in linear time."""

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$\n?", re.S | re.M)
_FIELD = re.compile(
    r"^(title|description|url|source_url|canonical|canonical_url|modified|last_modified|lastmod|updated|date)[ \t]*:"
    r"[ \t]*(\S.*?)[ \t]*$",
    re.M | re.I,
)
_ADDRESS_FIELDS = ("url", "source_url", "canonical", "canonical_url")
_TIME_FIELDS = ("modified", "last_modified", "lastmod", "updated", "date")
_TAG_NAME = re.compile(r"</?([A-Za-z][\w-]*)")
_TAG_NAMES = (
    "a abbr address article aside audio b blockquote body br caption center cite code col colgroup dd del details dfn"
    " div dl dt em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input"
    " ins kbd label li link main map mark meta nav noscript object ol p picture pre q s samp script section small"
    " source span strike strong style sub summary sup svg table tbody td template tfoot th thead title tr tt u ul var"
    " video wbr"
)
_HTML_TAGS = frozenset(_TAG_NAMES.split())
# Bold that CommonMark does not see, because it stands against Chinese or Japanese without a space.
_LEFT_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")


def load(file: SourceFile) -> Document:
    """The document with its markup turned into words; its title is the front matter's, else the first heading."""
    source = decode(file.data)
    if max(map(len, source.splitlines()), default=0) > LONGEST_LINE:
        return plain_text.load(file)
    builder = DocumentBuilder()
    front = _FRONT_MATTER.match(source)
    if front:
        fields = {name.lower(): _unquoted(value) for name, value in _FIELD.findall(front.group(1))}
        builder.title = fields.get("title", "")
        builder.prose(fields.get("description", ""))
        addresses = (web_address(fields.get(name, "")) for name in _ADDRESS_FIELDS)
        builder.url = next(filter(None, addresses), "")
        builder.modified = next(filter(None, (seconds_of(fields.get(name)) for name in _TIME_FIELDS)), 0.0)
        source = source[front.end() :]
    read_html(builder, to_html(source), LinkedPictures(file).find)
    return builder.build(file.readable_name)


def _unquoted(value: str) -> str:
    """A scalar of YAML's without its quotes; in double quotes it is taken as JSON, which is what programs write."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value.strip("\"'")


def to_html(source: str) -> str:
    """Markdown as HTML, HTML inside it left as it is."""
    parser = _parser()
    environment: dict[str, object] = {}
    tokens = parser.parse(source, environment)
    for token in tokens:
        for child in token.children or ():
            _mend(child)
    return parser.renderer.render(tokens, parser.options, environment)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _mend(token: "Token") -> None:
    """Keep words in angle brackets that are no HTML, and drop markers that the parser left standing."""
    if token.type == "html_inline":
        name = _TAG_NAME.match(token.content)
        if name and name.group(1).lower() not in _HTML_TAGS:
            token.type = "text"
    elif token.type == "text" and "**" in token.content:
        token.content = _LEFT_BOLD.sub(r"\1", token.content)
