"""Programs talk to Lorelens by HTTP: they ask, follow, fetch, search, judge and forget."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bots.web.api import events as api_events
from core.audience import channel
from core.quality.feedback import FeedbackBook
from tests.ingesting import Team, png
from tests.web_stage import ROLLBACK, RunningPage, StartPage
from tests.web_stage.models import talking

WORDS = "A rollback takes four minutes and needs no approval [1]. " + "So it was decided. " * 4
QUESTION = {"question": "How long does a rollback take?"}
WHOLE = {"accept": "application/json"}


@dataclass(frozen=True)
class Heard:
    """A server-sent event."""

    event: str
    data: dict[str, Any]
    id: str


async def events_in(response: httpx.Response) -> AsyncIterator[Heard]:
    """The events of a response; comments are passed over."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "event" in fields:
            yield Heard(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            fields = {}


def text_of(heard: list[Heard]) -> str:
    return "".join(one.data["text"] for one in heard if one.event == "text")


async def test_an_answer_comes_as_events_that_add_up(page: RunningPage) -> None:
    async with page.program() as program, program.stream("POST", "/api/ask", json=QUESTION) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        heard = [one async for one in events_in(response)]
    assert (heard[0].event, heard[-1].event) == ("asked", "finished")
    assert ROLLBACK in text_of(heard)
    (cited,) = [one.data for one in heard if one.event == "citation"]
    assert cited["source"] == "deploy.md" and cited["quote"] == ROLLBACK
    (shown,) = [one.data for one in heard if one.event == "picture"]
    async with page.program() as program:
        picture = await program.get(shown["url"])
        assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
        asked = heard[0].data
        answer = await program.get(f"/api/conversations/{asked['conversation']}/replies/{asked['question']}")
    assert answer.json()["text"] == text_of(heard) and answer.json()["finished"]


async def test_an_answer_comes_whole_to_who_wants_it_so(page: RunningPage) -> None:
    async with page.program() as program:
        answer = (await program.post("/api/ask", json=QUESTION, headers=WHOLE)).json()
        assert ROLLBACK in answer["text"] and answer["finished"] and not answer["declined"]
        more = {"question": "And who must approve it?", "conversation": answer["conversation"]}
        second = (await program.post("/api/ask", json=more, headers=WHOLE)).json()
        assert second["conversation"] == answer["conversation"]
        (listed,) = (await program.get("/api/conversations")).json()["conversations"]
    assert listed["conversation"] == answer["conversation"] and listed["title"] == QUESTION["question"]


async def test_a_question_that_is_sent_again_is_asked_once(page: RunningPage) -> None:
    async with page.program() as program:
        headers = {**WHOLE, "idempotency-key": "a-key-of-mine"}
        first, second = [(await program.post("/api/ask", json=QUESTION, headers=headers)).json() for _ in range(2)]
    assert first == second


async def test_a_document_and_a_picture_come_within_json(page: RunningPage) -> None:
    note = b"# Pumps\n\nThe spare pump is P-977.\n"
    body = {
        "question": "Which is the spare pump?",
        "documents": [file("pumps.md", note), file("tool.exe", b"MZ\x00" * 200_000)],
        "pictures": [file("pump.png", png("P-977"))],
    }
    async with page.program() as program:
        answer = (await program.post("/api/ask", json=body, headers=WHOLE)).json()
    assert "P-977" in answer["text"] and [one["name"] for one in answer["not_taken"]] == ["tool.exe"]


def file(name: str, data: bytes) -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(data).decode()}


async def test_files_come_as_a_form_and_those_that_cannot_be_read_say_why(page: RunningPage) -> None:
    files = [
        ("files", ("pumps.md", b"# Pumps\n\nThe spare pump is P-977.\n")),
        ("files", ("tool.exe", b"MZ\x00\x01\x02")),
    ]
    async with page.program(**{"x-lorelens": "1"}) as program:
        answer = await program.post(
            "/api/ask", data={"question": "Which is the spare pump?"}, files=files, headers=WHOLE
        )
    assert "P-977" in answer.json()["text"]
    (wrong,) = answer.json()["not_taken"]
    assert wrong["name"] == "tool.exe" and "can't be read" in wrong["problem"]


