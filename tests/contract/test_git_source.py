"""A git repository as a source: real git, from a path and over HTTP."""

import asyncio
import base64
import os
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from core.errors import LorelensError, QuestionError, SettingsError
from core.sources.connector import Connector, SourceSpec
from core.sources.git.connector import git
from core.sources.git.pages import pages_of
from core.sources.mirror import Mirror
from core.sources.schedule import Unwatched
from tests.contract.connector import ConnectorContract, House

TOKEN = "-".join(("of", "the", "team"))


class GitWorld:
    """A repository with a branch `main`."""

    fetches = True

    def __init__(self, place: Path, **options: str) -> None:
        self.folder = place / "work"
        self.folder.mkdir()
        self.options = options
        self.location = str(self.folder)
        self.at = 1_700_000_000
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git in it as somebody of the team."""
        said = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        environment = {**os.environ, "GIT_COMMITTER_DATE": f"{self.at} +0000", "GIT_AUTHOR_DATE": f"{self.at} +0000"}
        done = subprocess.run(
            ["git", *said, *arguments], cwd=self.folder, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        self.at += 86_400
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=Change")

    def open(self) -> Connector:
        spec = SourceSpec(name="source", kind="git", location=self.location, options=self.options)
        return git.open(git.check(spec), None)

    async def write(self, name: str, words: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n\n{words}\n")
        await asyncio.to_thread(self.commit)

    async def remove(self, name: str) -> None:
        (self.folder / name).unlink()
        await asyncio.to_thread(self.commit)

    async def go_away(self) -> None:
        self.folder.rename(self.folder.with_name("away"))

    async def come_back(self) -> None:
        self.folder.with_name("away").rename(self.folder)

    async def fetch(self, place: Path) -> tuple[Mirror, dict[str, str]]:
        """A mirror of it, and what was left out."""
        problems: dict[str, str] = {}

        class Watch(Unwatched):
            def problem(self, item: str, reason: str) -> None:
                problems[item] = reason

        mirror = Mirror(place / "mirror")
        connector = self.open()
        [part] = [part async for part in connector.parts()]
        await connector.fetch(part, mirror, Watch())
        await connector.close()
        return mirror, problems


async def test_over_http_only_the_contents_that_are_wanted_are_fetched(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.folder / "large.bin").write_bytes(os.urandom(300_000))
    for at in range(5):
        await world.write(f"docs/{at}.md", f"Page {at}.")
    world.git("config", "uploadpack.allowFilter", "true")
    world.options = {"include": "*.md"}
    monkeypatch.setattr("core.sources.git.connector.BATCH_FILES", 2)
    async with served(world.folder) as url:
        world.location = f"{url}/.git"
        mirror, _ = await world.fetch(tmp_path)
        await world.write("docs/5.md", "Page 5.")
        mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {f"docs/{at}.md" for at in range(6)}
    assert sum(file.stat().st_size for file in (mirror.folder / ".store").rglob("*") if file.is_file()) < 100_000


async def test_a_host_that_knows_no_partial_clones_sends_all(world: GitWorld, tmp_path: Path) -> None:
    await world.write("docs/a.md", "Page.")
    async with served(world.folder) as url:
        world.location = f"{url}/.git"
        mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"docs/a.md"}


async def test_files_that_are_too_large_are_said(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.sources.git.objects.MOST_BYTES", 1000)
    monkeypatch.setattr("core.sources.git.objects.BATCH_BYTES", 50)
    await world.write("a.md", "Words. " * 200)
    await world.write("b.md", "Words.")
    await world.write("c.md", "Words, too, and some more of them.")

    mirror, problems = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"b.md", "c.md"}
    assert list(problems) == ["a.md"]


class TestGit(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> GitWorld:
        return GitWorld(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    return GitWorld(tmp_path)


async def test_links_submodules_pointers_and_hidden_files_are_left_out(world: GitWorld, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("What nobody is to read.")
    (world.folder / "link.md").symlink_to(secret)
    (world.folder / "folder").symlink_to(tmp_path)
    (world.folder / "big.pdf").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    (world.folder / ".github").mkdir()
    (world.folder / ".github" / "notes.md").write_text("Hidden.")
    await world.write("guide.md", "The gateway listens on port 8080.")

    mirror, problems = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"guide.md"}
    assert list(problems) == ["big.pdf"]
    assert "Git LFS" in problems["big.pdf"]
    assert (await world.fetch(tmp_path))[1] == problems  # it is said each time


async def test_a_file_comes_where_a_folder_was_and_the_other_way_round(world: GitWorld, tmp_path: Path) -> None:
    await world.write("a/b.md", "Below.")
    await world.write("c", "A file.")
    await world.fetch(tmp_path)
    (world.folder / "c").unlink()
    (world.folder / "a" / "b.md").unlink()
    (world.folder / "a").rmdir()
    await world.write("c/d.md", "Below now.")
    await world.write("a", "A file now.")

    mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"a", "c/d.md"}


async def test_branch_folder_and_patterns_choose_what_is_read(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, branch="docs/v2", folder="docs", include="*.md,*.txt", exclude="drafts/*")
    world.git("checkout", "--quiet", "-b", "docs/v2")
    for name in ("docs/a.md", "docs/b.txt", "docs/c.rst", "docs/drafts/d.md", "readme.md"):
        await world.write(name, "Words.")
    world.git("checkout", "--quiet", "-b", "other")
    await world.write("docs/other.md", "Of another branch.")

    mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"a.md", "b.txt"}


async def test_files_are_as_old_as_their_commits(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, history="yes", folder="docs")
    await world.write("docs/old.md", "Old.")
    await world.write("docs/neu ä.md", "New.")

    mirror, _ = await world.fetch(tmp_path)

    old, new = mirror.facts("old.md"), mirror.facts("neu ä.md")
    assert old is not None and new is not None
    assert (old.modified, new.modified) == (1_700_086_400, 1_700_172_800)


async def test_a_tag_that_was_read_costs_one_question(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, branch="v1")
    await world.write("a.md", "One.")
    world.git("tag", "--annotate", "--message=First", "v1")
    await world.write("b.md", "Two.")
    mirror, _ = await world.fetch(tmp_path)
    store = {file: file.stat().st_mtime_ns for file in (mirror.folder / ".store").rglob("*")}

    mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"a.md"}
    assert store == {file: file.stat().st_mtime_ns for file in (mirror.folder / ".store").rglob("*")}


async def test_a_history_that_was_rewritten_is_followed(world: GitWorld, tmp_path: Path) -> None:
    await world.write("a.md", "One.")
    await world.write("b.md", "Two.")
    await world.fetch(tmp_path)
    world.git("reset", "--quiet", "--hard", "HEAD~1")
    await world.write("c.md", "Three.")

    mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"a.md", "c.md"}


async def test_what_is_kept_of_a_repository_breaks_and_is_fetched_anew(world: GitWorld, tmp_path: Path) -> None:
    await world.write("a.md", "One.")
    mirror, _ = await world.fetch(tmp_path)
    (mirror.folder / ".store" / "shallow.lock").touch()  # of a run that was killed
    for pack in (mirror.folder / ".store" / "objects").rglob("*"):
        if pack.is_file():
            pack.chmod(0o644)
            pack.write_bytes(b"broken")
    await world.write("b.md", "Two.")

    mirror, _ = await world.fetch(tmp_path)

    assert set(mirror.paths()) == {"a.md", "b.md"}


@pytest.mark.parametrize(
    "location",
    [
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "ftp://example.org/a.git",
        "https://ann:secret@example.org/a.git",
        "https://token@example.org/a.git",
        "ssh://ann:secret@example.org/a.git",
        "ssh://-oProxyCommand=x/a",
        "",
        "a\nb",
    ],
)
def test_hostile_locations_are_refused_and_not_repeated_in_full(location: str) -> None:
    with pytest.raises(QuestionError) as told:
        git.check(SourceSpec(name="a", kind="git", location=location))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("options", [{"branch": "--exec=x"}, {"branch": "a..b"}, {"folder": "../x"}, {"colour": "red"}])
def test_hostile_options_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(QuestionError):
        git.check(SourceSpec(name="a", kind="git", location="https://example.org/a.git", options=options))


def test_files_are_linked_to_their_pages_on_known_hosts() -> None:
    assert pages_of("https://github.com/team/docs.git", "main", "") == "https://github.com/team/docs/blob/main/"
    assert pages_of("git@github.com:team/docs.git", "main", "a b") == "https://github.com/team/docs/blob/main/a%20b/"
    assert pages_of("ssh://git@gitlab.example.org:22/g/s/d", "v1", "") == "https://gitlab.example.org/g/s/d/-/blob/v1/"
    assert pages_of("https://codeberg.org/t/d", "main", "") == "https://codeberg.org/t/d/src/branch/main/"
    assert pages_of("https://bitbucket.org/t/d", "main", "") == "https://bitbucket.org/t/d/src/main/"
    assert pages_of("https://git.example.org/t/d", "main", "") == pages_of("/srv/d", "main", "") == ""


@asynccontextmanager
async def served(folder: Path, *, token: str = "") -> AsyncGenerator[str]:
    """A repository over git's HTTP protocol; with a token, for who gives it alone."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if token and request.headers.get("Authorization", "").removeprefix("Basic ") != _basic(token):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        printed, _ = await process.communicate(await request.read())
        head, _, body = printed.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, body=body, headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


