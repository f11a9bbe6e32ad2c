"""Which picture an element of a page shows, of the sizes that it offers and the ways to load it late."""

import re
from pathlib import PurePosixPath

from bs4.element import Tag
from yarl import URL

from core.knowledge.loaders.sniffing import PICTURE_SUFFIXES, is_picture

WIDEST = 1600
"""Pixels; of several sizes the largest one up to here is taken."""
SMALLEST = 32
"""Pixels of a side; what says that it is smaller is an icon."""

_LATE = ("data-src", "data-original", "data-lazy-src", "data-image-src")
_CANDIDATE = re.compile(r"\s*(\S*[^\s,])(?:\s+([\d.]+)([wx]))?\s*(?:,|\Z)")
_READ = ("image/png", "image/jpeg", "image/webp", "image/gif")
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}


def picture_link(tag: Tag) -> str:
    """The link to what an `img` shows; empty where it is an icon, or of a kind that is not read."""
    if any(_pixels(tag, side) < SMALLEST for side in ("width", "height")):
        return ""
    offered = _said(tag, "srcset") or _said(tag, "data-srcset") or _said(tag, "data-lazy-srcset") or _of_sources(tag)
    plain = next((link for name in _LATE if (link := _said(tag, name))), "") or _said(tag, "src")
    link = best_of(offered) or plain
    return "" if _suffix(link) in (".svg", ".ico") or link.startswith("data:image/svg") else link


def best_of(srcset: str) -> str:
    """The link of a `srcset` that is large enough to see what it shows, and no larger; empty where it has none."""
    found = [
        (float(size) * (1 if unit == "w" else 800) if size and size.count(".") < 2 else 800.0, link)
        for link, size, unit in _CANDIDATE.findall(srcset)
        if not link.startswith("data:")
    ]
    fitting = [one for one in found if one[0] <= WIDEST]
    return max(fitting)[1] if fitting else min(found)[1] if found else ""


def picture_suffix(data: bytes, kind: str, url: URL) -> str:
    """The suffix that a picture's file gets; empty if the bytes are no picture that can be taken in."""
    if not is_picture(data):
        return ""
    suffix = PurePosixPath(url.path).suffix.lower()
    return _SUFFIXES.get(kind) or (suffix if suffix in PICTURE_SUFFIXES else ".png")


def _of_sources(tag: Tag) -> str:
    """What the `picture` around an `img` offers of the kinds that are read, where the `img` has nothing itself."""
    around = tag.parent
    if _said(tag, "src") or around is None or around.name != "picture":
        return ""
    kinds = ((_said(one, "type"), _said(one, "srcset")) for one in around.find_all("source"))
    return next((offered for kind, offered in kinds if offered and (not kind or kind in _READ)), "")


def _pixels(tag: Tag, side: str) -> int:
    said = _said(tag, side).removesuffix("px")
    return int(said) if said.isdecimal() and len(said) < 6 else SMALLEST


def _suffix(link: str) -> str:
    return PurePosixPath(link.partition("?")[0].partition("#")[0]).suffix.lower()


def _said(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value.strip() if isinstance(value, str) else ""
