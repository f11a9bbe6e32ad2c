"""A git repository as a source: the files of a branch, as its last commit has them.

A shallow clone is kept beside the mirror, so that only what is new is fetched; a commit that was seen already costs one
question. Links and submodules are left out, and so is what Git LFS keeps elsewhere.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from core.errors import QuestionError, SettingsError, UnavailableError
from core.knowledge.addresses import checked_base
from core.knowledge.documents import DocumentFacts
from core.sources.connector import Part, SourceSpec, Watch, check_options, token_of
from core.sources.git.objects import FETCH, MOST_BYTES, REF, GitObjects
from core.sources.git.pages import pages_of
from core.sources.git.program import Git
from core.sources.mirror import Mirror

BATCH_FILES = 200
"""How many are fetched, written and noted at a time."""

_OPTIONS = frozenset({"branch", "folder", "include", "exclude", "history", "token_env"})
_SCHEMES = ("https://", "http://", "ssh://", "git://")
_REF = re.compile(r"(?!-)(?!.*(\.\.|//|@\{))[^\s~^:?*\[\\\x00-\x1f\x7f]+(?<![/.])\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_POINTER = b"version https://git-lfs.github.com/spec/"


class GitKind:
    """`core.sources.connector.ConnectorKind` for git repositories."""

    summary = "A git repository: any URL or path that git understands."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with its location made whole. Raises `QuestionError`."""
        check_options(spec.options, _OPTIONS, "A git repository")
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
        return GitConnector(spec, token_of(spec.options))


class GitConnector:
    """`core.sources.connector.Connector` for one branch of one repository."""

    def __init__(self, spec: SourceSpec, token: str = "") -> None:
        self._spec = spec
        self._token = token
        self._folder = spec.options.get("folder", "").strip("/")
        self._include = _patterns(spec.options.get("include", ""))
        self._exclude = _patterns(spec.options.get("exclude", ""))
        self._with_history = spec.options.get("history") == "yes"
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
        choice = [self._folder, self._include, self._exclude, self._with_history]
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
        shallow = [] if self._with_history else ["--depth=1"]
        if not shallow and (git.store / "shallow").is_file():
            shallow = ["--unshallow"]
        without = [] if self._spec.location.startswith("/") else ["--filter=blob:none"]
        fetch = [*FETCH, *without, *shallow, "--", self._spec.location, f"+{self._ref}:{REF}"]
        try:
            await git.run(fetch)
        except SettingsError:  # what is kept may be broken; whatever else is wrong fails again
            await asyncio.to_thread(shutil.rmtree, git.store, ignore_errors=True)
            await git.make()
            await git.run([one for one in fetch if one != "--unshallow"])
        self._commit = (await git.run(["rev-parse", REF])).decode().strip()

    async def _write(
        self, git: Git, mirror: Mirror, watch: Watch, known: dict[str, str], choice: list[Any]
    ) -> dict[str, str]:
        """Bring the mirror to the commit; answer what was left out, and why."""
        skipped: dict[str, str] = {}
        objects = GitObjects(git, self._folder)
        wanted = {blob.path: blob for blob in await objects.files(skipped) if self._chooses(blob.path)}
        there = set(await asyncio.to_thread(lambda: list(mirror.paths())))
        for path in sorted(there - set(wanted)):
            await asyncio.to_thread(mirror.remove, path)
            known.pop(path, None)
        new = [blob for blob in wanted.values() if known.get(blob.path) != blob.sha or blob.path not in there]
        dates = await objects.dates(history=self._with_history)
        newest = dates.get("", 0.0)
        missing = await objects.missing() if new else frozenset[str]()
        for batch in (new[at : at + BATCH_FILES] for at in range(0, len(new), BATCH_FILES)):
            await objects.bring([blob for blob in batch if blob.sha in missing])
            async for blob, data in objects.read(batch):
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

    def _chooses(self, path: str) -> bool:
        name = path.rpartition("/")[2]

        def any_of(patterns: list[str]) -> bool:
            return any(fnmatchcase(path, one) or fnmatchcase(name, one) for one in patterns)

        return (not self._include or any_of(self._include)) and not any_of(self._exclude)


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
