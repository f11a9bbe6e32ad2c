"""Payloads that lack what Slack documents, or have something else in its place: answered, and nothing stops."""

import asyncio
import copy
import json
import logging
import shutil
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.scenario.served_team import Shared
from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import Mode, RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator, Upload
from tests.slack_emulator.delivery import Delivery, signed

pytestmark = pytest.mark.slow
WRONG = (None, 7, [{"x": [1]}], {"y": None}, "\ud83d\x00<!channel>")
"""What stands in a field's place, besides nothing."""
Steps = tuple[str | int, ...]


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture
def mode() -> Mode:
    return "http"


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def recorded(slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel) -> list[Delivery]:
    """One payload of each kind, from using it once."""
    asked = await ada.mentions(general, "How long does a rollback take?", files=[Upload("a.txt", b"x")])
    answer = await bot.answer(asked)
    said = await ada.says(answer, "And what does ERR-4031 mean?")
    await bot.idle()
    await ada.edits(said, "And what is ERR-4031?")
    await ada.deletes(said)
    await ada.opens_home()
    await ada.opens_assistant(general)
    await ada.runs("/ask", "How long does a rollback take?", place=general)
    await ada.runs("/lorelens", "search rollback", place=general)
    await ada.clicks(answer, "Why this answer?")
    await ada.clicks(answer, "Try again")
    await ada.clicks(answer, "lorelens_helpful")
    await ada.uses_shortcut("ask_about_message", asked)
    await ada.uses_shortcut("save_message", asked)
    await bot.idle()
    [dialog] = slack.views(ada)
    await ada.submits(dialog, {"question": "How long does a rollback take?"})
    await slack.person("cyd").joins(general)
    await ada.changes(display_name="Ada L.")
    await bot.idle()
    kinds: dict[str, Delivery] = {}
    for one in slack.deliveries:
        action = one.body.get("actions", [{}])[0].get("action_id", "")
        kinds.setdefault(f"{one.type} {one.event.get('subtype')} {action} {one.body.get('callback_id')}", one)
    assert len(kinds) > 15, kinds
    return list(kinds.values())


async def test_a_payload_may_lack_any_field_or_have_anything_in_it(
    slack: SlackEmulator,
    bot: RunningBot,
    ada: Person,
    general: Channel,
    recorded: list[Delivery],
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd: dict[str, int] = {}
    few = asyncio.Semaphore(24)

    async def send(name: str, body: bytes, kind: str) -> None:
        headers = signed(body, slack.signing_secret) | {"Content-Type": kind}
        async with few, http.post(bot.ingress.url, data=body, headers=headers) as response:
            await response.read()
            # 404: it is none of the kinds that Lorelens listens for any more. 400: Bolt can't even read it.
            if response.status not in {200, 400, 404, 503}:
                odd[name] = response.status

    caplog.set_level(logging.WARNING)
    sending = [send(*one) for delivery in recorded for one in spoiled(delivery)]
    assert len(sending) > 2000
    await asyncio.gather(*sending)
    assert odd == {}
    await bot.idle(seconds=60)
    assert defects(caplog.records) == []
    asked = await ada.mentions(general, "How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).shown


def defects(records: Iterable[logging.LogRecord]) -> list[str]:
    """Errors that are Lorelens' own: Bolt's own reading fails at much, and somebody who does not exist can't be told
    anything."""
    failed = [one.getMessage() for one in records if one.levelno >= logging.ERROR]
    ours = [one for one in failed if "/slack_bolt/" not in one.partition(" < ")[0]]
    return [one for one in ours if one != "The reason could not be posted"]


def spoiled(delivery: Delivery) -> Iterator[tuple[str, bytes, str]]:
    """The payload with each of its fields taken away, or replaced, in turn: its name, its body, and its kind."""
    for path in paths(delivery.body):
        for number in range(len(WRONG) + 1):
            body = copy.deepcopy(delivery.body)
            holder: Any = body
            for step in path[:-1]:
                holder = holder[step]
            if number:
                holder[path[-1]] = WRONG[number - 1]
            else:
                del holder[path[-1]]
            yield (f"{delivery.type} {path} {number}", *_encoded(delivery, body))


def paths(value: Any, before: Steps = ()) -> Iterator[Steps]:
    """All fields: of lists, only of the first item."""
    items = list(cast(dict[str, Any], value).items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        items = list(enumerate(cast(list[Any], value)))[:1]
    for key, more in items:
        yield (*before, key)
        yield from paths(more, (*before, key))


def _encoded(delivery: Delivery, body: dict[str, Any]) -> tuple[bytes, str]:
    if delivery.kind == "events_api":
        return json.dumps(body).encode(), "application/json"
    form = {"payload": json.dumps(body)} if delivery.kind == "interactive" else body
    return urlencode(form, errors="replace").encode(), "application/x-www-form-urlencoded"