async def test_a_private_repository_is_read_over_http_with_a_token_of_the_environment(
    world: GitWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.write("guide.md", "The gateway listens on port 8080.")
    async with served(world.folder, token=TOKEN) as url:
        world.location = f"{url}/.git"
        with pytest.raises(SettingsError) as refused:
            await world.fetch(tmp_path)
        monkeypatch.setenv("DOCS_TOKEN", TOKEN)
        world.options = {"token_env": "DOCS_TOKEN"}
        mirror, _ = await world.fetch(tmp_path)

    assert "token_env" in refused.value.hint
    assert set(mirror.paths()) == {"guide.md"}
    kept = b"".join(file.read_bytes() for file in mirror.folder.rglob("*") if file.is_file())
    assert TOKEN.encode() not in kept and _basic(TOKEN).encode() not in kept


async def test_a_host_that_is_away_is_tried_again_later(world: GitWorld, tmp_path: Path) -> None:
    async with served(world.folder) as url:
        pass
    world.location = f"{url}/.git"
    with pytest.raises(LorelensError) as told:
        await world.fetch(tmp_path)
    assert told.value.code == "site"


async def test_a_branch_that_is_not_there_is_said(tmp_path: Path) -> None:
    world = GitWorld(tmp_path, branch="nowhere")
    await world.write("a.md", "One.")
    house = House(tmp_path, world.open, ("everyone",))

    report = await house.sync()

    assert "no branch or tag nowhere" in report.error
