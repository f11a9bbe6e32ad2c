"""The sources on the page: how they stand, brought up to date while somebody watches, and for whom they are."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import httpx
import pytest

from core.knowledge.ingest import ingest
from core.knowledge.ingest_report import Unwatched
from core.sources.configured import Configured
from core.sources.connector import Part, SourceSpec
from tests.scenario.web_knowledge import configure, house, operator, text_of, write
from tests.web_stage import RunningPage, StartPage

__all__ = ["house"]

SECRET = "The quasar project ships in May"  # noqa: S105 - a sentence
PRIVATE = ("slack/T1/channel/C9",)


async def private_source(page: RunningPage, folder: Path) -> None:
    """A folder that was read in by hand for a private channel."""
    write(folder, {"quasar-plan.md": f"# Quasar\n\n{SECRET}.\n"})
    reader = await page.application.reader()
    await ingest(folder, reader, source="hr", audience=PRIVATE, progress=Unwatched())


async def told(browser: httpx.AsyncClient) -> AsyncIterator[tuple[str, str]]:
    """The events of the list, by name and text, while they are asked for."""
    async with browser.stream("GET", "/knowledge/events", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name, data = "", list[str]()
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data.append(line.removeprefix("data:").strip())
            elif not line and name:
                yield name, "\n".join(data)
                name, data = "", []


async def test_an_operator_sees_what_is_known_and_how_it_stands(house: RunningPage) -> None:
    async with operator(house) as browser:
        page = await browser.get("/knowledge")
        assert page.status_code == 200
        said = text_of(page.text)
        assert "docs Folder read in by hand Seen by: members" in said
        assert "Up to date" in said and "4 documents" in said.lower()
        chinese = await browser.get("/knowledge", headers={"accept-language": "zh-CN"})
        assert chinese.status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("role", ["member", "guest"])
async def test_members_and_guests_are_not_let_in(start_page: StartPage, role: Literal["member", "guest"]) -> None:
    house = await start_page(with_worker=False, web_login="password")
    await house.person("Max", role=role)
    async with house.signed_in("Max") as browser:
        for path in (
            "/knowledge",
            "/knowledge/events",
            "/knowledge/add",
            "/knowledge/search?q=rollback",
            "/knowledge/documents?source=docs",
            "/knowledge/document?source=docs&path=deploy.md",
            "/knowledge/change?source=docs",
            "/knowledge/remove?source=docs",
            "/knowledge/forget?source=docs&path=deploy.md",
        ):
            answer = await browser.get(path)
            assert answer.status_code == 403, path
            assert "rollback" not in answer.text
        for path in ("sync", "stop", "uploads", "add", "change", "remove", "search", "forget", "again"):
            form = {"source": "docs", "path": "deploy.md", "q": "rollback"}
            assert (await browser.post(f"/knowledge/{path}", data=form)).status_code == 403, path
    assert house.application.ledger.source("docs") is not None
    async with house.browser() as nobody:
        assert (await nobody.get("/knowledge")).status_code == 303


async def test_without_its_token_a_form_changes_nothing(house: RunningPage) -> None:
    async with operator(house) as browser:
        del browser.headers["x-csrf-token"]
        answer = await browser.post("/knowledge/remove", data={"source": "docs"})
        assert answer.status_code == 403
    assert house.application.ledger.source("docs") is not None


async def test_a_source_is_synced_while_somebody_watches(house: RunningPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "guides", {f"guide-{at}.md": f"# Guide {at}\n\nTurn knob {at}.\n" for at in range(12)})
    configure(house, "guides", folder)
    async with operator(house) as browser:
        events = told(browser)
        assert "Not read yet" in (await browser.get("/knowledge")).text
        async for _, _ in events:
            break
        begun = await browser.post("/knowledge/sync", data={"source": "guides"})
        assert "Stop" in begun.text and "<progress" in begun.text
        seen: list[str] = []
        async for name, markup in events:
            seen.append(markup)
            if name == "said" and "up to date" in markup:
                break
        await house.desk.background.idle()
        assert "guides is up to date: read 12, unchanged 0, removed 0, failed 0." in seen[-1]
        assert any("Up to date" in one for one in seen)
        page = (await browser.get("/knowledge")).text
        assert "Last time: read 12" in text_of(page)

        (folder / "guide-0.md").unlink()
        (folder / "guide-1.md").write_text("# Guide 1\n\nTurn it back.\n")
        await browser.post("/knowledge/sync", data={"source": "guides"})
        await house.desk.background.idle()
        page = text_of((await browser.get("/knowledge")).text)
        assert re.search(r"read 1 · unchanged 10 · removed 1 · failed 0", page), page


async def test_what_fails_says_why_and_what_to_do(house: RunningPage, tmp_path: Path) -> None:
    configure(house, "share", tmp_path / "not-mounted")
    folder = write(tmp_path / "mixed", {"good.md": "# Good\n\nWords.\n", "<b>bad.pdf": "%PDF-1.4 no"})
    configure(house, "mixed", folder)
    async with operator(house) as browser:
        for name in ("share", "mixed"):
            await browser.post("/knowledge/sync", data={"source": name})
        await house.desk.background.idle()
        page = (await browser.get("/knowledge")).text
        assert "can&#39;t be read now: No such file or directory" in page
        assert "Is it mounted?" in page and ">Failed<" in page
        assert "1 not readable" in text_of(page)
        failed = (await browser.get("/knowledge/documents", params={"source": "mixed", "standing": "failed"})).text
        assert "&lt;b&gt;bad.pdf" in failed and "<b>bad" not in failed
        assert "can&#39;t be read as pdf" in failed and "good.md" not in failed


async def test_only_one_syncs_a_source_and_the_page_says_who(house: RunningPage, tmp_path: Path) -> None:
    configure(house, "guides", write(tmp_path / "guides", {"a.md": "# A\n\nWords.\n"}))
    sources = house.application.configured_sources
    async with operator(house) as browser:
        with sources.alone("guides"):
            sources.keep_state("guides", sources.state("guides").model_copy(update={"started_at": 5.0}))
            lock = next((house.data / "sources").glob("guides*/.lock"))
            lock.write_text("4711")  # as another process would
            page = (await browser.get("/knowledge")).text
            assert "Process 4711 is reading it; it can be stopped there." in page
            refused = await browser.post("/knowledge/sync", data={"source": "guides"})
            assert "is being synced already by process 4711." in refused.text
            assert not house.desk.background.busy
            assert sources.state("guides").started_at == 5.0
        await browser.post("/knowledge/sync", data={"source": "guides"})
        await house.desk.background.idle()
        assert sources.holder("guides") == str(os.getpid())
        assert "Up to date" in (await browser.get("/knowledge")).text


async def test_a_sync_is_stopped_and_the_schedule_lets_it_be(house: RunningPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "guides", {f"guide-{at}.md": f"# Guide {at}\n\n{'Words. ' * 200}" for at in range(300)})
    configure(house, "guides", folder)
    async with operator(house) as browser:
        await browser.post("/knowledge/sync", data={"source": "guides"})
        stopped = await browser.post("/knowledge/stop", data={"source": "guides"})
        assert "It was stopped on the page." in stopped.text
        state = house.application.configured_sources.state("guides")
        assert state.ended_at >= state.started_at > 0 and not state.failures
        again = await browser.post("/knowledge/stop", data={"source": "guides"})
        assert again.status_code == 200


async def test_what_is_for_others_shows_its_facts_and_no_more(house: RunningPage, tmp_path: Path) -> None:
    await private_source(house, tmp_path / "hr")
    async with operator(house) as browser:
        page = await browser.get("/knowledge")
        assert "What is in it is for others" in page.text and ">hr<" in page.text
        assert str(tmp_path / "hr") not in page.text
        listed = await browser.get("/knowledge/documents", params={"source": "hr"})
        assert "1 documents that you may not see" in listed.text
        for answer in (
            page,
            listed,
            await browser.get("/knowledge/documents", params={"source": "hr", "named": "quasar"}),
            await browser.get("/knowledge/document", params={"source": "hr", "path": "quasar-plan.md"}),
            await browser.get("/knowledge/forget", params={"source": "hr", "path": "quasar-plan.md"}),
            await browser.post("/knowledge/again", data={"source": "hr", "path": "quasar-plan.md"}),
            await browser.post("/knowledge/search", data={"q": "when does the quasar project ship", "source": "hr"}),
        ):
            assert SECRET not in answer.text and "quasar-plan" not in answer.text
        # Nor can they make it theirs.
        dialog = await browser.get("/knowledge/change", params={"source": "hr"})
        assert 'name="readers"' not in dialog.text
        await browser.post("/knowledge/change", data={"source": "hr", "readers": "everyone"})
        record = house.application.ledger.source("hr")
        assert record is not None and record.audience == PRIVATE


async def test_what_is_private_of_a_channel_is_not_even_called_by_its_name(house: RunningPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "notes", {"note.md": "# Note\n\nA whisper.\n"})
    reader = await house.application.reader()
    await ingest(folder, reader, source="saved: project-x", audience=PRIVATE, progress=Unwatched())
    async with operator(house) as browser:
        page = await browser.get("/knowledge")
        assert "project-x" not in page.text and "1 more that you may not see" in page.text
        hidden = await browser.get("/knowledge/documents", params={"source": "saved: project-x"})
        assert hidden.status_code == 404


async def test_readers_are_changed_and_whoever_is_none_any_more_sees_nothing(house: RunningPage) -> None:
    max_ = ("everyone", "guests", "web/web")
    knowledge = await house.application.knowledge()
    assert await knowledge.search("rollback on the bastion host", audience=max_)
    async with operator(house) as browser:
        dialog = await browser.get("/knowledge/change", params={"source": "docs"})
        assert "Who may see it" in dialog.text
        wrong = await browser.post(
            "/knowledge/change", data={"source": "docs", "readers": "named", "principals": "a b"}
        )
        assert wrong.status_code == 422 and "names nobody" in wrong.text
        changed = await browser.post("/knowledge/change", data={"source": "docs", "readers": "operators"})
        assert changed.headers["hx-redirect"] == "/knowledge"
        assert "operators only" in (await browser.get("/knowledge")).text
        assert "rollback" in (await browser.get("/knowledge/search", params={"q": "rollback"})).text.lower()
        found = await browser.get("/knowledge/search", params={"q": "bastion host", "who": "members"})
        assert "Nothing was found." in found.text and "Not searched: 4 documents of 1 sources" in found.text
    assert not await knowledge.search("rollback on the bastion host", audience=max_)


async def test_a_source_is_removed_with_all_that_was_read_of_it(house: RunningPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "guides", {"zebra.md": "# Zebra\n\nThe zebra crossing is wet.\n"})
    configure(house, "guides", folder)
    async with operator(house) as browser:
        await browser.post("/knowledge/sync", data={"source": "guides"})
        await house.desk.background.idle()
        dialog = await browser.get("/knowledge/remove", params={"source": "guides"})
        assert "1 documents with 1 passages" in dialog.text and "The originals stay where they are." in dialog.text
        assert (await browser.post("/knowledge/remove", data={"source": "guides"})).status_code == 204
        assert ">guides<" not in (await browser.get("/knowledge")).text
        found = await browser.get("/knowledge/search", params={"q": "zebra crossing", "what": "text"})
        assert "is wet" not in found.text
        gone = await browser.post("/knowledge/sync", data={"source": "guides"})
        assert gone.status_code == 400
    assert (folder / "zebra.md").exists()


@pytest.mark.slow
async def test_a_source_that_another_process_sets_up_comes_into_the_list(house: RunningPage, tmp_path: Path) -> None:
    async with operator(house) as browser:
        async with asyncio.timeout(10):
            is_set_up = False
            async for name, markup in told(browser):
                if not is_set_up:
                    is_set_up = True
                    configure(house, "late", write(tmp_path / "late", {"a.md": "# A\n\nWords.\n"}))
                if name == "list":
                    assert "late" in markup and "docs" in markup
                    break


async def test_an_error_does_not_name_a_channel_that_is_not_for_the_operator(house: RunningPage) -> None:
    sources = house.application.configured_sources
    sources.put(Configured(spec=SourceSpec(name="chat", kind="slack"), added_at=1.0))
    sources.note_part("chat", Part(key="C9", name="project-x"))
    failed = {"started_at": 5.0, "ended_at": 6.0, "failures": 1, "error": "chat/project-x: Slack is away."}
    sources.keep_state("chat", sources.state("chat").model_copy(update=failed))
    async with operator(house) as browser:
        page = (await browser.get("/knowledge")).text
        assert "Slack is away." in page and "project-x" not in page
