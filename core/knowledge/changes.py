"""What has to be done about a folder: what was found in it against what the ledger knows of it."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from core.knowledge.discover import Findings, FoundFile, Scope
from core.knowledge.documents import DocumentFacts
from core.knowledge.ingest_report import NotRead
from core.knowledge.ledger import FileRecord, Ledger

About = Callable[[str], DocumentFacts | None]
"""What is known of a file, by its path in its source; None where nothing is."""
RACY_SECONDS = 2.0
"""A file written this shortly before it was looked at may have been written again at what looks like the same time."""


@dataclass
class Changes:
    """What to do: files to read, paths to remove, records to renew, and what stays as it is."""

    read: list[FoundFile] = field(default_factory=list[FoundFile])
    vanished: list[str] = field(default_factory=list[str])
    touched: list[FileRecord] = field(default_factory=list[FileRecord])
    unchanged: int = 0
    failed: list[NotRead] = field(default_factory=list[NotRead])


def is_settled(record: FileRecord | None, found: FoundFile, rules: str) -> bool:
    """Whether a look at a file's size and age says that it is as it was when it was read, or found to be broken."""
    return (
        record is not None
        and _is_done(record, rules)
        and (record.size, record.mtime_ns) == (found.size, found.mtime_ns)
        and found.mtime_ns / 1e9 < record.read_at - RACY_SECONDS
    )


def facts_of(path: str, about: About | None) -> str:
    """16 hexadecimal digits that name the title and the address that were told of a file; empty where none were.

    Its age is none of it: a page that was written again with the same words is not read again.
    """
    facts = about(path) if about is not None else None
    if facts is None or not (facts.title or facts.url):
        return ""
    return hashlib.sha256(f"{facts.title}\0{facts.url}".encode(errors="replace")).hexdigest()[:16]


def compare(
    findings: Findings,
    known: Mapping[str, FileRecord],
    scope: Scope,
    rules: str,
    now: float,
    about: About | None = None,
) -> Changes:
    """What changed; a file that looks changed is hashed, to see whether it is.

    Args:
        findings: what is there.
        known: what was read of the source, by path.
        scope: what was looked at.
        rules: what a file has to have been read under.
        now: when it was looked at, in seconds since 1970.
        about: what is told of files beside what they say.
    """
    changes = Changes()
    present: set[str] = set()
    for found in findings.files:
        present.add(found.path)
        record = known.get(found.path)
        if record is not None and record.outcome == "read" and record.told != facts_of(found.path, about):
            record = None
        if record is not None and is_settled(record, found, rules):
            _keep(changes, record)
        elif record is not None and _is_done(record, rules) and sha256_of(found.file) == record.sha256:
            state = {"size": found.size, "mtime_ns": found.mtime_ns, "read_at": now}
            changes.touched.append(record.model_copy(update=state))
            _keep(changes, record)
        else:
            changes.read.append(found)
    unseen = [Scope(scope.root, "" if path == "." else path) for path in findings.unseen]
    changes.vanished = [
        path
        for path in known
        if path not in present and scope.holds(path) and not any(part.holds(path) for part in unseen)
    ]
    return changes


def add_dependents(changes: Changes, ledger: Ledger, source: str, known: Mapping[str, FileRecord], root: Path) -> None:
    """Read documents again that show a picture which changed or vanished, or which miss one that has come."""
    moved = {*(found.path for found in changes.read), *changes.vanished}
    again = ledger.documents_showing(source, [path for path in moved if path in known])
    again |= _missing([path for path in moved if path not in known], known)
    read_again(changes, again, known, root)


def read_again(changes: Changes, paths: Iterable[str], known: Mapping[str, FileRecord], root: Path) -> None:
    """Read documents although they did not change themselves."""
    settled = {*(found.path for found in changes.read), *changes.vanished}
    for path in sorted(set(paths) - settled):
        found = _found(root, path)
        if found is not None and known[path].outcome == "read":
            changes.read.append(found)
            changes.unchanged -= 1


def sha256_of(file: Path) -> str:
    """Of a file's content; empty where it can't be opened."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _is_done(record: FileRecord, rules: str) -> bool:
    return record.rules == rules and record.outcome != "pending" and bool(record.sha256)


def _keep(changes: Changes, record: FileRecord) -> None:
    if record.outcome == "failed":
        changes.failed.append(NotRead(path=record.path, reason=record.reason))
    else:
        changes.unchanged += 1


def _missing(new: list[str], known: Mapping[str, FileRecord]) -> set[str]:
    """Documents with a part that could not be read which names one of the new files."""
    names = {path.rpartition("/")[2] for path in new}
    incomplete = [record for record in known.values() if record.outcome == "read" and record.reason]
    return {record.path for record in incomplete if any(name in unquote(record.reason) for name in names)}


def _found(root: Path, path: str) -> FoundFile | None:
    try:
        status = (root / path).stat()
    except OSError:
        return None
    return FoundFile(file=root / path, path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)
