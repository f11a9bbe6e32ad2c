"""Calls to Slack's Web API over a loopback server that answers as told: pauses, breakdowns, refusals, pages."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from adapters.lookups import Lookups
from adapters.slack.api import Installed, OneWorkspace, SlackRefusedError, SlackUncertainError, ask, pages
from adapters.slack.pacing import Pacing
from core.errors import PlatformRefusedError, PlatformUnavailableError, SettingsError


@dataclass
class Answers:
    """What the server answers, one after the other, and what it was asked."""

    given: list[web.Response | None]
    asked: list[tuple[str, dict[str, str], Mapping[str, str]]] = field(default_factory=list[Any])
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json() if request.content_type == "application/json" else {}
        values = {**request.query, **{key: str(value) for key, value in body.items()}}
        self.asked.append((request.path.rpartition("/")[2], values, request.headers.copy()))
        response = self.given.pop(0)
        if response is None:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return response


@asynccontextmanager
async def slack(*given: web.Response | None) -> AsyncGenerator[tuple[OneWorkspace, Answers]]:
    answers = Answers(list(given))
    app = web.Application()
    app.router.add_route("*", "/api/{method}", answers.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answers.url = f"{site.name}/api/"
    one = OneWorkspace("xoxb-1", url=answers.url, timeout=5)
    try:
        yield one, answers
    finally:
        await one.close()
        await runner.cleanup()


def ok(**more: Any) -> web.Response:
    return web.json_response({"ok": True, **more})


def refusal(error: str, **more: Any) -> web.Response:
    return web.json_response({"ok": False, "error": error, **more})


def pause(seconds: str) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": seconds})


async def test_it_learns_once_who_it_is() -> None:
    identity = {"url": "https://t.slack.com/", "team": "T", "user": "lens", "team_id": "T1", "user_id": "U1"}
    async with slack(ok(**identity, bot_id="B1", is_enterprise_install=False)) as (one, answers):
        first, second = await asyncio.gather(one.installed("T1"), one.installed("T2"))
        assert first == second == Installed(team="T1", user="U1", bot="B1", url="https://t.slack.com/")
        (method, _, headers), *more = answers.asked
        assert method == "auth.test" and not more
        assert headers["Authorization"] == "Bearer xoxb-1"
        assert headers["User-Agent"].startswith("Lorelens ")


async def test_a_short_pause_is_kept_and_the_call_made_again() -> None:
    async with slack(pause("0.2"), ok(ts="1.2")) as (one, answers):
        client: Any = await one.client()
        begun = time.monotonic()
        assert (await client.chat_postMessage(channel="C1", text="x"))["ts"] == "1.2"
        assert time.monotonic() - begun >= 0.2
        assert len(answers.asked) == 2


async def test_a_long_pause_is_the_callers_and_holds_that_channel_only() -> None:
    async with slack(pause("30"), ok(ts="2.2")) as (one, answers):
        client: Any = await one.client()
        for _ in range(2):  # the second is not even sent
            with pytest.raises(PlatformUnavailableError) as caught:
                await client.chat_postMessage(channel="C1", text="x")
            assert caught.value.retry_after == pytest.approx(30, abs=1)
            assert not isinstance(caught.value, SlackUncertainError)
        assert (await client.chat_postMessage(channel="C2", text="x"))["ts"] == "2.2"
        assert [values["channel"] for _, values, _ in answers.asked] == ["C1", "C2"]


async def test_what_may_be_repeated_is_repeated_when_slack_breaks_down() -> None:
    async with slack(web.Response(status=503), None, ok(channel={"id": "C1"})) as (one, answers):
        assert (await ask(await one.client(), "conversations.info", channel="C1"))["channel"] == {"id": "C1"}
        assert len(answers.asked) == 3


@pytest.mark.parametrize("fault", [web.Response(status=500, text="<html>"), None])
async def test_what_would_be_said_twice_is_not_repeated(fault: web.Response | None) -> None:
    async with slack(fault) as (one, answers):
        client: Any = await one.client()
        with pytest.raises(SlackUncertainError):
            await client.chat_postMessage(channel="C1", text="x")
        assert len(answers.asked) == 1


async def test_where_nobody_listens_nothing_was_done() -> None:
    async with slack() as (_, answers):
        pass
    one = OneWorkspace("xoxb-1", url=answers.url)
    client: Any = await one.client()
    with pytest.raises(PlatformUnavailableError, match="can't be reached") as caught:
        await client.auth_test()
    assert not isinstance(caught.value, SlackUncertainError)
    await one.close()


async def test_a_missing_scope_is_named() -> None:
    async with slack(refusal("missing_scope", needed="files:read", provided="chat:write")) as (one, _):
        with pytest.raises(SlackRefusedError, match=r"files\.info needs: files:read") as caught:
            await ask(await one.client(), "files.info", file="F1")
        assert "OAuth & Permissions" in caught.value.hint
        assert (caught.value.reason, caught.value.method) == ("missing_scope", "files.info")
        assert caught.value.response["needed"] == "files:read"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "/invite"),
        ("is_archived", "Unarchive"),
        ("token_revoked", "Install the app"),
        ("account_inactive", "Install the app"),
        ("invalid_auth", "LORELENS_SLACK_BOT_TOKEN"),
        ("msg_too_long", "too long"),
        ("something_new", "something_new"),
    ],
)
async def test_a_refusal_says_what_to_do(code: str, said: str) -> None:
    async with slack(refusal(code)) as (one, _):
        with pytest.raises(PlatformRefusedError) as caught:
            await ask(await one.client(), "conversations.info", channel="C1")
        assert said in str(caught.value) and caught.value.reason == code
        assert isinstance(caught.value, SettingsError)


async def test_slacks_own_trouble_is_no_refusal() -> None:
    async with slack(refusal("internal_error"), ok(unreadable="x")) as (one, _):
        with pytest.raises(PlatformUnavailableError):
            await ask(await one.client(), "conversations.info", channel="C1")


async def test_pages_follow_the_cursor() -> None:
    following = {"response_metadata": {"next_cursor": "dXNlcg=="}}
    async with slack(ok(members=["U1"], **following), ok(members=["U2"], response_metadata={})) as (one, answers):
        client = await one.client()
        found = [page async for page in pages(client, "conversations.members", "members", most=5, size=1)]
        assert found == [["U1"], ["U2"]]
        assert [values.get("cursor") for _, values, _ in answers.asked] == [None, "dXNlcg=="]


async def test_pages_end_though_slack_goes_on() -> None:
    given = [ok(members=[], response_metadata={"next_cursor": f"c{at}"}) for at in range(3)]
    async with slack(*given) as (one, answers):
        assert len([page async for page in pages(await one.client(), "users.list", "members", most=2)]) == 2
        assert len(answers.asked) == 2


async def test_posting_is_spaced_per_channel_after_a_burst() -> None:
    pacing = Pacing(scale=20)  # twenty a second
    begun = time.monotonic()
    for _ in range(8):
        await pacing.turn("T1", "chat.postMessage", "C1")
    spaced = time.monotonic() - begun
    assert spaced >= 0.15  # three at once, then five at the pace
    for channel in range(8):
        await pacing.turn("T1", "chat.postMessage", f"C2{channel}")
    assert time.monotonic() - begun < spaced + 0.15


async def test_who_would_wait_too_long_is_told() -> None:
    pacing = Pacing()
    pacing.hold("T1", "users.list", "", 60)
    with pytest.raises(PlatformUnavailableError) as caught:
        await pacing.turn("T1", "users.list")
    assert caught.value.retry_after == pytest.approx(60, abs=1)
    await pacing.turn("T2", "users.list")


async def test_a_lookup_is_made_once_for_all_who_wait_and_not_kept_if_it_fails() -> None:
    lookups = Lookups[str, int](seconds=60, most=2)
    asked: list[str] = []
    may_answer = asyncio.Event()

    async def look() -> int:
        asked.append("once")
        await may_answer.wait()
        if len(asked) == 1:
            raise PlatformUnavailableError("away")
        return len(asked)

    waiting = [asyncio.create_task(lookups.get("a", look)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one who leaves takes nothing from the others
    may_answer.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert asked == ["once"]
    assert [type(result) for result in results[1:]] == [PlatformUnavailableError] * 4
    assert await lookups.get("a", look) == await lookups.get("a", look) == 2
    assert await lookups.get("b", look) == 3
    assert await lookups.get("c", look) == 4
    assert (lookups.known("a"), lookups.known("c")) == (None, 4)


async def test_what_changed_while_it_was_looked_up_is_looked_up_again() -> None:
    lookups = Lookups[str, int](seconds=60, most=2)
    may_answer = asyncio.Event()
    values = iter([1, 2])

    async def look() -> int:
        value = next(values)
        await may_answer.wait()
        return value

    old = asyncio.create_task(lookups.get("a", look))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    lookups.forget("a")
    new = asyncio.create_task(lookups.get("a", look))
    await asyncio.sleep(0)
    may_answer.set()
    assert (await old, await new, lookups.known("a")) == (1, 2, 2)
