"""A reply's Markdown as HTML that can do no harm, be it whole or growing.

What comes out has the tags and attributes of `TAGS` and no others, whatever goes in: no markup of the text's own, no
inline style (the page's Content-Security-Policy would refuse it), no picture (a browser would ask its host for it),
and links to http and https alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from adapters.markdown.emphasis import understood
from adapters.markdown.unfinished import showable

HEADING = 3
"""The level of a reply's highest heading: above it are those of the page and of the part of the page."""

TAGS = {
    "a": {"class", "href", "rel", "target", "title", "aria-label", "data-cite"},
    "blockquote": set[str](),
    "br": set[str](),
    "code": {"class"},
    "div": {"class", "tabindex"},
    "em": set[str](),
    "h3": set[str](),
    "h4": set[str](),
    "h5": set[str](),
    "h6": set[str](),
    "hr": set[str](),
    "li": set[str](),
    "ol": {"start"},
    "p": set[str](),
    "pre": {"tabindex"},
    "s": set[str](),
    "span": {"class"},
    "strong": set[str](),
    "table": set[str](),
    "tbody": set[str](),
    "td": {"class"},
    "th": {"class"},
    "thead": set[str](),
    "tr": set[str](),
    "ul": set[str](),
}
"""All tags that come out, and the attributes of each."""

_CITE = re.compile(r"\[([1-9]\d{0,2})\]|(<br */?>)", re.IGNORECASE)
"""A citation, or the one tag that models write (in tables)."""
_ADDRESS = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.\-]{1,30}")


@dataclass(frozen=True)
class Cites:
    """The citations that exist, and what leads to them; `{number}` is filled in. Others stay text."""

    numbers: frozenset[int] = frozenset()
    href: str = "#source-{number}"
    label: str = "Source {number}"


def to_html(text: str, cites: Cites = Cites(), *, growing: bool = False) -> str:
    """Markdown as HTML; of a text that is `growing`, what can be shown already."""
    shown = understood(showable(text).displayed if growing else text)
    return str(_PARSER.render(shown, {"cites": cites}))


class _Renderer(RendererHTML):
    """Renders what the parser's own renderer would let through or decorate in its own way."""

    def cite(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A citation's number, which leads to it."""
        cites: Cites = env["cites"]
        number = tokens[idx].content
        href = escapeHtml(cites.href.format(number=number))
        label = escapeHtml(cites.label.format(number=number))
        return f'<a class="cite" href="{href}" data-cite="{number}" aria-label="{label}">{number}</a>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A picture's words and, as text, its address: nothing is fetched from there."""
        token = tokens[idx]
        words = self.renderInlineAsText(token.children or [], options, env).strip()
        address = str(token.attrs.get("src", ""))
        return f'<span class="picture-words">{escapeHtml(f"{words} ({address})" if words else address)}</span>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A link, which tells the place that it leads to nothing of this one."""
        href, title = (escapeHtml(str(tokens[idx].attrs.get(name, ""))) for name in ("href", "title"))
        titled = f' title="{title}"' if title else ""
        return f'<a href="{href}"{titled} rel="noopener noreferrer nofollow" target="_blank">'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Code; the keyboard reaches it, since it may be wider than there is room."""
        language = _LANGUAGE.match(tokens[idx].info.strip())
        named = f' class="language-{language.group()}"' if language else ""
        return f'<pre tabindex="0"><code{named}>{escapeHtml(tokens[idx].content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Code that is indented."""
        return f'<pre tabindex="0"><code>{escapeHtml(tokens[idx].content)}</code></pre>\n'

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Code in a line."""
        return f"<code>{escapeHtml(tokens[idx].content)}</code>"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A table, in what scrolls where it is wider than there is room."""
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Its end."""
        return "</table></div>\n"


def _arranged(state: StateCore) -> None:
    """Headings below those of the page, columns aligned by classes, citations as tokens of their own."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1:]) + HEADING - 1)}"
        elif token.type in {"th_open", "td_open"}:
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrs["class"] = f"align-{style.rpartition(':')[2]}"
        elif token.type == "inline":
            token.children = _with_cites(token.children or [], state.env["cites"])


def _with_cites(tokens: Sequence[Token], cites: Cites) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "text":
            found.append(token)
            continue
        at = 0
        for match in _CITE.finditer(token.content):
            is_cite = match[1] is not None
            if is_cite and (depth or int(match[1]) not in cites.numbers):
                continue
            found.append(_text(token.content[at : match.start()]))
            found.append(Token("cite", "", 0, content=match[1]) if is_cite else Token("hardbreak", "br", 0))
            at = match.end()
        found.append(_text(token.content[at:]))
    return found


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    # A definition of a reference (`[1]: address`) would make links of the citations.
    parser.enable(["table", "strikethrough"]).disable("reference")
    parser.validateLink = lambda url: _ADDRESS.match(url) is not None
    # Before texts are joined: a bracket that is escaped is no citation.
    parser.core.ruler.before("text_join", "arranged", _arranged)
    return parser


_PARSER = _parser()
