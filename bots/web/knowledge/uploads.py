"""What operators upload: files in folders of the data folder, each a source of its own with readers of its own.

What a browser calls a file is checked and never followed; a file is written whole or not at all, and what was there
before stays unless it is said that it may go.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bots.web.knowledge.faults import FaultError
from core.errors import IndexUnavailableError
from core.knowledge.loaders import MOST_BYTES
from core.knowledge.loaders.sniffing import HEAD_BYTES, kind_of
from core.sources.connector import SourceSpec
from core.whole_files import write_whole

FOLDER = "uploads"
MARK = ".uploads"
"""A file that keeps a folder from being empty, which would look like a share that is not mounted."""
LONGEST_NAME = 200
"""Bytes of a file's name; disks take 255, and some are needed for a file that is being written."""

Outcome = Literal["new", "replaced", "same"]


@dataclass(frozen=True)
class Stored:
    """What became of one file: whether it is new, or why it was not stored."""

    name: str
    outcome: Outcome | None = None
    fault: FaultError | None = None


def folder_for(data: Path, name: str) -> Path:
    """Where the files of a collection lie."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return data / FOLDER / (f"{readable}-{digest}" if readable else digest)


def is_uploads(spec: SourceSpec, data: Path) -> bool:
    """Whether a source is such a collection."""
    return spec.kind == "folder" and Path(spec.location).parent == Path(os.path.realpath(data / FOLDER))


def make_folder(data: Path, name: str) -> Path:
    """The folder of a collection, made where there is none. Blocking. Raises `IndexUnavailableError`."""
    folder = folder_for(data, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Path(os.path.realpath(folder))


def store(folder: Path, name: str, data: bytes, *, replace: bool, most: int) -> Stored:
    """Store one file of `most` bytes at most. Blocking.

    Raises:
        IndexUnavailableError: it can't be written.
    """
    shown = shown_name(name)
    try:
        checked = checked_name(name)
        _check(checked, data, min(most, MOST_BYTES))
        return Stored(name=checked, outcome=_write(folder / checked, data, replace=replace))
    except FaultError as fault:
        return Stored(name=shown, fault=fault)
    except OSError as error:
        raise _unwritable(folder, error) from error


def checked_name(name: str) -> str:
    """The name that a file is stored under.

    Raises:
        FaultError: no file can be called so.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name or name in {".", ".."}:
        raise FaultError("no_name")
    if "/" in name or "\\" in name:
        raise FaultError("traversal")
    if not name.isprintable():
        raise FaultError("unseen")
    if name.startswith("."):
        raise FaultError("dotted")
    if len(name.encode()) > LONGEST_NAME:
        raise FaultError("long_name", most=LONGEST_NAME)
    return name


def shown_name(name: str) -> str:
    """A name as it can be shown, whatever is in it."""
    seen = "".join(one if one.isprintable() else "�" for one in name)
    return seen if len(seen) <= 80 else f"{seen[:60]}…{seen[-15:]}"


def _check(name: str, data: bytes, most: int) -> None:
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise FaultError("empty")
    if len(data) > most:
        raise FaultError("large", size=f"{len(data) / 1e6:.0f}", most=f"{most / 1e6:.0f}")
    if kind_of(data[:HEAD_BYTES], name, whole=data) is None:
        raise FaultError("unreadable")


def _write(file: Path, data: bytes, *, replace: bool) -> Outcome:
    there = file.exists() or file.is_symlink()
    if there and file.is_file() and not file.is_symlink() and file.read_bytes() == data:
        return "same"
    if there and not replace:
        raise FaultError("clash")
    write_whole(file, data)
    return "replaced" if there else "new"


def _unwritable(folder: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"Nothing can be stored in {folder}: {error.strerror or error}.",
        hint="Check that the data folder can be written and that the disk is not full.",
    )
