"""A git repository as a source: the files of a branch, as its last commit has them.

A shallow clone is kept beside the mirror, so that only what is new is fetched; a commit that was seen already costs one
question. Links and submodules are left out, and so is what Git LFS keeps elsewhere.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import QuestionError, SettingsError, UnavailableError
from core.knowledge.addresses import checked_base
from core.knowledge.documents import DocumentFacts
from core.sources.connector import Part, SourceSpec, Watch
from core.sources.git_pages import pages_of
from core.sources.git_program import Git
from core.sources.mirror import Mirror

MOST_BYTES = 64 * 2**20
"""Of one file."""
LONGEST_NAME = 200
"""Bytes of one part of a path."""
BATCH_FILES, BATCH_BYTES = 200, 32 * 2**20

_OPTIONS = frozenset({"branch", "folder", "include", "exclude", "history", "token_env"})
_FETCH = ("fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
_SCHEMES = ("https://", "http://", "ssh://", "git://")
_REF = re.compile(r"(?!-)(?!.*(\.\.|//|@\{))[^\s~^:?*\[\\\x00-\x1f\x7f]+(?<![/.])\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_POINTER = b"version https://git-lfs.github.com/spec/"


class GitKind:
    """`core.sources.connector.ConnectorKind` for git repositories."""

    summary = "A git repository: any URL or path that git understands."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with its location made whole. Raises `QuestionError`."""
        unknown = sorted(set(spec.options) - _OPTIONS)
        if unknown:
            raise QuestionError(
                f'A git repository has no option "{unknown[0]}".', hint=f"There are: {', '.join(sorted(_OPTIONS))}."
            )
        for name in ("branch", "folder"):
            value = spec.options.get(name, "").strip("/")
            if value and (not _REF.match(value) or any(part in {".", ".."} for part in value.split("/"))):
                raise QuestionError(f'{name}="{value}" can\'t be.', hint="Write it as git shows it.")
        if spec.options.get("history", "no") not in {"yes", "no"}:
            raise QuestionError("history says neither yes nor no.", hint="Write history=yes or leave it out.")
        return spec.model_copy(update={"location": _location(spec.location), "url": checked_base(spec.url)})

    def open(self, spec: SourceSpec, given: Any) -> "GitConnector":
        """Its connector.

        Raises:
            SettingsError: the variable that is to hold a token does not.
        """
        name = spec.options.get("token_env", "")
        token = os.environ.get(name, "").strip() if name else ""
        if name and not token:
            raise SettingsError(f"The variable {name} holds no token.", hint=f"Set {name} where Lorelens is started.")
        return GitConnector(spec, token)


class _Blob(NamedTuple):
    """A file of a commit: its path below the folder that is read, and the object that holds it."""

    path: str
    sha: str


