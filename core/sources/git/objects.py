"""What a git store holds: the files of the commit that was fetched, their contents, and how old they are."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from core.errors import SettingsError, UnavailableError
from core.sources.git.program import Git

REF = "refs/lorelens/read"
"""Where the store keeps the commit that is read."""
FETCH = ("fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
MOST_BYTES = 64 * 2**20
"""Of one file."""
BATCH_BYTES = 32 * 2**20
"""Of files that are held at a time, unless one is larger."""
LONGEST_NAME = 200
"""Bytes of one part of a path."""
_LINK = b"120000"


class Blob(NamedTuple):
    """A file of a commit: its path below the folder that is read, and the object that holds it."""

    path: str
    sha: str


class GitObjects:
    """Reads the store of a `Git`; paths are relative to `folder`, which is empty for the whole tree."""

    def __init__(self, git: Git, folder: str) -> None:
        self._git = git
        self._folder = folder

    async def files(self, skipped: dict[str, str]) -> list[Blob]:
        """The files of the folder, but links, submodules and hidden ones; `skipped` gets what can't be kept, and why.

        Raises:
            SettingsError: there is no such folder.
        """
        found: list[Blob] = []
        for line in await self._tree():
            head, _, name = line.partition(b"\t")
            mode, kind, sha = head.split()
            path = name.decode("utf-8", errors="surrogateescape")
            parts = path.split("/")
            if kind != b"blob" or mode == _LINK or any(part.startswith(".") for part in parts):
                continue
            shown = path.encode(errors="replace").decode()
            if any("\udc80" <= one <= "\udcff" for one in path):
                skipped[shown] = "Its name is not UTF-8."
            elif any(len(part.encode()) > LONGEST_NAME or not part for part in parts):
                skipped[shown] = "Its name is too long."
            else:
                found.append(Blob(path, sha.decode()))
        return found

    async def _tree(self) -> list[bytes]:
        where = f"{REF}:{self._folder}" if self._folder else REF
        try:
            printed = await self._git.run(["ls-tree", "-r", "-z", "--full-tree", where])
        except SettingsError as error:
            if not self._folder:
                raise
            raise SettingsError(
                f"The branch has no folder {self._folder}.", hint="Check --option folder=PATH."
            ) from error
        return [line for line in printed.split(b"\0") if line]

    async def dates(self, *, history: bool) -> Mapping[str, float]:
        """When files of the folder were last committed, in seconds since 1970; "" stands for the last commit."""
        newest = await self._git.run(["log", "-1", "--format=%ct", REF])
        dates = {"": float(newest.strip() or 0)}
        if not history:
            return dates
        form = ["--format=%x01%ct", "--name-only", "--no-renames", "-z"]
        printed = await self._git.run(["--literal-pathspecs", "log", *form, REF, "--", self._folder or "."])
        at = 0.0
        below = f"{self._folder}/" if self._folder else ""
        for piece in re.split(rb"[\0\n]", printed):
            if piece.startswith(b"\x01"):
                at = float(piece[1:])
            elif piece:
                path = piece.decode("utf-8", errors="surrogateescape").removeprefix(below)
                dates.setdefault(path, at)
        return dates

    async def missing(self) -> frozenset[str]:
        """The contents of the last commit that are not here yet."""
        printed = await self._git.run(["rev-list", "--objects", "--missing=print", "--no-walk", REF])
        return frozenset(line[1:].decode() for line in printed.splitlines() if line.startswith(b"?"))

    async def bring(self, blobs: Sequence[Blob]) -> None:
        """Fetch the contents of some files at once; git would fetch them one by one when they are read."""
        if blobs:
            fetch = ["-c", "fetch.negotiationAlgorithm=noop", *FETCH, "--filter=blob:none", "--stdin"]
            await self._git.run([*fetch, "--", self._git.location], given=_lines(blobs))

    async def read(self, batch: Sequence[Blob]) -> AsyncIterator[tuple[Blob, bytes | None]]:
        """The bytes of some files, None of those that are too large; some megabytes are held at a time."""
        group: list[Blob] = []
        held = 0
        for blob, size in zip(batch, await self._sizes(batch), strict=True):
            if size > MOST_BYTES:
                yield blob, None
                continue
            if group and held + size > BATCH_BYTES:
                for one in await self._contents(group):
                    yield one
                group, held = [], 0
            group.append(blob)
            held += size
        for one in await self._contents(group):
            yield one

    async def _sizes(self, batch: Sequence[Blob]) -> list[int]:
        printed = await self._git.run(["cat-file", "--batch-check=%(objectsize)"], given=_lines(batch))
        said = printed.decode().splitlines()
        if len(said) != len(batch) or not all(one.isdigit() for one in said):
            raise UnavailableError(
                f"{self._git.location} did not send all that was asked for.", hint="It is tried again later."
            )
        return list(map(int, said))

    async def _contents(self, group: Sequence[Blob]) -> list[tuple[Blob, bytes]]:
        """As `git cat-file --batch` prints them: a line that says how many bytes, then they, and a line's end."""
        printed = await self._git.run(["cat-file", "--batch"], given=_lines(group))
        found: list[tuple[Blob, bytes]] = []
        at = 0
        for blob in group:
            end = printed.index(b"\n", at)
            size = int(printed[at:end].split()[-1])
            found.append((blob, printed[end + 1 : end + 1 + size]))
            at = end + 1 + size + 1
        return found


def _lines(blobs: Sequence[Blob]) -> bytes:
    return "".join(f"{one.sha}\n" for one in blobs).encode()
