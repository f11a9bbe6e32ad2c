"""Adding to the knowledge from the page: files that are uploaded and found, and sources that are set up by forms."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bots.web.knowledge import adding_words, faults, looking_words, words
from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.kinds import FORMS
from bots.web.knowledge.paths import allowed_path
from bots.web.knowledge.showing import WORDS
from config.settings import Settings
from core.knowledge.ingest import ingest
from core.knowledge.ingest_report import Unwatched
from core.sources.connector import SourceSpec
from core.sources.registry import kind_names, kind_of
from tests.scenario.test_assistant import drawn
from tests.scenario.web_knowledge import operator, text_of, write
from tests.web_stage import RunningPage, StartPage

LAMP = "# Lamps\n\nThe keeper trims the lamp at dusk.\n"
Files = Mapping[str, bytes | str]


@asynccontextmanager
async def yard(start_page: StartPage, folder: Path) -> AsyncGenerator[tuple[RunningPage, httpx.AsyncClient]]:
    """A page from which folders below one may be added, and an operator at it."""
    page = await start_page(with_worker=False, web_folders=str(folder))
    async with operator(page) as browser:
        yield page, browser


async def upload(
    browser: httpx.AsyncClient, files: Files, *, name: str = "Handouts", readers: str = "everyone", **more: str
) -> httpx.Response:
    """Send the form."""
    sent = [("files", (called, data, "application/octet-stream")) for called, data in files.items()]
    return await browser.post("/knowledge/uploads", data={"name": name, "readers": readers, **more}, files=sent)


async def find(browser: httpx.AsyncClient, query: str, **more: str) -> str:
    """What the search page says."""
    return text_of((await browser.get("/knowledge/search", params={"q": query, **more})).text)


@pytest.mark.slow
async def test_files_are_uploaded_and_found(start_page: StartPage, tmp_path: Path) -> None:
    async with yard(start_page, tmp_path) as (page, browser):
        picture = drawn("operator", "bastion host", "previous release")
        answer = await upload(browser, {"lamps.md": LAMP, "horn.png": picture}, readers="guests")
        assert answer.status_code == 200
        assert "stored lamps.md" in text_of(answer.text) and "stored horn.png" in text_of(answer.text)
        assert "Handouts" in answer.text and "/knowledge/events" in answer.text
        await page.desk.background.idle()
        assert "The keeper trims the lamp at dusk" in await find(browser, "who trims the lamp", who="guests")
        assert "horn.png" in await find(browser, "bastion host", what="picture", source="Handouts")
        said = text_of((await browser.get("/knowledge")).text)
        assert "Handouts Uploads Seen by: members and guests" in said

        same = text_of((await upload(browser, {"lamps.md": LAMP}, readers="guests")).text)
        assert "was there already, just the same lamps.md" in same
        other = text_of((await upload(browser, {"lamps.md": "# Lamps\n\nNobody trims it.\n"}, readers="guests")).text)
        assert "not stored lamps.md: Another file of this name is there already." in other
        await page.desk.background.idle()
        assert "The keeper trims" in await find(browser, "who trims the lamp")
        replaced = await upload(
            browser, {"lamps.md": "# Lamps\n\nNobody trims the lamp.\n"}, readers="guests", replace="true"
        )
        assert "replaced the earlier one lamps.md" in text_of(replaced.text)
        await page.desk.background.idle()
        now = await find(browser, "who trims the lamp")
        assert "Nobody trims the lamp" in now and "The keeper trims" not in now


async def test_each_file_that_is_not_taken_gets_a_sentence(start_page: StartPage, tmp_path: Path) -> None:
    async with yard(start_page, tmp_path) as (page, browser):
        files: dict[str, bytes | str] = {
            "../../escape.md": LAMP,
            "..\\escape.md": LAMP,
            "/etc/cron.d/x.md": LAMP,
            ".hidden.md": LAMP,
            "turned\u202edm.exe": LAMP,
            "n" * 250 + ".md": LAMP,
            "empty.txt": " \n",
            "program.exe": b"MZ\x00\x01" * 50,
            "fake.docx": b"PK\x03\x04 no office file",
            "<img src=x onerror=alert(1)>.md": LAMP,
        }
        answer = await upload(browser, files)
        said = text_of(answer.text)
        for sentence in (
            "Its name leads to another folder.",
            "Its name begins with a dot",
            "Its name has characters that can't be seen.",
            "Its name is too long.",
            "empty.txt: It is empty.",
            "program.exe: It is of a kind that can't be read",
            "fake.docx: It is of a kind that can't be read",
            "stored <img src=x onerror=alert(1)>.md",
        ):
            assert sentence in said, sentence
        assert "<img src=x" not in answer.text
        await page.desk.background.idle()
        kept = {one.relative_to(page.data / "uploads").parts[-1] for one in (page.data / "uploads").rglob("*.*")}
        assert kept == {"<img src=x onerror=alert(1)>.md", ".uploads"}
        assert not list(page.data.rglob("*escape*")) and not (tmp_path / "escape.md").exists()
        listed = await browser.get("/knowledge/documents", params={"source": "Handouts"})
        assert "&lt;img src=x" in listed.text and "<img src=x" not in listed.text
        chinese = await browser.post(
            "/knowledge/uploads",
            data={"name": "Handouts", "readers": "everyone"},
            files=[("files", ("empty.txt", b" "))],
            headers={"accept-language": "zh"},
        )
        assert "文件是空的。" in chinese.text


async def test_an_upload_is_for_whom_it_is_said(start_page: StartPage, tmp_path: Path) -> None:
    async with yard(start_page, tmp_path) as (page, browser):
        for wrong, sentence in (
            ({"readers": ""}, "Who may see it? Choose one."),
            ({"readers": "named", "principals": " "}, "Nobody is named"),
            ({"readers": "named", "principals": "<script>"}, "names nobody"),
            ({"name": "a/b"}, "It can't be called so."),
            ({"name": ""}, "It has no name."),
            ({"name": "docs"}, "Another source is called so."),
        ):
            answer = await upload(browser, {"a.md": LAMP}, **wrong)
            assert answer.status_code == 422 and sentence in text_of(answer.text), sentence
        assert not (page.data / "uploads").exists()
        assert (await upload(browser, {})).status_code == 422
        await upload(browser, {"a.md": LAMP}, name="Ours", readers="operators")
        await page.desk.background.idle()
        assert "trims the lamp" in await find(browser, "who trims the lamp")
        assert "trims the lamp" not in await find(browser, "who trims the lamp", who="members")
        wider = await upload(browser, {"b.md": LAMP}, name="Ours", readers="everyone")
        assert wider.status_code == 422 and "other readers already" in wider.text
        # What somebody uploads for others alone, they do not see themselves.
        await upload(browser, {"c.md": LAMP}, name="Theirs", readers="named", principals="slack/T1/channel/C9")
        await page.desk.background.idle()
        assert "Theirs" in (await browser.get("/knowledge")).text
        assert "c.md" not in (await browser.get("/knowledge/documents", params={"source": "Theirs"})).text
        assert (await upload(browser, {"d.md": LAMP}, name="Theirs")).status_code == 422


async def test_an_upload_waits_for_whoever_syncs_its_collection(start_page: StartPage, tmp_path: Path) -> None:
    async with yard(start_page, tmp_path) as (page, browser):
        await upload(browser, {"lamps.md": LAMP})
        await page.desk.background.idle()
        with page.application.configured_sources.alone("Handouts"):  # as another process would
            await upload(browser, {"horn.md": "# Horn\n\nThe fog horn sounds twice.\n"})
            # What is asked for meanwhile is done afterwards, one after the other.
            await browser.post("/knowledge/forget", data={"source": "Handouts", "path": "lamps.md"})
            await upload(browser, {"rope.md": "# Rope\n\nThe rope is coiled to the left.\n"})
            assert page.desk.background.busy
        await page.desk.background.idle()
        assert "sounds twice" in await find(browser, "fog horn")
        assert "coiled to the left" in await find(browser, "how is the rope coiled")
        assert "trims the lamp" not in await find(browser, "who trims the lamp")
        listed = (await browser.get("/knowledge/documents", params={"source": "Handouts"})).text
        assert "lamps.md" not in listed and "rope.md" in listed


async def test_uploads_go_with_their_collection(start_page: StartPage, tmp_path: Path) -> None:
    async with yard(start_page, tmp_path) as (page, browser):
        await upload(browser, {"lamps.md": LAMP})
        await page.desk.background.idle()
        dialog = await browser.get("/knowledge/remove", params={"source": "Handouts"})
        assert "the uploaded files themselves" in dialog.text
        await browser.post("/knowledge/remove", data={"source": "Handouts"})
        assert not list((page.data / "uploads").rglob("*.md"))
        assert "trims the lamp" not in await find(browser, "who trims the lamp")


async def test_a_folder_that_is_allowed_is_added_and_read(start_page: StartPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "team" / "manuals", {"lamps.md": LAMP})
    (folder / "out.md").symlink_to(
        write(tmp_path / "elsewhere", {"secret.md": "# Secret\n\nHush hush.\n"}) / "secret.md"
    )
    async with yard(start_page, tmp_path / "team") as (page, browser):
        form = {"kind": "folder", "location": str(folder), "name": "Manuals", "readers": "everyone", "every": "6h"}
        answer = await browser.post("/knowledge/add", data=form)
        assert answer.status_code == 204 and answer.headers["hx-redirect"].startswith("/knowledge")
        await page.desk.background.idle()
        said = text_of((await browser.get("/knowledge")).text)
        assert "Manuals Folder" in said and "Synced: every 6h" in said
        assert "The keeper trims" in await find(browser, "who trims the lamp")
        assert "Hush hush" not in await find(browser, "hush secret")
        again = await browser.post("/knowledge/add", data=form)
        assert again.status_code == 422 and "Another source is called so." in again.text


@pytest.mark.slow
async def test_what_is_not_the_pages_to_give_is_refused_beside_its_field(start_page: StartPage, tmp_path: Path) -> None:
    root = tmp_path / "team"
    write(root, {"a.md": LAMP})
    write(root / ".ssh", {"id.txt": "key"})
    (root / "out").symlink_to("/etc")
    async with yard(start_page, root) as (page, browser):
        for kind, form, sentence in (
            ("folder", {"location": "/etc"}, "This place may not be read in from here."),
            ("folder", {"location": f"{root}/../../"}, "This place may not be read in from here."),
            ("folder", {"location": f"{root}/out"}, "This place may not be read in from here."),
            ("folder", {"location": str(page.data)}, "This place may not be read in from here."),
            ("folder", {"location": f"{root}/.ssh"}, "Hidden folders and files are not read in."),
            ("folder", {"location": f"{root}/nothing"}, "Check the path."),
            ("folder", {"location": f"{root}/a.md"}, "is no folder."),
            ("folder", {"location": "team"}, "That is no whole path."),
            ("wikipedia_dump", {"location": "/etc/passwd"}, "This place may not be read in from here."),
            ("rdf", {"location": "/proc/self/environ"}, "This place may not be read in from here."),
            ("git", {"location": "/srv/git/team"}, "named by its https address"),
            ("git", {"location": "ssh://git@git.example.org/secret"}, "named by its https address"),
            ("git", {"location": "https://10.0.0.1/x.git"}, "This host is not of the public web."),
            (
                "git",
                {"location": "https://g.example.org/x", "option_token_env": "LORELENS_MODEL_API_KEY"},
                "can't be set",
            ),
            ("web", {"location": "http://169.254.169.254/latest"}, "is not fetched"),
            ("web", {"location": "http://wiki.internal/", "option_allow": "*"}, "can't be set from the page"),
            ("web", {"location": "https://a.example.org/", "option_depth": "-1"}, "Write a number from 0 to 100."),
            ("wikipedia", {"location": ""}, "Which wiki?"),
            ("wikipedia", {"location": "en"}, "Which pages of it?"),
        ):
            answer = await browser.post(
                "/knowledge/add", data={"kind": kind, "name": "New", "readers": "everyone", **form}
            )
            assert answer.status_code == 422, (kind, form)
            assert sentence in text_of(answer.text), (kind, form, text_of(answer.text))
        beside = await browser.post(
            "/knowledge/add",
            data={"kind": "web", "location": "https://a.example.org/", "option_depth": "-1", "readers": "everyone"},
        )
        assert 'id="w-option_depth"' in beside.text and 'id="w-name"' in beside.text
        assert 'id="w-location"' not in beside.text
        which = await browser.post("/knowledge/add", data={"kind": "wikipedia", "name": "Wiki", "location": "en"})
        assert 'id="w-option_titles"' in which.text and 'id="w-location"' not in which.text
        unknown = await browser.post("/knowledge/add", data={"kind": "no-such", "name": "New"})
        assert unknown.status_code == 400
        assert not page.application.configured_sources.all()


async def test_what_is_read_for_others_is_not_added_under_another_name(start_page: StartPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "team" / "hr", {"plan.md": "# Plan\n\nQuasar.\n"})
    async with yard(start_page, tmp_path / "team") as (page, browser):
        reader = await page.application.reader()
        await ingest(folder, reader, source="hr", audience=("slack/T1/channel/C9",), progress=Unwatched())
        for location in (folder, folder.parent):
            form = {"kind": "folder", "location": str(location), "name": "mine", "readers": "everyone"}
            answer = await browser.post("/knowledge/add", data=form)
            assert answer.status_code == 422 and "read in for others" in answer.text


async def test_no_folder_may_be_named_until_the_machine_says_which(start_page: StartPage, tmp_path: Path) -> None:
    page = await start_page(with_worker=False)
    async with operator(page) as browser:
        form = await browser.get("/knowledge/add", params={"kind": "folder"})
        assert "LORELENS_WEB_FOLDERS names those that may" in form.text
        answer = await browser.post("/knowledge/add", data={"kind": "folder", "name": "x", "location": str(tmp_path)})
        assert answer.status_code == 422 and "No place of the server may be read in" in answer.text


def settings(data: Path, *roots: Path) -> Settings:
    return Settings(data=data, web_folders=", ".join(map(str, roots)))


def test_lorelens_own_data_is_never_read_in(tmp_path: Path) -> None:
    data = tmp_path / "srv" / "data"
    write(data / "uploads", {"a.md": LAMP})
    allowed = settings(data, tmp_path)
    for path in (data, data / "uploads", tmp_path / "srv", tmp_path):
        with pytest.raises(FaultError, match="its own data"):
            allowed_path(str(path), allowed)
    with pytest.raises(FaultError, match="may not be read in"):
        allowed_path("/etc", settings(data, Path("/")))
    assert allowed_path(str(write(tmp_path / "docs", {"a.md": LAMP})), allowed) == tmp_path / "docs"


@pytest.mark.slow
def test_every_form_fits_its_kind(tmp_path: Path) -> None:
    dump, archive = tmp_path / "pages.xml", tmp_path / "slack.zip"
    dump.touch()
    archive.touch()
    places: dict[str, str] = {
        "folder": str(tmp_path),
        "file": str(archive),
        "workspace": "",
        "path or address": "https://query.example.org/sparql",
    }
    values: dict[str, str] = {"class": "http://a.example.org/C", "depth": "1", "most": "5", "pages": "5"}
    values |= {"since": "2025-01-31", "namespaces": "0", "query": "SELECT ?item WHERE { ?item ?p ?o }"}
    assert set(FORMS) <= set(kind_names())
    for kind, form in FORMS.items():
        for option in form.options:
            for language in ("en", "zh"):
                assert WORDS[language][f"option_{option.name}"] and WORDS[language][f"about_{kind}"]
            options = {"titles": "Lamp"} if kind == "wikipedia" else dict[str, str]()
            options |= {option.name: (*option.choices, values.get(option.name, "words"))[0]}
            location = str(dump) if kind == "wikipedia_dump" else places.get(form.place, form.example)
            kind_of(kind).check(SourceSpec(name="a", kind=kind, location=location, options=options))


def test_both_languages_say_everything() -> None:
    for area in (words, adding_words, looking_words):
        assert area.WORDS["en"].keys() == area.WORDS["zh"].keys()
    spoken: Any = faults
    assert spoken._ENGLISH.keys() == spoken._CHINESE.keys()
    named = [set(area.WORDS["en"]) for area in (words, adding_words, looking_words)]
    assert not (named[0] & named[1] or named[0] & named[2] or named[1] & named[2])
