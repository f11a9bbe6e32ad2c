"""What people saved from chat, as files: a Markdown file a note, its pictures beside it, a folder a place.

`<data>/saved/<platform>/<workspace>/<place>/`; the place's own name and audience stand in `.place.json` there. Notes
are data: whatever a message says, it is written down and nothing else. What returned is on disk, and a note is replaced
in one step, so that whoever reads the folder finds the old one or the new one.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from pydantic import Field, ValidationError

from core.errors import IndexUnavailableError
from core.knowledge.addresses import web_address
from core.messages import Author, Message, Place, Value
from core.whole_files import write_whole

TITLE_CHARACTERS = 100

_PLACE = ".place.json"
_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.S | re.M)
_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~]+")
_EMPHASIS = re.compile(r"[*`~]+")
_LINE_MARKS = re.compile(r"^\s*(?:[#>*+-]+\s+|\d+[.)]\s+)+")


class SavedNote(Value):
    """What is saved: a message, or a short thread such as a question and its answer, the first message naming it.

    `permalink` is its address on the platform, `place_name` what people call the place ("general"), and `audience` who
    may see what stands in that place.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    permalink: str = ""
    saved_by: Author
    saved_at: datetime
    place_name: str
    audience: tuple[str, ...] = Field(min_length=1)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.messages[0].place

    @property
    def title(self) -> str:
        """The first line of the first message that says something."""
        lines = (line for message in self.messages for line in message.text.splitlines())
        for line in lines:
            words = " ".join(_EMPHASIS.sub("", _LINE_MARKS.sub("", line)).split())
            if words:
                return words if len(words) <= TITLE_CHARACTERS else words[:TITLE_CHARACTERS].rstrip() + "…"
        return f"{_named(self.messages[0].author)}, {_time(self.messages[0].sent_at)}"


class NoteHead(Value):
    """What a note on disk says of itself: `file` is its name, `messages` and `authors` are ids."""

    file: str
    title: str
    url: str = ""
    messages: tuple[str, ...]
    authors: tuple[str, ...]
    saved_by: str
    saved_at: datetime


class SavedPlace(Value):
    """What is known of a place: what people call it, and who may see what was saved there."""

    name: str
    audience: tuple[str, ...]


class SavedFiles:
    """The notes of one data folder. Raises `IndexUnavailableError` where they can't be written or read."""

    def __init__(self, data: Path) -> None:
        self._root = data / "saved"

    def folder(self, place: Place) -> Path:
        """Where the notes of a place are."""
        return self._root.joinpath(*(_safe(part) for part in (place.platform, place.workspace, place.channel)))

    def folders(self, platform: str = "", workspace: str = "") -> list[Path]:
        """The folders of all places, or of one workspace."""
        pattern = "/".join((_safe(platform) if platform else "*", _safe(workspace) if workspace else "*", "*"))
        return sorted(path for path in self._root.glob(pattern) if path.is_dir())

    def write(self, note: SavedNote, pictures: dict[str, bytes]) -> bool:
        """Keep a note with the pictures that are still there, by hash; True if it took the place of an earlier one."""
        folder, stem = self.folder(note.place), _stem(note.messages[0])
        files = {
            picture.sha256: f"{stem}-{picture.sha256[:12]}.{'jpg' if picture.media_type == 'image/jpeg' else 'png'}"
            for message in note.messages
            for picture in message.pictures
            if picture.sha256 in pictures
        }
        place = SavedPlace(name=note.place_name, audience=note.audience)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            before = _files_of(folder, _key(note.messages[0].id))
            _write(folder / _PLACE, place.model_dump_json().encode())
            for sha256, name in files.items():
                _write(folder / name, pictures[sha256])
            _write(folder / f"{stem}.md", _markdown(note, files).encode())
            _remove(folder, set(before) - {f"{stem}.md", *files.values()})
        except OSError as error:
            raise _unwritable(folder, error) from error
        return any(name.endswith(".md") for name in before)

    def remove(self, folder: Path, message_ids: Collection[str]) -> list[str]:
        """Remove the notes that hold one of these messages; answers the names of the files that went."""
        gone: list[str] = []
        for head in self.notes(folder):
            if not set(head.messages).isdisjoint(message_ids):
                gone += _files_of(folder, _key(head.messages[0]))
        try:
            _remove(folder, gone)
        except OSError as error:
            raise _unwritable(folder, error) from error
        return gone

    def clear(self, folder: Path) -> list[str]:
        """Remove all notes of a place; answers the names of the files that went."""
        gone = sorted(file.name for file in folder.glob("[!.]*"))
        try:
            _remove(folder, gone)
        except OSError as error:
            raise _unwritable(folder, error) from error
        return gone

    def notes(self, folder: Path) -> Iterator[NoteHead]:
        """What the notes of a place say of themselves, oldest first; a file that is no note is passed over."""
        for file in sorted(folder.glob("[!.]*.md")):
            try:
                head = _FRONT_MATTER.match(file.read_text(encoding="utf-8"))
                fields = [line.partition(": ") for line in head.group(1).splitlines()] if head else []
                values = {name: json.loads(value) for name, _, value in fields}
                yield NoteHead.model_validate(
                    {name: values[name] for name in values if name in _HEAD} | {"file": file.name}
                )
            except (OSError, ValueError, ValidationError):
                continue

    def place(self, folder: Path) -> SavedPlace | None:
        """What is known of the place of a folder; None if nothing was saved there."""
        try:
            return SavedPlace.model_validate_json((folder / _PLACE).read_bytes())
        except (OSError, ValidationError):
            return None

    def is_empty(self, folder: Path) -> bool:
        """Whether no note is left in a folder, or it is gone."""
        return not any(folder.glob("[!.]*"))

    def drop_if_empty(self, folder: Path) -> bool:
        """Remove the folder of a place from which the last note went; whether it is gone."""
        if not self.is_empty(folder):
            return False
        try:
            (folder / _PLACE).unlink(missing_ok=True)
            folder.rmdir()
        except OSError:
            return not folder.exists()  # a note came meanwhile, or another process was first
        return True


