"""Which files of a folder are there to be read."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import DocumentError
from core.knowledge.loaders import is_supported

NOT_CONTENT = frozenset({"node_modules", "__pycache__", "__MACOSX"})


@dataclass(frozen=True)
class FoundFile:
    """A file to read: where it is, its path relative to the folder (forward slashes), size in bytes, and age."""

    file: Path
    path: str
    size: int
    mtime_ns: int


@dataclass
class Findings:
    """What a walk found: files to read, sorted by path, and how many were passed over for which reason.

    `whole` says that a folder was walked, so that what is not among the files is not there any more.
    """

    whole: bool
    files: list[FoundFile] = field(default_factory=list[FoundFile])
    skipped: Counter[str] = field(default_factory=Counter[str])


def discover(path: Path) -> tuple[Path, Findings]:
    """The root that paths are relative to, and the files below `path`, which may be a single file.

    Hidden files and folders, tools' own folders, links that lead out of the folder and kinds of files that no loader
    reads are passed over.

    Raises:
        DocumentError: there is nothing at `path`.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        raise DocumentError(f"There is no file or folder {path}.", hint="Check the path.")
    findings = Findings(whole=path.is_dir())
    if path.is_file():
        _take(path, path.parent, findings)
        return path.parent, findings
    root = path.resolve()
    for folder, folders, names in os.walk(root):
        kept = sorted(name for name in folders if not name.startswith(".") and name not in NOT_CONTENT)
        findings.skipped["hidden"] += len(folders) - len(kept)
        folders[:] = kept
        for name in sorted(names):
            if name.startswith("."):
                findings.skipped["hidden"] += 1
            else:
                _take(Path(folder) / name, root, findings)
    findings.files.sort(key=lambda one: one.path)
    return root, findings


def _take(file: Path, root: Path, findings: Findings) -> None:
    if file.is_symlink() and not file.resolve().is_relative_to(root):
        findings.skipped["a link out of the folder"] += 1
        return
    try:
        status = file.stat()
    except OSError:
        findings.skipped["a broken link"] += 1
        return
    if not is_supported(file):
        findings.skipped[f"not a supported kind ({file.suffix.lower() or 'no ending'})"] += 1
        return
    findings.files.append(
        FoundFile(file=file, path=file.relative_to(root).as_posix(), size=status.st_size, mtime_ns=status.st_mtime_ns)
    )
