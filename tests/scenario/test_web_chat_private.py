"""What is somebody's own on the chat page stays so: conversations, pictures, and what they may see no more."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.redis_server import EmbeddedRedis
from tests.scenario.served_team import Shared
from tests.scenario.test_assistant import drawn
from tests.scenario.web_talking import Asked, Somebody, somebody
from tests.web_stage import ROLLBACK, RunningPage, StartPage, started_pages


@asynccontextmanager
async def signed_in(page: RunningPage, name: str) -> AsyncGenerator[Somebody]:
    async with page.signed_in(name) as browser:
        yield Somebody(browser)


@pytest.fixture
async def team_page(start_page: StartPage) -> RunningPage:
    """A page where people sign in."""
    page = await start_page(web_login="password")
    for name in ("ada", "ben"):
        await page.person(name)
    return page


def routes_of(asked: Asked, sha256: str) -> list[tuple[str, str]]:
    """Everything that can be done in a conversation."""
    return [
        ("GET", asked.address),
        ("DELETE", asked.address),
        ("POST", f"{asked.address}/stop"),
        ("GET", f"{asked.address}/pictures/{sha256}"),
        ("GET", f"{asked.address}/sources/{asked.question}/1"),
        ("GET", asked.reply),
        ("GET", f"{asked.reply}/events"),
        ("GET", f"{asked.reply}/why"),
        ("GET", f"{asked.reply}/boxed/{sha256}"),
        ("POST", f"{asked.reply}/again"),
        ("POST", f"{asked.reply}/suggestions/1"),
    ]


async def test_the_conversation_of_somebody_else_is_not_there_in_any_way(team_page: RunningPage) -> None:
    screen = [("files", ("screen.png", drawn("our secret"), "image/png"))]
    async with signed_in(team_page, "ada") as ada, signed_in(team_page, "ben") as ben:
        asked = await ada.ask("How long does a rollback take?", files=screen)
        found = re.search(r'src="/pictures/([0-9a-f]{64})"', asked.piece)
        assert found is not None
        assert (await ada.browser.get(f"/pictures/{found[1]}")).status_code == 200
        assert (await ben.browser.get(f"/pictures/{found[1]}")).status_code == 404
        for method, address in routes_of(asked, found[1]):
            answer = await ben.browser.request(method, address)
            assert answer.status_code == 404, f"{method} {address}: {answer.text}"
        answer = await ben.browser.post(f"{asked.reply}/feedback", data={"helpful": "yes"})
        assert answer.status_code == 404
        assert (await ben.browser.post(f"{asked.reply}/reason", data={"text": "bad"})).status_code == 404
        assert (await ben.send("And I?", thread=asked.thread)).status_code == 404
        assert asked.thread not in await ben.page("/chat/earlier")
        assert asked.address in await ada.page("/chat/earlier")


async def test_the_same_form_of_two_people_makes_two_conversations(team_page: RunningPage) -> None:
    async with signed_in(team_page, "ada") as ada, signed_in(team_page, "ben") as ben:
        hers = await ada.ask("How long does a rollback take?", nonce="the-same-nonce")
        his = await ben.ask("What is ERR-4031?", nonce="the-same-nonce")
        assert hers.thread != his.thread
        assert "ERR-4031" not in await ada.page(hers.address)


async def test_two_browsers_on_one_machine_are_two_people(page: RunningPage) -> None:
    async with somebody(page) as one, somebody(page) as other:
        asked = await one.ask("How long does a rollback take?")
        assert (await other.browser.get(asked.address)).status_code == 404


async def test_a_source_that_may_not_be_seen_any_more_says_so(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        source = f"{asked.address}/sources/{asked.question}/1"
        assert ROLLBACK in await person.page(source)
        [state] = page.application.ledger.sources()
        page.application.ledger.change_readers(state.source, ("discord/elsewhere",))
        gone = await person.page(source)
        assert ROLLBACK not in gone
        assert "Deploys run on Tuesdays" not in gone
        assert "This can&#39;t be shown any more" in gone
        why = await person.page(f"{asked.reply}/why")
        assert ROLLBACK not in why
        assert "You may not do this." in why


@pytest.mark.slow
async def test_a_picture_that_may_not_be_seen_any_more_is_not_there(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("Show me the diagram of a rollback")
        found = re.search(r'/pictures/([0-9a-f]{64})"', await person.page(asked.address))
        assert found is not None
        addresses = [f"/pictures/{found[1]}", f"{asked.address}/pictures/{found[1]}"]
        assert [(await person.browser.get(one)).status_code for one in addresses] == [200, 200]
        [state] = page.application.ledger.sources()
        page.application.ledger.change_readers(state.source, ("discord/elsewhere",))
        assert [(await person.browser.get(one)).status_code for one in addresses] == [404, 404]
        assert (await person.browser.get(f"{asked.reply}/boxed/{found[1]}")).status_code == 204


async def test_what_changes_something_carries_the_token_of_its_page(page: RunningPage) -> None:
    async with somebody(page) as person:
        del person.browser.headers["x-csrf-token"]
        answer = await person.send("How long does a rollback take?")
        assert answer.status_code == 403
        assert not [one async for names in page.store.all_conversations() for one in names]


async def test_threads_that_are_none_are_not_there(page: RunningPage) -> None:
    async with somebody(page) as person:
        for thread in ("x", "..%2f..%2fetc", "%00", "a" * 23, "{{7*7}}{{7*7}}{{7*7}}a"):
            assert (await person.browser.get(f"/chat/{thread}")).status_code == 404
            assert (await person.send("Hello", thread=thread)).status_code == 404


async def test_while_redis_is_away_a_question_is_refused_with_a_reason(web_team: Shared, tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    redis = await EmbeddedRedis.start(tmp_path / "redis")
    async with started_pages(replace(web_team, redis_url=redis.url), tmp_path) as start:
        page = await start(with_worker=False)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            await redis.stop()
            refused = await person.send("And then?", thread=asked.thread)
            assert refused.status_code == 503
            assert "Redis" in refused.text
            begun = await person.page("/chat")
            assert "Earlier chats can&#39;t be reached right now" in begun
            assert 'id="question"' in begun