@pytest.mark.slow
async def test_who_is_cut_off_goes_on_where_it_left_off(start_page: StartPage) -> None:
    with talking(WORDS, pace=0.03) as (settings, _):
        page = await start_page(**settings)
        async with page.program() as program:
            heard: list[Heard] = []
            async with program.stream("POST", "/api/ask", json=QUESTION) as response:
                async for one in events_in(response):
                    heard.append(one)
                    if len(text_of(heard)) > 20:
                        break
            asked = heard[0].data
            events = f"/api/conversations/{asked['conversation']}/replies/{asked['question']}/events"
            async with program.stream("GET", events, headers={"last-event-id": heard[-1].id}) as response:
                rest = [one async for one in events_in(response)]
            assert not any(one.event == "restart" for one in rest)
            whole = (await program.get(events.removesuffix("/events"))).json()
            assert text_of([*heard, *rest]) == whole["text"] and whole["finished"]
            assert len([one for one in rest if one.event == "text"]) > 1
            over = await program.get(events, headers={"last-event-id": rest[-1].id})
            assert over.status_code == 204
            conversation = f"web/web/local/{asked['conversation']}"
            assert await page.desk.mailbox.again(conversation, asked["question"])
            attempt = rest[-1].id.partition(".")[0]
            await begun_anew(page, conversation, asked["question"], attempt)
            async with program.stream("GET", events, headers={"last-event-id": rest[-1].id}) as response:
                anew = [one async for one in events_in(response)]
            assert anew[0].event == "restart" and text_of(anew) == whole["text"]


async def begun_anew(page: RunningPage, conversation: str, question: str, attempt: str) -> None:
    async with asyncio.timeout(10):
        while True:
            shown = await page.desk.board.standing(conversation, question)
            if shown is not None and shown.attempt != attempt:
                return
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_what_is_stopped_keeps_what_was_said(start_page: StartPage) -> None:
    with talking(WORDS * 20, pace=0.03) as (settings, _):
        page = await start_page(**settings)
        async with page.program() as program, program.stream("POST", "/api/ask", json=QUESTION) as response:
            heard: list[Heard] = []
            async for one in events_in(response):
                heard.append(one)
                if one.event == "restart":
                    heard.clear()
                elif one.event == "text" and not any(other.event == "failure" for other in heard):
                    stopped = (
                        await program.post(f"/api/conversations/{page_of(heard)}/stop") if page_of(heard) else None
                    )
                    assert stopped is None or stopped.json() == {"stopped": True}
    assert heard[-1].event == "finished" and text_of(heard).startswith("A rollback")
    assert [one.data["code"] for one in heard if one.event == "failure"] == ["stopped"]


def page_of(heard: list[Heard]) -> str:
    """The conversation, as long as the beginning was not thrown away."""
    return heard[0].data["conversation"] if heard and heard[0].event == "asked" else ""


@pytest.mark.slow
async def test_silence_is_kept_alive(start_page: StartPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_events, "KEEP_ALIVE", 0.05)
    page = await start_page(with_worker=False)
    async with page.program() as program, program.stream("POST", "/api/ask", json=QUESTION) as response:
        async for line in response.aiter_lines():
            if line == ": still here":
                return
    raise AssertionError("it ended")


