"""Finding the pictures that a document links to, inside the ingested folder and nowhere else."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urlsplit

from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile

MOST_PICTURE_BYTES = 32 * 2**20
"""A linked picture larger than this is left out, with a warning."""


class FoundPicture(NamedTuple):
    """A picture that was found: how the document calls it, and its bytes."""

    name: str
    data: bytes


class LinkedPictures:
    """Resolves what `file` links to; a link that leads nowhere gives the reason as a sentence instead."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._root = file.root.resolve()
        self._folder = file.path.resolve().parent
        self._embedded = 0

    def find(self, link: str) -> FoundPicture | str:
        """The picture behind a link, or why there is none."""
        link = link.strip()
        if link[:5].lower() == "data:":
            return self._data_uri(link)
        try:
            url = urlsplit(link)
        except ValueError:
            return f"The picture link {_short(link)} is not a valid address."
        if url.scheme in ("http", "https") or (url.netloc and not url.scheme):
            return self._published(url)
        if url.scheme:
            return f"The picture {_short(link)} was left out: {url.scheme} links are not followed."
        return self._in_folder(unquote(url.path), _short(link))

    def _data_uri(self, link: str) -> FoundPicture | str:
        head, _, body = link.partition(",")
        self._embedded += 1
        name = f"{self._file.name}#picture-{self._embedded}"
        try:
            data = base64.b64decode(unquote(body)) if head.endswith(";base64") else unquote_to_bytes(body)
        except (binascii.Error, ValueError):
            return f"The embedded picture {self._embedded} is damaged."
        return FoundPicture(name, data) if is_picture(data) else f"The embedded picture {self._embedded} is no picture."

    def _published(self, url: SplitResult) -> FoundPicture | str:
        """A picture on the web is never fetched; but where the folder is what was published, it is here already.

        A page of a repository often shows its own pictures by their address on a content network. The end of that
        address, folder and name at least, is then the picture's path in the ingested folder.
        """
        parts = [part for part in PurePosixPath(unquote(url.path)).parts if part != "/"]
        for start in range(len(parts) - 1):
            if ".." in parts:
                break
            found = self._read(self._root.joinpath(*parts[start:]))
            if isinstance(found, FoundPicture):
                return found
        return "Pictures on the web are not fetched."

    def _in_folder(self, path: str, shown: str) -> FoundPicture | str:
        reason = ""
        for candidate in self._candidates(path):
            found = self._read(candidate)
            if isinstance(found, FoundPicture):
                return found
            reason = reason or found
        return reason or f"The linked picture {shown} is missing."

    def _candidates(self, path: str) -> Iterator[Path]:
        """Where a link may lead: beside the document; then, as a site would serve it, below any folder above it."""
        if "\x00" in path or not path.strip("/"):
            return
        relative = path.lstrip("/")
        if not path.startswith("/"):
            yield self._folder / relative
        if ".." in PurePosixPath(relative).parts:
            return
        above = [folder for folder in self._folder.parents if folder.is_relative_to(self._root)]
        yield from (folder / relative for folder in (self._root, self._folder, *above))

    def _read(self, candidate: Path) -> FoundPicture | str:
        """The picture in a file; an empty reason where there is no file."""
        try:
            real = candidate.resolve()
            if not real.is_relative_to(self._root):
                return f"The linked picture {candidate.name} was refused: it lies outside of the ingested folder."
            if not real.is_file():
                return ""
            name = real.relative_to(self._root).as_posix()
            if real.stat().st_size > MOST_PICTURE_BYTES:
                return f"The linked picture {name} was left out: it is over {MOST_PICTURE_BYTES // 2**20} MiB."
            data = real.read_bytes()
        except (OSError, RuntimeError) as error:
            return f"The linked picture {_short(candidate.name)} can't be read: {error}."
        return FoundPicture(name, data) if is_picture(data) else f"The linked file {name} is not a picture."


def _short(link: str) -> str:
    return link if len(link) <= 120 else link[:119] + "…"
