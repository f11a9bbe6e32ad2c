"""One day of a channel in its mirror: what began on it, written as documents, and what is gone from it removed.

The day (UTC) is the unit of fetching: its messages, and the threads that hang on them, whenever their replies came. It
is written under a lock, so that a fetching that began before a change never writes over what came after it.
"""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import file_locks
from core.channel_history import ChannelHistory, ChannelInfo, Said
from core.errors import UserError
from core.knowledge.documents import DocumentFacts
from core.knowledge.loaders.sniffing import PICTURE_SUFFIXES, kind_by_name
from core.sources.channels.documents import (
    ChannelFile,
    document,
    document_path,
    file_path,
    file_prefix,
    keys_in,
    runs,
    thread_path,
    title_of,
)
from core.sources.connector import Watch
from core.sources.mirror import Mirror

MOST_FILE_BYTES = 64 * 2**20
"""The largest file of a message that is fetched."""
_PAUSE = 0.05
_LOCK = ".days.lock"
_REFRESHED = ".refreshed-"


def bounds(day: str) -> tuple[float, float]:
    """When a day (`YYYY-MM-DD`, UTC) begins and ends, in seconds since 1970."""
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return begin.timestamp(), (begin + timedelta(days=1)).timestamp()


def alone(folder: Path) -> AbstractAsyncContextManager[None]:
    """Be the only one, among all processes, who fetches and writes days of this mirror."""
    return file_locks.alone(folder / _LOCK, _PAUSE)


class DayWriter:
    """Writes days of one channel. `with_bots`: whether what other programs say is knowledge; Lorelens' own words never
    are, since it would then cite itself."""

    def __init__(
        self, history: ChannelHistory, channel: ChannelInfo, mirror: Mirror, watch: Watch, *, with_bots: bool = False
    ) -> None:
        self._history = history
        self._channel = channel
        self._mirror = mirror
        self._watch = watch
        self._with_bots = with_bots

    async def write(self, day: str, roots: list[Said], *, unchanged: frozenset[str] = frozenset()) -> None:
        """Let the mirror say of a day what stands there now; `roots` are the messages of the channel on it.

        Threads whose root's key is in `unchanged` are not fetched again if their document is there.
        """
        wanted: set[str] = set()
        for said in (one for one in roots if one.replies):
            path = document_path(said, is_thread=True)
            kept = self._mirror.read(path) if said.key in unchanged else None
            if kept is not None:
                wanted |= {path, *self._files_of(day, keys_in(kept))}
                continue
            wanted |= await self._document(day, await self._history.thread(self._channel, said.key), is_thread=True)
        for run in runs(said for said in roots if not said.replies and self._counts(said)):
            wanted |= await self._document(day, run, is_thread=False)
        for path in paths_of(self._mirror.folder, day) - wanted:
            self._mirror.remove(path)

    async def _document(self, day: str, messages: list[Said], *, is_thread: bool) -> set[str]:
        """Write the document of messages with their files; answer the paths of all of them."""
        counting = [said for said in messages if self._counts(said)]
        if not counting:
            return set()
        files = {said.key: await self._files(day, said) for said in counting}
        saying = [said for said in counting if said.message.text.strip() or files[said.key]]
        paths = {file.path for kept in files.values() for file in kept}
        if not saying:
            return paths
        path = document_path(messages[0] if is_thread else saying[0], is_thread=is_thread)
        facts = DocumentFacts(
            title=title_of([said.message for said in saying]),
            url=messages[0].url if is_thread else saying[0].url,
            modified=max(said.message.sent_at for said in saying).timestamp(),
        )
        self._mirror.write(path, document(saying, files), facts)
        self._watch.fetched(facts.title)
        return {path, *paths}

    async def _files(self, day: str, said: Said) -> list[ChannelFile]:
        """Its files, each fetched once: what stands behind a file of a chat platform never changes."""
        found: list[ChannelFile] = []
        for file in said.message.attachments:
            if file.problem:
                continue
            suffix = f".{file.name.rpartition('.')[2].lower()}" if "." in file.name else ""
            is_picture = suffix in PICTURE_SUFFIXES
            if not is_picture and kind_by_name(file.name) is None:
                continue
            path = file_path(day, said, file.reference, file.name)
            if self._mirror.read(path) is None:
                try:
                    if file.size > MOST_FILE_BYTES:
                        raise UserError(f"{file.name} is over {MOST_FILE_BYTES // 2**20} MiB.")
                    data = await self._history.file(file)
                except UserError as error:
                    self._watch.problem(file.name, error.message)
                    continue
                facts = DocumentFacts(title=file.name, url=said.url, modified=said.message.sent_at.timestamp())
                self._mirror.write(path, data, facts)
            found.append(ChannelFile(path=path, name=file.name, is_picture=is_picture))
        return found

    def _counts(self, said: Said) -> bool:
        return not said.is_answer and not said.is_gone and (self._with_bots or not said.is_bot)

    def _files_of(self, day: str, keys: tuple[str, ...]) -> set[str]:
        prefixes = tuple(f"{day}/{file_prefix(key)}" for key in keys)
        return {path for path in paths_of(self._mirror.folder, day) if path.startswith(prefixes)}


def paths_of(mirror: Path, day: str) -> set[str]:
    """The documents and files that stand in a day's folder."""
    folder = mirror / day
    there = folder.iterdir() if folder.is_dir() else ()
    return {f"{day}/{file.name}" for file in there if not file.name.startswith(".")}


def paths_with(mirror: Path, day: str, keys: frozenset[str]) -> set[str]:
    """The documents of a day that hold one of these messages, and those messages' own files."""
    prefixes = tuple(file_prefix(key) for key in keys)
    found: set[str] = set()
    for path in paths_of(mirror, day):
        name = path.rpartition("/")[2]
        is_document = name.endswith(".md") and not name.startswith("file-")
        if name.startswith(prefixes) or (is_document and keys & set(_keys_of(mirror / path))):
            found.add(path)
    return found


def paths_of_thread(mirror: Path, day: str, root: str) -> set[str]:
    """The document of a thread, by the key of its root, and the files of what was said in it."""
    path = thread_path(day, root)
    prefixes = tuple(file_prefix(key) for key in _keys_of(mirror / path) if key != root)
    return {one for one in paths_of(mirror, day) if one == path or one.rpartition("/")[2].startswith(prefixes)}


def _keys_of(file: Path) -> tuple[str, ...]:
    try:
        return keys_in(file.read_bytes())
    except OSError:  # it went meanwhile
        return ()


def note_refreshed(folder: Path, day: str) -> None:
    """Note that a day was read anew, for whoever has read it before and is about to write it."""
    (folder / f"{_REFRESHED}{day}").touch()


def refreshed_since(folder: Path, day: str, moment: float) -> bool:
    """Whether a day was read anew since a time (`time.time`)."""
    try:
        return (folder / f"{_REFRESHED}{day}").stat().st_mtime >= moment
    except OSError:
        return False
