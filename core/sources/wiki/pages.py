"""A wiki's page as a document: what the wiki renders, without what serves editing and finding one's way about.

The classes are those of MediaWiki itself and of the templates that Wikipedias share
(https://www.mediawiki.org/wiki/Manual:Interface/IDs_and_classes); infoboxes become lists, a fact a line.
"""

import hashlib
import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from core.sources.wiki.api import WikiSite

MOST_PICTURES = 20
"""Of one page."""
SMALLEST_PICTURE = 80
"""Pixels across, below which a picture is an icon."""

_COMMONS = "upload.wikimedia.org"
_LEFT_OUT = (
    ".mw-editsection, .mw-empty-elt, .mw-jump-link, .mw-cite-backlink, .mw-references-wrap, .reflist, ol.references,"
    " sup.reference, .toc, #toc, .navbox, .navbox-styles, .vertical-navbox, .sidebar, .metadata, .ambox, .hatnote,"
    " .sistersitebox, .side-box, .portalbox, .noprint, .catlinks, .printfooter, .authority-control, .geo-nondefault,"
    " .geo-multi-punct, .mw-ext-cite-error, .shortdescription, style, script, link, meta"
)
_DISPLAY = re.compile(r"\A\{\\(?:displaystyle|textstyle)\s*(.*)\}\Z", re.DOTALL)
_NAME = re.compile(r"[^\w-]+")


def page_path(title: str, page_id: int, suffix: str) -> str:
    """The file of a page: its title as far as a file may be called so, and the number that makes it the only one."""
    name = _NAME.sub("-", title)[:60].strip("-_") or "page"
    return f"{name}-{page_id}{suffix}"


def picture_path(address: str) -> str:
    """The file of a picture, by the address that it comes from."""
    return f"pictures/{hashlib.sha256(address.encode()).hexdigest()[:24]}"


def pictures_of(markup: str, base: str) -> list[str]:
    """Addresses of the pictures that a page shows, the largest kind of each, as `src` is told apart by `clean`.

    Only those of the wiki's own host and of Wikimedia Commons: a page may show others, which nobody checked.
    """
    own = urlsplit(base).hostname
    found: dict[str, None] = {}
    for image in BeautifulSoup(markup, "lxml").find_all("img"):
        address = _address(image, base)
        if address and urlsplit(address).hostname in (own, _COMMONS):
            found[address] = None
    return list(found)[:MOST_PICTURES]


def clean(markup: str, base: str, pictures: Mapping[str, str]) -> str:
    """The HTML of a page's text. `pictures` are the files of its pictures by their address; others are left out."""
    soup = BeautifulSoup(markup, "lxml")
    for image in soup.find_all("img"):
        file = pictures.get(_address(image, base))
        if file is None:
            continue
        image.attrs = {"src": file, "alt": _attribute(image, "alt")}
    for formula in soup.select(".mwe-math-element"):
        formula.replace_with(f"${_formula(formula)}$")
    for image in soup.find_all("img"):
        if _attribute(image, "src") not in pictures.values():
            image.decompose()
    for part in soup.select(_LEFT_OUT):
        if not part.decomposed:
            part.decompose()
    for table in soup.select("table[class*=infobox], table[class*=Infobox]"):
        if not table.decomposed and table.find_parent("table") is None:
            table.replace_with(_facts(soup, table))
    body = soup.body or soup
    return "".join(str(child) for child in body.children)


def document(title: str, content: str, site: WikiSite) -> bytes:
    """A page as the file that is read in: its title, its text, and under which licence it stands."""
    licence = ""
    if site.licence:
        named = " ".join(filter(None, (site.licence, f"({site.licence_url})" if site.licence_url else "")))
        licence = f"<p>{escape(f'From {site.name}, licence: {named}')}</p>"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    language = f' lang="{escape(site.language)}"' if site.language else ""
    return (
        f"<!DOCTYPE html>\n<html{language}><head>{head}</head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n{content}\n{licence}</main></body></html>\n"
    ).encode()


def _address(image: Tag, base: str) -> str:
    """Where a picture is had, as large as the page has it; empty for an icon."""
    width = _attribute(image, "width")
    source = _attribute(image, "src")
    if not source or source.startswith("data:") or (width.isdecimal() and int(width) < SMALLEST_PICTURE):
        return ""
    larger = [one.split() for one in _attribute(image, "srcset").split(",") if one.strip()]
    sized = [(float(how[:-1]), where) for where, how in (one for one in larger if len(one) == 2) if _is_scale(how)]
    try:
        return urljoin(base, max(sized)[1] if sized else source)
    except ValueError:
        return ""


def _is_scale(how: str) -> bool:
    return re.fullmatch(r"\d{1,4}(\.\d{1,4})?[xw]", how) is not None


def _formula(tag: Tag) -> str:
    """A formula as it was written, in TeX."""
    written = tag.find("annotation")
    image = tag.find("img")
    tex = written.get_text() if isinstance(written, Tag) else _attribute(image, "alt") if isinstance(image, Tag) else ""
    found = _DISPLAY.match(tex.strip())
    return (found.group(1) if found else tex).strip()


def _facts(soup: BeautifulSoup, table: Tag) -> Tag:
    """An infobox as a list: "Mayor: Kai Wegner". A line with a bullet stands below the heading before it."""
    facts, above = soup.new_tag("div"), ""
    entries = soup.new_tag("ul")
    for image in table.find_all("img"):
        facts.append(image.extract())
    for row in table.find_all("tr"):
        if row.find("table") is not None:
            continue
        heads, cells = row.find_all("th", recursive=False), row.find_all("td", recursive=False)
        if not heads and len(cells) == 2:  # many templates of companies mark no heads
            heads, cells = cells[:1], cells[1:]
        label, value = _line(heads), _line(cells)
        if label and value:
            within = f"{above}, " if above and label.startswith("•") else ""
            _entry(soup, entries, f"{within}{label.lstrip('• ').rstrip(':：')}: {value}")
        elif value:
            _entry(soup, entries, value)
        else:
            above = label
    facts.append(entries)
    return facts


def _entry(soup: BeautifulSoup, entries: Tag, words: str) -> None:
    entry = soup.new_tag("li")
    entry.string = words
    entries.append(entry)


def _line(cells: list[Tag]) -> str:
    """The words of cells on one line, what stood below one another separated by commas."""
    words: list[str] = []
    for cell in cells:
        for part in cell.find_all(["br", "li", "p"]):
            part.insert_before("\n")
        lines = (" ".join(line.split()) for line in cell.get_text().split("\n"))
        words += [line.strip(" ,;") for line in lines if line.strip(" ,;")]
    return ", ".join(words)


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else ""
