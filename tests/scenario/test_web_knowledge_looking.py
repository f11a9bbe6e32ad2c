"""Looking into the knowledge on the page: what is found and why, one document as it was understood, and forgetting."""

from pathlib import Path

import httpx
import pytest

from bots.web.knowledge import documents
from core.knowledge.sources import change_audience
from core.messages import EVERYONE
from tests.scenario.test_assistant import drawn
from tests.scenario.web_knowledge import configure, house, operator, text_of, write
from tests.web_stage import ERROR, ROLLBACK, RunningPage

__all__ = ["house"]

MEMBERS = (EVERYONE, "guests", "web/web")


async def found(browser: httpx.AsyncClient, query: str, **more: str) -> httpx.Response:
    """The page with what is found."""
    return await browser.get("/knowledge/search", params={"q": query, **more})


async def test_passages_are_found_with_their_scores_and_words(house: RunningPage) -> None:
    async with operator(house) as browser:
        answer = await found(browser, "What does ERR-4031 mean?")
        said = text_of(answer.text)
        assert ERROR.split("that ")[1].rstrip(".") in said and "<mark>" in answer.text
        assert "docs › errors.md › Error codes" in said
        for score in ("Score", "BM25", "Vectors", "Rank before"):
            assert score in said
        piece = await browser.post("/knowledge/search", data={"q": "休假要提前多久申请", "what": "text"})
        assert "提前两周" in text_of(piece.text) and "<html" not in piece.text
        assert piece.headers["hx-push-url"].startswith("/knowledge/search?q=")
        nothing = await found(browser, "rollback", source="no such source")
        assert "Nothing was found." in nothing.text
        hostile = await found(browser, "<script>alert(1)</script> rollback")
        assert "<script>alert" not in hostile.text


async def test_pictures_are_found_by_words_and_by_a_picture(house: RunningPage) -> None:
    picture = drawn("operator", "bastion host", "previous release")
    async with operator(house) as browser:
        answer = await found(browser, "diagram of the rollback", what="picture")
        assert "rollback.png" in answer.text and "How a rollback goes" in answer.text
        address = answer.text.split('<img src="/pictures/')[1].split('"')[0]
        shown = await browser.get(f"/pictures/{address}")
        assert shown.status_code == 200 and shown.headers["content-type"] == "image/png"
        like = await browser.post(
            "/knowledge/search", data={"q": ""}, files={"picture": ("mine.png", picture, "image/png")}
        )
        assert "like mine.png" in like.text and "rollback.png" in like.text and "hx-push-url" not in like.headers
        broken = await browser.post("/knowledge/search", files={"picture": ("mine.png", b"no picture", "image/png")})
        assert broken.status_code == 422 and "not a picture" in broken.text


async def test_a_document_is_shown_as_it_was_understood(house: RunningPage) -> None:
    async with operator(house) as browser:
        listed = text_of((await browser.get("/knowledge/documents", params={"source": "docs"})).text)
        assert "deploy.md" in listed and "1–4 of 4" in listed
        named = text_of((await browser.get("/knowledge/documents", params={"source": "docs", "named": "ERR"})).text)
        assert "errors.md" in named and "deploy.md" not in named
        page = await browser.get("/knowledge/document", params={"source": "docs", "path": "deploy.md"})
        said = text_of(page.text)
        assert ROLLBACK in said and "Passage 1 · Deploys" in said
        assert "tokens · characters 0–" in said and "all-MiniLM-L6-v2" in said
        assert "How a rollback goes" in said and "previous release" in said  # alternative text, and what OCR read
        assert page.text.count("<rect ") == 3
        assert (await browser.get("/knowledge/document", params={"source": "docs", "path": "no.md"})).status_code == 404
        assert (await browser.get("/knowledge/documents", params={"source": "no"})).status_code == 404


async def test_long_lists_and_long_documents_are_paged(
    house: RunningPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "PAGE", 5)
    folder = write(tmp_path / "many", {f"page-{at}.md": f"# Page {at}\n\nWords {at}.\n" for at in range(6)})
    write(folder, {"long.md": "# Long\n\n" + "\n\n".join(f"## Part {at}\n\n{'word ' * 230}" for at in range(6))})
    configure(house, "many", folder)
    async with operator(house) as browser:
        await browser.post("/knowledge/sync", data={"source": "many"})
        await house.desk.background.idle()
        first = (await browser.get("/knowledge/documents", params={"source": "many"})).text
        assert "1–5 of 7" in first and 'rel="next"' in first and 'rel="prev"' not in first
        last = (await browser.get("/knowledge/documents", params={"source": "many", "first": 5})).text
        assert "6–7 of 7" in last and "page-5.md" in last
        shown = (await browser.get("/knowledge/document", params={"source": "many", "path": "long.md"})).text
        assert shown.count('id="chunk-') == 5 and "from=5" in shown