_HEAD = frozenset(NoteHead.model_fields)


def _markdown(note: SavedNote, files: dict[str, str]) -> str:
    head = {
        "title": note.title,
        "url": web_address(note.permalink),
        "messages": [message.id for message in note.messages],
        "authors": sorted({message.author.id for message in note.messages}),
        "saved_by": note.saved_by.id,
        "saved_by_name": note.saved_by.name,
        "saved_at": note.saved_at.isoformat(),
        "place": note.place_name,
        "conversation": note.place.conversation,
    }
    # JSON is YAML; in ASCII, since a line may not end within a value.
    front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
    return f"---\n{front}---\n\n" + "\n\n".join(_said(message, files) for message in note.messages) + "\n"


def _said(message: Message, files: dict[str, str]) -> str:
    shown = [
        f"![{' '.join(_MARKS.sub(' ', picture.alt or picture.name).split())}]({files[picture.sha256]})"
        for picture in message.pictures
        if picture.sha256 in files
    ]
    who = f"{_named(message.author)}, {_time(message.sent_at)}:"
    return "\n\n".join(part for part in (who, message.text.strip(), *shown) if part)


def _named(author: Author) -> str:
    return " ".join(_MARKS.sub(" ", author.name).split()) or author.id


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _key(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _stem(message: Message) -> str:
    return f"{message.sent_at.astimezone(UTC):%Y-%m-%d}-{_key(message.id)}"


def _files_of(folder: Path, key: str) -> list[str]:
    """The files of one note, by the key of its first message."""
    return sorted(file.name for pattern in (f"*-{key}.md", f"*-{key}-*.*") for file in folder.glob(pattern))


def _safe(part: str) -> str:
    """A part of a path that is one, whatever a platform calls its places."""
    return quote(part, safe="").replace(".", "%2E") or "%"


def _write(file: Path, content: bytes) -> None:
    write_whole(file, content)
    _sync(file.parent)


def _remove(folder: Path, names: Sequence[str] | Collection[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
    if names and folder.exists():
        _sync(folder)


def _sync(folder: Path) -> None:
    """Let what was renamed or removed in a folder, and the folder itself, be on disk."""
    for one in (folder, folder.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(folder: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"What is saved can't be written to {folder}: {error.strerror or error}.",
        hint="Check that the data folder can be written and that the disk is not full.",
    )