class GitConnector:
    """`core.sources.connector.Connector` for one branch of one repository."""

    def __init__(self, spec: SourceSpec, token: str = "") -> None:
        self._spec = spec
        self._token = token
        self._folder = spec.options.get("folder", "").strip("/")
        self._include = _patterns(spec.options.get("include", ""))
        self._exclude = _patterns(spec.options.get("exclude", ""))
        self._ref = ""
        self._commit = ""

    async def parts(self) -> AsyncIterator[Part]:
        """The branch."""
        if self._spec.location.startswith("/") and not Path(self._spec.location).exists():  # noqa: ASYNC240 - one look
            raise UnavailableError(
                f"There is no {self._spec.location} now.", hint="Is it mounted? What was read of it is kept until then."
            )
        wanted = self._spec.options.get("branch", "").strip("/")
        names = [f"refs/heads/{wanted}", f"refs/tags/{wanted}"] if wanted else ["HEAD"]
        said = await self._git(Path("/")).run(["ls-remote", "--symref", "--", self._spec.location, *names], limit=120)
        found: dict[str, str] = {}
        for line in said.decode(errors="replace").splitlines():
            value, _, name = line.partition("\t")
            if value.startswith("ref: "):
                self._ref = value.removeprefix("ref: ")
            elif _COMMIT.match(value):
                found[name] = value
        name = next((one for one in names if one in found), "")
        if not name:
            raise SettingsError(
                f"{self._spec.location} has no {f'branch or tag {wanted}' if wanted else 'commit yet'}.",
                hint="Name a branch with --option branch=NAME.",
            )
        self._ref = self._ref if name == "HEAD" and self._ref else name
        self._commit = found[name]
        branch = self._ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        url = self._spec.url or pages_of(self._spec.location, branch, self._folder)
        yield Part(audience=self._spec.audience, url=url)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Fetch the branch if it has another commit than was seen, and write what is new of it."""
        cursor = await asyncio.to_thread(mirror.cursor)
        skipped: dict[str, str] = dict(cursor.get("skipped", {}))
        choice = [self._folder, self._include, self._exclude]
        if cursor.get("commit") != self._commit or cursor.get("choice") != choice:
            git = self._git(mirror.folder / ".store")
            await git.make()
            await self._update(git)
            skipped = await self._write(git, mirror, watch, dict(cursor.get("files", {})), choice)
        for path, reason in skipped.items():
            watch.problem(path, reason)

    async def close(self) -> None:
        """Nothing is open."""

    def _git(self, store: Path) -> Git:
        return Git(store, self._spec.location, token=self._token)

    async def _update(self, git: Git) -> None:
        """Fetch the branch: without the files' contents where the host can do that, which come as they are wanted."""
        shallow = [] if self._spec.options.get("history") == "yes" else ["--depth=1"]
        if not shallow and (git.store / "shallow").is_file():
            shallow = ["--unshallow"]
        without = [] if self._spec.location.startswith("/") else ["--filter=blob:none"]
        fetch = [*_FETCH, *without, *shallow, "--", self._spec.location, f"+{self._ref}:refs/lorelens/read"]
        try:
            await git.run(fetch)
        except SettingsError:  # what is kept may be broken; whatever else is wrong fails again
            await asyncio.to_thread(shutil.rmtree, git.store, ignore_errors=True)
            await git.make()
            await git.run([one for one in fetch if one != "--unshallow"])
        self._commit = (await git.run(["rev-parse", "refs/lorelens/read^{commit}"])).decode().strip()

    async def _write(
        self, git: Git, mirror: Mirror, watch: Watch, known: dict[str, str], choice: list[Any]
    ) -> dict[str, str]:
        """Bring the mirror to the commit; answer what was left out, and why."""
        skipped: dict[str, str] = {}
        wanted = {blob.path: blob for blob in self._wanted(await self._tree(git), skipped)}
        there = set(await asyncio.to_thread(lambda: list(mirror.paths())))
        for path in sorted(there - set(wanted)):
            await asyncio.to_thread(mirror.remove, path)
            known.pop(path, None)
        new = [blob for blob in wanted.values() if known.get(blob.path) != blob.sha or blob.path not in there]
        dates = await self._dates(git)
        newest = dates.get("", 0.0)
        missing = await self._missing(git) if new else frozenset[str]()
        for batch in (new[at : at + BATCH_FILES] for at in range(0, len(new), BATCH_FILES)):
            await self._bring(git, [blob.sha for blob in batch if blob.sha in missing])
            async for blob, data in self._read(git, batch):
                reason = _unread(data)
                if reason:
                    skipped[blob.path] = reason
                    await asyncio.to_thread(mirror.remove, blob.path)
                else:
                    facts = DocumentFacts(modified=dates.get(blob.path, newest))
                    await asyncio.to_thread(mirror.write, blob.path, data or b"", facts)
                    watch.fetched(blob.path, total=len(new))
                known[blob.path] = blob.sha
            await asyncio.to_thread(mirror.keep_cursor, {"files": known})
        files = {path: blob.sha for path, blob in wanted.items()}
        cursor = {"commit": self._commit, "choice": choice, "files": files, "skipped": skipped}
        await asyncio.to_thread(mirror.keep_cursor, cursor)
        return skipped

    async def _tree(self, git: Git) -> list[bytes]:
        where = f"refs/lorelens/read:{self._folder}" if self._folder else "refs/lorelens/read"
        try:
            printed = await git.run(["ls-tree", "-r", "-z", "--full-tree", where])
        except SettingsError as error:
            if not self._folder:
                raise
            raise SettingsError(
                f"The branch has no folder {self._folder}.", hint="Check --option folder=PATH."
            ) from error
        return [line for line in printed.split(b"\0") if line]

    def _wanted(self, lines: list[bytes], skipped: dict[str, str]) -> Iterator[_Blob]:
        for line in lines:
            head, _, name = line.partition(b"\t")
            mode, kind, sha = head.split()
            if kind != b"blob" or mode == b"120000":  # a submodule, or a link
                continue
            path = name.decode("utf-8", errors="surrogateescape")
            parts = path.split("/")
            if any(part.startswith(".") for part in parts) or not self._chooses(path):
                continue
            shown = path.encode(errors="replace").decode()
            if any("\udc80" <= one <= "\udcff" for one in path):
                skipped[shown] = "Its name is not UTF-8."
            elif any(len(part.encode()) > LONGEST_NAME or not part for part in parts):
                skipped[shown] = "Its name is too long."
            else:
                yield _Blob(path, sha.decode())

    def _chooses(self, path: str) -> bool:
        name = path.rpartition("/")[2]

        def any_of(patterns: list[str]) -> bool:
            return any(fnmatchcase(path, one) or fnmatchcase(name, one) for one in patterns)

        return (not self._include or any_of(self._include)) and not any_of(self._exclude)

    async def _dates(self, git: Git) -> Mapping[str, float]:
        """When the files of the folder were last committed; "" stands for the last commit."""
        newest = await git.run(["log", "-1", "--format=%ct", "refs/lorelens/read"])
        dates = {"": float(newest.strip() or 0)}
        if self._spec.options.get("history") != "yes":
            return dates
        form = ["--format=%x01%ct", "--name-only", "--no-renames", "-z"]
        printed = await git.run(["--literal-pathspecs", "log", *form, "refs/lorelens/read", "--", self._folder or "."])
        at = 0.0
        below = f"{self._folder}/" if self._folder else ""
        for piece in re.split(rb"[\0\n]", printed):
            if piece.startswith(b"\x01"):
                at = float(piece[1:])
            elif piece:
                path = piece.decode("utf-8", errors="surrogateescape").removeprefix(below)
                dates.setdefault(path, at)
        return dates

    async def _missing(self, git: Git) -> frozenset[str]:
        """The objects of the last commit that are not here yet."""
        printed = await git.run(["rev-list", "--objects", "--missing=print", "--no-walk", "refs/lorelens/read"])
        return frozenset(line[1:].decode() for line in printed.splitlines() if line.startswith(b"?"))

    async def _bring(self, git: Git, shas: list[str]) -> None:
        """Fetch the contents of some files at once; git would fetch them one by one when they are read."""
        if shas:
            fetch = ["-c", "fetch.negotiationAlgorithm=noop", *_FETCH, "--filter=blob:none", "--stdin"]
            await git.run([*fetch, "--", self._spec.location], given="".join(f"{sha}\n" for sha in shas).encode())

    async def _read(self, git: Git, batch: list[_Blob]) -> AsyncIterator[tuple[_Blob, bytes | None]]:
        """The bytes of some files, None of those that are too large; some megabytes are held at a time."""
        group: list[_Blob] = []
        held = 0
        for blob, size in zip(batch, await self._sizes(git, batch), strict=True):
            if size > MOST_BYTES:
                yield blob, None
                continue
            if group and held + size > BATCH_BYTES:
                for one in await self._contents(git, group):
                    yield one
                group, held = [], 0
            group.append(blob)
            held += size
        for one in await self._contents(git, group):
            yield one

    async def _sizes(self, git: Git, batch: list[_Blob]) -> list[int]:
        printed = await git.run(["cat-file", "--batch-check=%(objectsize)"], given=_lines(batch))
        said = printed.decode().splitlines()
        if len(said) != len(batch) or not all(one.isdigit() for one in said):
            raise UnavailableError(
                f"{self._spec.location} did not send all that was asked for.", hint="It is tried again later."
            )
        return list(map(int, said))

    async def _contents(self, git: Git, group: list[_Blob]) -> list[tuple[_Blob, bytes]]:
        """As `git cat-file --batch` prints them: a line that says how many bytes, then they, and a line's end."""
        printed = await git.run(["cat-file", "--batch"], given=_lines(group))
        found: list[tuple[_Blob, bytes]] = []
        at = 0
        for blob in group:
            end = printed.index(b"\n", at)
            size = int(printed[at:end].split()[-1])
            found.append((blob, printed[end + 1 : end + 1 + size]))
            at = end + 1 + size + 1
        return found