@pytest.mark.slow
async def test_a_forgotten_document_stays_out_until_it_is_read_again(house: RunningPage, tmp_path: Path) -> None:
    folder = write(tmp_path / "guides", {"zebra.md": "# Zebra\n\nThe zebra crossing is wet.\n\n![z](z.png)\n"})
    write(folder, {"other.md": "# Other\n\nSomething else.\n"})
    (folder / "z.png").write_bytes(drawn("operator", "bastion host", "previous release"))
    configure(house, "guides", folder)
    document = {"source": "guides", "path": "zebra.md"}
    async with operator(house) as browser:
        await browser.post("/knowledge/sync", data={"source": "guides"})
        await house.desk.background.idle()
        assert "is wet" in (await found(browser, "zebra crossing", what="text")).text
        dialog = await browser.get("/knowledge/forget", params=document)
        assert "Forget “zebra.md”?" in dialog.text and "stays out" in dialog.text
        gone = await browser.post("/knowledge/forget", data=document)
        assert gone.status_code == 204
        assert "is wet" not in (await found(browser, "zebra crossing", what="text")).text  # at once
        await house.desk.background.idle()
        assert house.application.ledger.file("guides", "zebra.md") is None
        await browser.post("/knowledge/sync", data={"source": "guides"})
        await house.desk.background.idle()
        assert "is wet" not in (await found(browser, "zebra crossing", what="text")).text  # and after the next sync
        out = await browser.get("/knowledge/documents", params={"source": "guides", "standing": "out"})
        assert "zebra.md" in out.text
        page = await browser.get("/knowledge/document", params=document)
        assert "It was forgotten and stays out of the next syncs." in page.text
        again = await browser.post("/knowledge/again", data=document)
        assert again.status_code == 204
        await house.desk.background.idle()
        assert "is wet" in (await found(browser, "zebra crossing", what="text")).text
    assert (folder / "zebra.md").exists()


async def test_a_forgotten_upload_is_deleted(house: RunningPage) -> None:
    async with operator(house) as browser:
        sent = [("files", ("horn.md", "# Horn\n\nThe fog horn sounds twice.\n"))]
        await browser.post("/knowledge/uploads", data={"name": "Notes", "readers": "everyone"}, files=sent)
        await house.desk.background.idle()
        document = {"source": "Notes", "path": "horn.md"}
        assert "deleted" in (await browser.get("/knowledge/forget", params=document)).text
        await browser.post("/knowledge/forget", data=document)
        await house.desk.background.idle()
        assert not list((house.data / "uploads").rglob("horn.md"))
        assert "sounds twice" not in (await found(browser, "fog horn", source="Notes")).text
        again = await browser.post("/knowledge/uploads", data={"name": "Notes", "readers": "everyone"}, files=sent)
        await house.desk.background.idle()
        assert again.status_code == 200
        assert "sounds twice" in text_of((await found(browser, "fog horn", source="Notes")).text)


async def test_whoever_is_taken_out_of_the_readers_sees_nothing_from_the_next_look_on(house: RunningPage) -> None:
    async with operator(house) as browser:
        picture = (await found(browser, "diagram of the rollback", what="picture")).text
        address = picture.split('<img src="/pictures/')[1].split('"')[0]
        application = house.application
        await change_audience(
            "docs", ("slack/T1/channel/C9",), ledger=application.ledger, index=await application.index()
        )
        assert "Nothing was found." in (await found(browser, "rollback bastion host")).text
        document = {"source": "docs", "path": "deploy.md"}
        assert (await browser.get("/knowledge/document", params=document)).status_code == 404
        listed = await browser.get("/knowledge/documents", params={"source": "docs"})
        assert "4 documents that you may not see" in listed.text and "deploy.md" not in listed.text
        assert (await browser.get(f"/pictures/{address}")).status_code == 404


@pytest.mark.parametrize(("who", "expected"), [("me", True), ("members", True), ("guests", False)])
async def test_it_is_searched_with_the_eyes_of_less(house: RunningPage, who: str, expected: bool) -> None:
    async with operator(house) as browser:
        answer = await found(browser, "rollback on the bastion host", who=who)
        assert (ROLLBACK.split(".")[0] in text_of(answer.text)) is expected
        assert ("Not searched: 4 documents" in answer.text) is not expected
