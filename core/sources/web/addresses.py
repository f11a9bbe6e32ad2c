"""Addresses of a site's pages: one spelling for each, which of them belong to a source, and the files they become.

A page's file is named after its address. Where the name can't say all of it (a query, capitals, odd characters, great
length), a folder with a digest of the address stands before it, so that no two addresses share a file on any disk.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from urllib.parse import unquote

from yarl import URL

from core.fetching.addresses import LONGEST

MOST_FOLDERS = 8
LONGEST_NAME = 80
"""Bytes of one part of a path."""

# What tells who came from where; no page says something else for it.
_TRACKING = re.compile(
    r"(?:utm_\w+|gclid|dclid|fbclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|phpsessid|jsessionid|sessionid"
    r"|hsctatracking|_hs(?:enc|mi))\Z",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9_-]+\Z")
_ODD = re.compile(r"[^\w-]+")
# Folders that are passed over when a folder is read in.
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "__macosx"})
_NOT_READ = (
    ".png .jpg .jpeg .gif .webp .bmp .tif .tiff .heic .heif .svg .ico .avif .css .js .mjs .map .json .xml .rss .atom"
    " .woff .woff2 .ttf .eot .otf .mp3 .mp4 .m4a .m4v .mov .avi .mkv .webm .ogg .wav .flac .zip .gz .tgz .bz2 .xz .zst"
    " .7z .rar .tar .jar .war .whl .exe .msi .dmg .pkg .deb .rpm .apk .iso .img .bin .so .dll .wasm .sig .asc .sha256"
    " .torrent .ics .vcf .psd .ai .eps .ps"
)
_NO_PAGES = frozenset(_NOT_READ.split())


def tidy(address: str | URL, base: URL | None = None) -> URL | None:
    """An address of http or https in the spelling that it is known by here; None for what is none.

    Without fragment and what tells visitors apart (campaigns, sessions), its host in ASCII, its path without dots.
    """
    try:
        url = URL(str(address).strip().replace(" ", "%20"))
        url = base.join(url) if base is not None else url
        if url.scheme not in ("http", "https") or not url.host or url.raw_user is not None:
            return None
        url = url.with_fragment(None)
        if url.raw_path == "/":  # which is what no path at all means
            url = url.with_path("/", keep_query=True)
        if ";" in url.raw_path:
            url = URL.build(
                scheme=url.scheme,
                authority=url.raw_authority,
                path=_SESSION.sub("", url.raw_path),
                query_string=url.raw_query_string,
                encoded=True,
            )
        if url.raw_query_string:
            kept = [(key, value) for key, value in url.query.items() if not _TRACKING.match(key)]
            url = url if len(kept) == len(url.query) else url.with_query(kept or None)
        return url if len(str(url)) <= LONGEST and url.port else None
    except (ValueError, UnicodeError, TypeError):
        return None


def may_be_page(url: URL) -> bool:
    """Whether an address may lead to something that is read; of pictures, programs and archives the name tells."""
    return PurePosixPath(url.path).suffix.lower() not in _NO_PAGES


@dataclass(frozen=True)
class Scope:
    """Which addresses belong to a source: those at or below one of `within`, by the patterns that were given.

    `within` are addresses; what they have in common with a page is the host, the port and the beginning of the path.
    Patterns are matched with the whole address and with its path (`*` stands for anything).
    """

    within: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def holds(self, url: URL) -> bool:
        """Whether an address belongs."""
        if not any(_is_below(url, URL(one)) for one in self.within):
            return False
        shown, path = unquote(str(url)), url.path_qs

        def any_of(patterns: Sequence[str]) -> bool:
            return any(fnmatchcase(shown, one) or fnmatchcase(path, one) for one in patterns)

        return (not self.include or any_of(self.include)) and not any_of(self.exclude)


def folder_of(url: URL) -> str:
    """The address of the folder that a page lies in: what it is below of, unless somebody says otherwise."""
    return str(url.with_query(None).with_path(url.raw_path.rpartition("/")[0] + "/", encoded=True))


def is_same_site(one: URL, other: URL) -> bool:
    """Whether two hosts are one, with or without `www.`: where a site may lead on to by itself."""
    return (one.host or "").removeprefix("www.") == (other.host or "").removeprefix("www.")


def page_path(url: URL, suffix: str) -> str:
    """The file that a page becomes, by its address; `suffix` (".html") says what it is."""
    *folders, last = [unquote(part) for part in url.raw_path.split("/")[1:]] or [""]
    stem, dot, ending = last.rpartition(".")
    name = stem if dot and f".{ending}".lower() == suffix else last
    is_plain = (
        all(_PLAIN.match(part) and part not in _PASSED_OVER for part in folders)
        and bool(_PLAIN.match(name))
        and last == f"{name}{suffix}"
        and not url.raw_query_string
        and len(folders) <= MOST_FOLDERS
        and max(map(len, (*folders, name))) <= LONGEST_NAME
    )
    parts = [_slug(part) for part in folders[:MOST_FOLDERS]]
    if not is_plain:
        parts.append(f"~{digest_of(str(url))}")
    return "/".join((_host(url), *parts, f"{_slug(name) if name else 'index'}{suffix}"))


def picture_path(url: URL, suffix: str) -> str:
    """The file that a picture becomes, by its address."""
    name = PurePosixPath(url.path).stem
    return f"~pictures/{_host(url)}/{digest_of(str(url))}/{_slug(name) if name else 'picture'}{suffix}"


def digest_of(text: str | bytes) -> str:
    """16 hexadecimal digits for a text."""
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    return hashlib.sha256(data).hexdigest()[:16]


def _is_below(url: URL, base: URL) -> bool:
    if url.host != base.host or (url.port != base.port and not (url.is_default_port() and base.is_default_port())):
        return False
    path, above = unquote(url.raw_path), unquote(base.raw_path)
    return path == above or path.startswith(above if above.endswith("/") else f"{above}/")


def _host(url: URL) -> str:
    host = re.sub(r"[^a-z0-9._-]", "_", (url.raw_host or "").lower().rstrip("."))
    port = "" if url.scheme == "https" and url.is_default_port() else f"~{url.port}"
    return f"{host.lstrip('.') or 'host'}{port}"


def _slug(part: str) -> str:
    """A part of a path that every disk takes, as people would read it."""
    slug = _ODD.sub("-", unicodedata.normalize("NFC", part)).strip("-_")
    if slug.lower() in _PASSED_OVER:
        slug = f"{slug}-"
    return slug.encode()[:LONGEST_NAME].decode(errors="ignore") or "-"