def _lines(blobs: list[_Blob]) -> bytes:
    return "".join(f"{one.sha}\n" for one in blobs).encode()


def _unread(data: bytes | None) -> str:
    """Why a file is left out; empty if it is not."""
    if data is None:
        return f"It is larger than {MOST_BYTES // 2**20} MiB."
    if data.startswith(_POINTER) and len(data) < 1024:
        return "Git LFS keeps it elsewhere, from where it is not fetched."
    return ""


def _patterns(text: str) -> list[str]:
    return [one for one in (part.strip() for part in text.split(",")) if one]


def _location(text: str) -> str:
    """A location that git is given: a URL, HOST:PATH of SSH, or a whole path.

    Raises:
        QuestionError: it is none, names a program to run, or carries a password.
    """
    location = text.strip()
    if not location or location.startswith("-") or not location.isprintable():
        raise QuestionError(f'"{text}" is no repository.', hint="Give a URL or a path that `git clone` understands.")
    if location.startswith("file://"):
        location = location.removeprefix("file://")
    if re.match(r"[A-Za-z0-9+.-]+::", location) or ("://" in location and not location.startswith(_SCHEMES)):
        raise QuestionError(
            "Repositories are fetched by https, http, ssh or git, or from a path.", hint="Give such an address."
        )
    if "://" in location:
        before = location.partition("://")[2].partition("/")[0].rpartition("@")[0]
        if ":" in before or (before and location.startswith("http")):
            raise QuestionError(
                "The address carries what signs in, which would be kept in the clear.",
                hint="Leave it out; use a credential helper, an SSH key, or --option token_env=NAME.",
            )
        if location.partition("://")[2].startswith(("-", "/")):
            raise QuestionError(f'"{text}" names no host.', hint="Give a whole address.")
        return location
    if re.match(r"(?:[\w.-]+@)?[\w.-]+:(?!/{2})", location) and not Path(location).expanduser().exists():
        return location
    return os.path.realpath(Path(location).expanduser())


git = GitKind()
