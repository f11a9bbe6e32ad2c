"""Which files of a folder are there to be read."""

import os
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core.errors import DocumentError
from core.knowledge.ingest_report import NotRead
from core.knowledge.loaders import is_supported
from core.knowledge.loaders.sniffing import kind_by_name

NOT_CONTENT = frozenset({"node_modules", "__pycache__", "__MACOSX"})


class Scope(NamedTuple):
    """What is looked at: `part` of the folder `root`, a path relative to it, or "" for all of it."""

    root: Path
    part: str

    def holds(self, path: str) -> bool:
        """Whether a path relative to the root is within."""
        return not self.part or path == self.part or path.startswith(f"{self.part}/")


@dataclass(frozen=True)
class FoundFile:
    """A file to read: where it is, its path relative to the root (forward slashes), size in bytes, and age."""

    file: Path
    path: str
    size: int
    mtime_ns: int


@dataclass
class Findings:
    """What a walk found: files to read, sorted by path, and what is not to be or can't be read.

    Of what lies at or below `unseen` nothing is known; anything else that is not among the files is not there.
    """

    files: list[FoundFile] = field(default_factory=list[FoundFile])
    skipped: Counter[str] = field(default_factory=Counter[str])
    failed: list[NotRead] = field(default_factory=list[NotRead])
    unseen: list[str] = field(default_factory=list[str])

    def leave_out(self, paths: Collection[str]) -> None:
        """Take these for not there: somebody forgot them."""
        kept = [found for found in self.files if found.path not in paths]
        if len(kept) < len(self.files):
            self.skipped["forgotten"] += len(self.files) - len(kept)
            self.files = kept


def scope_of(path: Path, roots: list[Path]) -> Scope:
    """What `path` names: part of the innermost known root that holds it, else a folder, or a file in its folder.

    Raises:
        DocumentError: there is nothing at `path`.
    """
    path = Path(os.path.realpath(path.expanduser()))
    if not path.exists():
        raise DocumentError(f"There is no file or folder {path}.", hint="Check the path.")
    known = [root for root in roots if path.is_relative_to(root)]
    root = max(known, key=lambda one: len(one.parts)) if known else path if path.is_dir() else path.parent
    part = path.relative_to(root).as_posix()
    return Scope(root, "" if part == "." else part)


def discover(scope: Scope, is_known: Callable[[FoundFile], bool]) -> Findings:
    """The files in scope.

    Hidden files and folders, tools' own folders, links that lead out of the folder and kinds of files that no loader
    reads are passed over. A link within the folder counts only where what it leads to is passed over itself.

    Args:
        scope: where to look.
        is_known: whether a file is known to be supported, which saves opening it.
    """
    walk = _Walk(scope.root, is_known, Findings())
    start = scope.root / scope.part
    if start.is_dir():
        walk.folder(start)
    else:
        walk.file(start)
    walk.findings.files.sort(key=lambda one: one.path)
    return walk.findings


@dataclass
class _Walk:
    root: Path
    is_known: Callable[[FoundFile], bool]
    findings: Findings

    def folder(self, start: Path) -> None:
        links: list[Path] = []
        for folder, folders, names in os.walk(start, onerror=self._unopened):
            kept = [name for name in folders if not name.startswith(".") and name not in NOT_CONTENT]
            self._skip("hidden", len(folders) - len(kept))
            folders[:] = [name for name in kept if not (Path(folder) / name).is_symlink()]
            self._skip("a link to a folder", len(kept) - len(folders))
            for name in names:
                if name.startswith("."):
                    self._skip("hidden")
                elif (file := Path(folder) / name).is_symlink():
                    links.append(file)
                else:
                    self.file(file)
        self._follow(sorted(links))

    def file(self, file: Path) -> None:
        path = file.relative_to(self.root).as_posix()
        try:
            path.encode()
            status = file.stat()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode(errors="replace")
            self.findings.failed.append(NotRead(path=shown, reason="Its name is not UTF-8."))
            return
        except FileNotFoundError:
            return  # it went away while we looked
        except OSError as error:
            self._unseen(path, error)
            return
        found = FoundFile(file=file, path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)
        if self.is_known(found) or is_supported(file):
            self.findings.files.append(found)
        else:
            suffix = file.suffix.lower() or "no ending"
            named = kind_by_name(file.name) is not None
            self._skip(f"not what its name says ({suffix})" if named else f"not a supported kind ({suffix})")

    def _follow(self, links: list[Path]) -> None:
        taken = {found.file for found in self.findings.files}
        for link in links:
            target = Path(os.path.realpath(link))
            if not target.is_relative_to(self.root):
                self._skip("a link out of the folder")
            elif not target.exists():
                self._skip("a broken link")
            elif target in taken:
                self._skip("a link to a file of the folder")
            else:
                taken.add(target)
                self.file(link)

    def _skip(self, reason: str, count: int = 1) -> None:
        if count:
            self.findings.skipped[reason] += count

    def _unopened(self, error: OSError) -> None:
        self._unseen(Path(str(error.filename)).relative_to(self.root).as_posix(), error)

    def _unseen(self, path: str, error: OSError) -> None:
        self.findings.unseen.append(path)
        reason = f"It can't be opened: {error.strerror or error}."
        self.findings.failed.append(NotRead(path=path.encode(errors="replace").decode(), reason=reason))
