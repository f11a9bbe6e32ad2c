"""A page of a site as it is kept: its main text and pictures, without what stands on every page.

What leads through a site (navigation, breadcrumbs, footers), asks for consent, or is program, goes; the loader of HTML
chooses the main content of what is left. What changes with each visit, such as tokens in scripts, is not kept either,
so that a page that says the same is the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from bs4 import BeautifulSoup
from bs4.element import Comment, PreformattedString, Tag
from yarl import URL

from core.knowledge.loaders.text import decode
from core.sources.web.addresses import tidy
from core.sources.web.pictures import picture_link
from core.sources.web.rules import Rules, rules_of

MOST_LINKS = 2000
MOST_PICTURES = 40
"""Pictures of one page."""
MOST_FURNITURE = 0.4
"""What holds more of a page's words than this is no furniture, whatever it is called."""

_GONE_TAGS = ["script", "style", "template", "noscript", "nav", "svg", "iframe", "object", "embed", "canvas", "link"]
_FURNITURE_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu"})
_FURNITURE = frozenset(
    {
        *("nav", "navbar", "navigation", "menu", "breadcrumb", "breadcrumbs", "sidebar", "pagination", "pager"),
        *("toolbar", "share", "sharing", "social", "related", "newsletter", "subscribe", "skip", "toc"),
    }
)
_CONSENT = re.compile(
    r"onetrust|cookiebot|didomi|usercentrics|qc-cmp|truste|cookie-?law|cc-window|cookie-?yes|complianz|klaro|iubenda",
    re.IGNORECASE,
)
_ASKS_CONSENT = frozenset({"cookie", "cookies", "consent", "gdpr", "ccpa"})
_BANNER = frozenset({"banner", "popup", "notice", "modal", "bar", "overlay", "dialog", "message", "wall", "prompt"})
_KEPT = frozenset(
    {
        *("src", "alt", "title", "rowspan", "colspan", "start", "type", "checked", "hidden", "aria-hidden"),
        *("style", "role", "href", "lang", "scope"),
    }
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_REFRESH = re.compile(r"\s*\d+\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


@dataclass
class Page:
    """A page that was read: where it leads to, what it shows, and what it asks of those who read it.

    `canonical` is the address that it says is its own, `links` are addresses in order, `rules` what its markup says to
    robots, `has_words` whether it says anything without its scripts; `shown` are the elements of its pictures.
    """

    url: URL
    soup: BeautifulSoup
    canonical: URL | None = None
    links: tuple[URL, ...] = ()
    rules: Rules = field(default_factory=Rules)
    has_words: bool = True
    shown: list[tuple[Tag, URL]] = field(default_factory=list[tuple[Tag, URL]])

    @property
    def pictures(self) -> tuple[URL, ...]:
        """The addresses of the pictures that its content shows, once each."""
        return tuple(dict.fromkeys(url for _, url in self.shown))

    def leave_pictures(self) -> None:
        """Leave its pictures out."""
        for tag, _ in self.shown:
            tag.decompose()
        self.shown.clear()

    def markup(self, files: Mapping[str, str]) -> bytes:
        """The page as it is kept, in UTF-8. `files` are paths of pictures by their addresses; others are left out."""
        for tag, url in self.shown:
            path = files.get(str(url))
            if path is None:
                tag.decompose()
            else:
                tag["src"] = quote(f"/{path}")
        body, title = self.soup.body or self.soup, self.soup.title
        named = f"<title>{_escaped(' '.join(title.get_text().split()))}</title>" if title else ""
        return (
            f'<!doctype html>\n<html><head><meta charset="utf-8">{named}</head>\n'
            f"<body>{body.decode_contents()}</body></html>\n"
        ).encode(errors="replace")


def read_page(data: bytes, charset: str, url: URL) -> Page:
    """Read a page's HTML; its furniture is out of `soup` then. Takes its time: call it in a thread.

    Args:
        data: the bytes.
        charset: what the server said that they are in, empty where it did not.
        url: where they came from.
    """
    declared = _CHARSET.search(data[:4096])
    soup = BeautifulSoup(decode(data, charset or (declared.group(1).decode("ascii") if declared else "")), "lxml")
    base = soup.find("base", href=True)
    within = (tidy(_said(base, "href"), url) if isinstance(base, Tag) else None) or url
    canonical = soup.find("link", rel="canonical")
    said = [(_said(one, "name"), _said(one, "content")) for one in soup.find_all("meta", attrs={"name": True})]
    page = Page(
        url,
        soup,
        canonical=tidy(_said(canonical, "href"), within) if isinstance(canonical, Tag) else None,
        links=tuple(dict.fromkeys(_links(soup, within)))[:MOST_LINKS],
        rules=rules_of(said),
    )
    scripted = soup.find("script") is not None
    _strip(soup)
    page.has_words = not scripted or bool((soup.body or soup).get_text(strip=True))
    for tag in list((soup.body or soup).find_all("img")):
        link = picture_link(tag)
        shown = tidy(link, within) if link and not link.startswith("data:") else None
        if shown is not None and (len(page.pictures) < MOST_PICTURES or shown in page.pictures):
            page.shown.append((tag, shown))
        elif not link.startswith("data:"):
            tag.decompose()
    _plain(soup)
    return page


def _links(soup: BeautifulSoup, base: URL) -> Iterator[URL]:
    """Where a page leads to, what it asks not to follow left out."""
    for tag in soup.find_all(["a", "area"], href=True):
        if "nofollow" not in _words(tag, "rel").lower().split():
            url = tidy(_said(tag, "href"), base)
            if url is not None:
                yield url
    for tag in soup.find_all("meta", attrs={"http-equiv": re.compile(r"refresh\Z", re.IGNORECASE)}):
        found = _REFRESH.match(_said(tag, "content"))
        url = tidy(found.group(1), base) if found else None
        if url is not None:
            yield url


def _strip(soup: BeautifulSoup) -> None:
    """Take the furniture out."""
    for tag in soup.find_all(_GONE_TAGS):
        tag.decompose()
    for text in soup.find_all(string=lambda one: isinstance(one, (Comment, PreformattedString))):
        text.extract()
    body = soup.body or soup
    whole = max(1, len(body.get_text(strip=True)))
    for tag in body.find_all(["div", "section", "aside", "ul", "ol", "form", "header", "footer", "p", "dialog"]):
        if tag.decomposed or not _is_furniture(tag):
            continue
        if len(tag.get_text(strip=True)) <= whole * MOST_FURNITURE:
            tag.decompose()


def _is_furniture(tag: Tag) -> bool:
    if tag.name == "dialog" or _said(tag, "role").lower() in _FURNITURE_ROLES:
        return True
    named = f"{_said(tag, 'id')} {_words(tag, 'class')}"
    if not named.strip():
        return False
    words = set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", named).lower()))
    if _CONSENT.search(named):
        return True
    if words & _ASKS_CONSENT:
        return bool(words & _BANNER) or tag.find("button") is not None
    return bool(words & _FURNITURE) and _leads_on(tag)


def _leads_on(tag: Tag) -> bool:
    """Whether most words of an element are those of links, as they are in what leads through a site."""
    words = len(tag.get_text(strip=True))
    linked = sum(len(one.get_text(strip=True)) for one in tag.find_all("a"))
    return words == 0 or linked * 2 > words


def _plain(soup: BeautifulSoup) -> None:
    """Leave of the attributes what the loader reads."""
    for tag in (soup.body or soup).find_all(True):
        tag.attrs = {name: value for name, value in tag.attrs.items() if name in _KEPT}


def _said(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value.strip() if isinstance(value, str) else ""


def _words(tag: Tag, name: str) -> str:
    """An attribute that may hold several words."""
    value = tag.get(name)
    return value if isinstance(value, str) else " ".join(map(str, value or ()))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
