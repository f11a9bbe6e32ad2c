"""A file as the loaders get it: its bytes, its name, and where it lies."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read whole. `name` is its path relative to `root`, the ingested folder, with forward slashes.

    An attachment has the `path` of the message it came in, a `name` of its own, and `depth` 1 or more.
    """

    path: Path
    root: Path
    name: str
    data: bytes
    depth: int = 0

    @property
    def suffix(self) -> str:
        """The suffix of the name in lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def readable_name(self) -> str:
        """The name as a title: without folder and suffix, dashes and underscores as spaces."""
        stem = PurePosixPath(self.name).stem
        return " ".join(stem.replace("_", " ").replace("-", " ").split()) or stem

    def attachment(self, name: str, data: bytes) -> "SourceFile":
        """A file that came inside this one."""
        clean = name.replace("\\", "/").rsplit("/", 1)[-1] or "attachment"
        return replace(self, name=f"{self.name}/{clean}", data=data, depth=self.depth + 1)


def first_words(lines: Iterable[str], length: int = 120) -> str:
    """The first line that says something, cut to a title's length."""
    for line in lines:
        words = " ".join(line.split())
        if words:
            return words if len(words) <= length else words[: length - 1].rstrip() + "…"
    return ""
