"""A file as the loaders get it: its bytes, its name, and where it lies."""

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

_PROGRAMS_TITLE = re.compile(
    r"^(?:microsoft \w+ - .*|powerpoint presentation|untitled.*|(?:document|presentation|slide|book)\s?\d*"
    r"|.*\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|indd|qxd|rtf|odt))$",
    re.I,
)


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


def given_title(title: object) -> str:
    """The title in a document's properties, or nothing where a program put it there and no person did."""
    words = " ".join(str(title or "").split())
    return "" if len(words) < 4 or _PROGRAMS_TITLE.match(words) else words
