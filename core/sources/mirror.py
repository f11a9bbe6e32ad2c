"""What a source says now, as files: a folder of its own in the data folder, which is read in like any other.

Beside the files stands what they can't say themselves (`DocumentFacts`) and how far the fetching has come (the cursor),
both written whole or not at all, so that a run that is killed goes on where it was.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import IndexUnavailableError
from core.knowledge.documents import DocumentFacts

_FACTS, _CURSOR = ".facts.jsonl", ".cursor.json"
_NEW = ".new"
"""A file that is being written; whatever its name, there is one at a time."""


class Mirror:
    """One part's mirror. Used by one task at a time; paths are relative, with forward slashes.

    Facts of a file are appended as they are told and written compactly when the mirror is opened anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known, compact = _read_facts(folder / _FACTS)
        if not compact:
            lines = ({"path": path, **facts.model_dump(exclude_defaults=True)} for path, facts in self._known.items())
            self._write(_FACTS, "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in lines).encode())

    def cursor(self) -> dict[str, Any]:
        """How far the fetching has come, as it was last kept; empty at first."""
        try:
            found: Any = json.loads((self.folder / _CURSOR).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]

    def keep_cursor(self, cursor: dict[str, Any]) -> None:
        """Keep how far the fetching has come; call it after what it speaks of was written."""
        self._write(_CURSOR, json.dumps(cursor, ensure_ascii=False).encode())

    def write(self, path: str, data: bytes, facts: DocumentFacts | None = None) -> bool:
        """Write a file, unless it is as it is already; answer whether it was new or changed.

        `facts.modified` becomes the file's time.

        Raises:
            IndexUnavailableError: the disk is full, or can't be written.
        """
        facts = facts or DocumentFacts()
        target = self._target(path)
        same = target.is_file() and target.read_bytes() == data
        if self._known.get(path, DocumentFacts()) != facts:
            # A document whose address or title is new is read again, though its bytes are the same.
            same = same and _alike(self._known.get(path), facts)
            self._known[path] = facts
            self._append({"path": path, **facts.model_dump(exclude_defaults=True)})
        if not same:
            self._write(path, data, modified=facts.modified)
        return not same

    def remove(self, path: str) -> bool:
        """Remove a file; answer whether there was one."""
        target = self._target(path)
        there = target.is_file()
        try:
            target.unlink(missing_ok=True)
            for folder in target.parents:  # a file may come where a folder was
                if folder == self.folder or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        if self._known.pop(path, None) is not None:
            self._append({"path": path, "gone": True})
        return there

    def paths(self) -> Iterator[str]:
        """The files that are there."""
        for folder, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if not name.startswith("."):
                    yield (Path(folder) / name).relative_to(self.folder).as_posix()

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        try:
            return self._target(path).read_bytes()
        except OSError:
            return None

    def facts(self, path: str) -> DocumentFacts | None:
        """What was told of a file."""
        return self._known.get(path)

    def _target(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or any(part in {"..", "."} or part.startswith(".") for part in parts):
            raise ValueError(f"not a path within a mirror: {path!r}")
        return self.folder.joinpath(*parts)

    def _write(self, path: str, data: bytes, modified: float = 0.0) -> None:
        target = self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            whole = target.with_name(_NEW)
            whole.write_bytes(data)
            if modified > 0:
                os.utime(whole, (modified, modified))
            whole.replace(target)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def _append(self, line: dict[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / _FACTS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def _alike(known: DocumentFacts | None, facts: DocumentFacts) -> bool:
    return known is not None and (known.title, known.url) == (facts.title, facts.url)


def _read_facts(file: Path) -> tuple[dict[str, DocumentFacts], bool]:
    """What was told of files, and whether it stands there once each and whole."""
    known: dict[str, DocumentFacts] = {}
    try:
        lines = file.read_text("utf-8", errors="replace").split("\n")
    except OSError:
        return known, True
    for line in filter(None, lines):
        try:
            told = json.loads(line)
            path = told.pop("path")
            if told.pop("gone", False):
                known.pop(path, None)
            else:
                known[path] = DocumentFacts.model_validate(told)
        except (ValueError, KeyError, AttributeError):
            continue  # a line of a run that was killed; its file is written again
    return known, not lines[-1] and len(lines) - 1 <= 2 * len(known) + 16


def _unwritable(folder: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"What was fetched can't be kept in {folder}: {error.strerror or error}.",
        hint="Make room on the disk and run the command again; nothing that was written is lost.",
    )