async def test_a_process_that_stops_lets_go_of_who_follows_at_once(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    other = await start_page(with_worker=False)
    async with page.program() as program, program.stream("POST", "/api/ask", json=QUESTION) as response:
        events = events_in(response)
        asked = (await anext(events)).data
        async with asyncio.timeout(3):
            await page.stop()
            assert not [one async for one in events]
    await other.work()
    async with other.program() as program:
        address = f"/api/conversations/{asked['conversation']}/replies/{asked['question']}/events"
        async with program.stream("GET", address) as response:
            assert ROLLBACK in text_of([one async for one in events_in(response)])


@pytest.mark.slow
async def test_who_follows_a_question_that_is_deleted_is_told(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    async with page.program() as program, program.stream("POST", "/api/ask", json=QUESTION) as response:
        heard: list[Heard] = []
        async for one in events_in(response):
            heard.append(one)
            if one.event == "asked":
                gone = await program.delete(f"/api/conversations/{one.data['conversation']}")
                assert gone.status_code == 204
        assert [one.event for one in heard] == ["asked", "failure", "finished"]
        listed = await program.get("/api/conversations")
    assert listed.json() == {"conversations": [], "more": False}


async def test_an_answer_is_judged_and_the_judgement_taken_back(page: RunningPage) -> None:
    async with page.program() as program:
        answer = (await program.post("/api/ask", json=QUESTION, headers=WHOLE)).json()
        about = {"conversation": answer["conversation"], "question": answer["question"]}
        bad = {**about, "helpful": False, "reason": "outdated", "text": "It is five minutes."}
        assert (await program.post("/api/feedback", json=bad)).status_code == 204
        (said,) = await FeedbackBook(page.store).newest()
        assert (said.helpful, said.reason, said.text) == (False, "outdated", "It is five minutes.")
        assert (await program.post("/api/feedback", json={**about, "helpful": None})).status_code == 204
    assert not await FeedbackBook(page.store).newest()


@pytest.mark.slow
async def test_people_see_neither_each_others_conversations_nor_what_is_not_theirs(start_page: StartPage) -> None:
    page = await start_page(web_login="password")
    group = channel("web", "web", "secret")
    await page.person("ada", principals=(group,))
    await page.person("ben")
    team = Team(page.data.parent, encoder=page.shared.encoder)
    team.data = page.data
    team.write({"secret/payroll.md": "# Payroll\n\nThe payroll word is kumquat.\n"})
    team.write({"secret/p.png": png("kumquat"), "secret/poster.md": "# Kumquat poster\n\n![kumquat poster](p.png)\n"})
    await team.ingest(team.folder / "secret", source="secret", audience=(group,))
    wanted = {"query": "payroll word kumquat"}
    async with page.program(await page.token("ada")) as ada, page.program(await page.token("ben")) as ben:
        found = (await ada.post("/api/search", json=wanted)).json()["passages"]
        assert any("kumquat" in one["text"] for one in found)
        assert not any(
            "kumquat" in one["text"] for one in (await ben.post("/api/search", json=wanted)).json()["passages"]
        )
        picture = next(one["picture"]["url"] for one in found if one["picture"] and one["source"] == "secret")
        assert (await ada.get(picture)).status_code == 200
        assert (await ben.get(picture)).status_code == 404
        body = {"question": "What is the payroll word?"}
        answer = (await ada.post("/api/ask", json=body, headers=WHOLE)).json()
        assert "kumquat" in answer["text"]
        assert "kumquat" not in (await ben.post("/api/ask", json=body, headers=WHOLE)).json()["text"]
        talk = f"/api/conversations/{answer['conversation']}"
        assert (await ben.get(f"{talk}/replies/{answer['question']}")).status_code == 404
        assert (await ben.delete(talk)).status_code == 404
        assert (
            await ben.post("/api/ask", json={**QUESTION, "conversation": answer["conversation"]})
        ).status_code == 404
        assert len((await ben.get("/api/conversations")).json()["conversations"]) == 1


async def test_a_search_tells_where_the_words_stand(page: RunningPage) -> None:
    async with page.program() as program:
        found = (await program.post("/api/search", json={"query": "signing key", "kinds": ["text"], "limit": 1})).json()
        (best,) = found["passages"]
        marked = [best["text"][start:end].lower() for start, end in best["highlights"]]
        assert "signing" in marked and "key" in marked and best["path"] == "errors.md"
        pictures = (await program.post("/api/search", json={"query": "rollback", "kinds": ["picture"]})).json()
    assert {one["kind"] for one in pictures["passages"]} == {"picture"}


async def test_without_a_token_nothing_is_answered_where_people_sign_in(start_page: StartPage) -> None:
    page = await start_page(web_login="password")
    await page.person("ada")
    async with page.program() as program:
        answer = await program.post("/api/search", json={"query": "rollback"})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"question": "  "}, "question"),
        ({"question": "a", "colour": "secret words"}, "colour"),
        ({"question": "a", "conversation": "../../secret words"}, "conversation"),
        ({"question": "a", "pictures": [{"name": "a.png", "data": "secret words!"}]}, "pictures.0.data"),
    ],
)
async def test_what_is_not_understood_is_said_without_quoting_it(
    page: RunningPage, body: dict[str, Any], where: str
) -> None:
    async with page.program() as program:
        answer = await program.post("/api/ask", json=body)
    assert answer.status_code == 422 and "secret" not in answer.text
    assert [one["where"] for one in answer.json()["errors"]] == [where]


async def test_a_body_of_another_kind_is_refused_with_what_is_wanted(page: RunningPage) -> None:
    async with page.program() as program:
        answer = await program.post("/api/ask", content=b"How long?", headers={"content-type": "text/plain"})
    assert answer.status_code == 415 and "application/json" in answer.json()["title"] + answer.json()["detail"]


async def test_the_reference_shows_every_operation(page: RunningPage) -> None:
    async with page.browser() as browser:
        described = (await browser.get("/api/openapi.json")).json()
        shown = (await browser.get("/api")).text
    assert set(described["paths"]) > {"/api/ask", "/api/search", "/api/feedback", "/api/conversations"}
    for path, methods in described["paths"].items():
        assert path in shown
        for operation in methods.values():
            assert operation["summary"] in shown
    assert "style=" not in shown and "<script>" not in shown
