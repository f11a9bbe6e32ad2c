"""Payloads that lack what Discord documents, or have something else in its place: the process goes on."""

import asyncio
import copy
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Person, Upload
from tests.discord_emulator.interacting import begin
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.discord.interacting import clicks, told
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

pytestmark = pytest.mark.slow
QUESTION = "How long does a rollback take?"
WRONG = (None, 7, [{"x": [1]}], "\ud83d\x00<@&1>²")
"""What stands in a field's place, besides nothing."""
EVENTS = (
    *("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "INTERACTION_CREATE"),
    *("GUILD_UPDATE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_MEMBER_UPDATE"),
    *("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE"),
    *("THREAD_MEMBERS_UPDATE", "THREAD_LIST_SYNC", "GUILD_DELETE"),
)
Steps = tuple[str | int, ...]
Told = tuple[str, dict[str, Any]]
"""An event's name and its payload."""


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture
async def recorded(discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel) -> list[Told]:
    """One payload of each kind, from using it once."""
    found: dict[str, Told] = {}
    ended: list[bool] = []

    def heard(name: str, payload: dict[str, Any]) -> None:
        if ended:
            return
        data: dict[str, Any] = payload.get("data") or {}
        which = f"{name} {payload.get('type')} {data.get('name')} {str(data.get('custom_id')).split(':')[1:2]}"
        found.setdefault(which, (name, copy.deepcopy(payload)))

    for name in EVENTS:
        bot.client.hear(name, cast(Any, partial(heard, name)))
    await use(discord, acme, bot, ada, general)
    ended.append(True)
    assert len(found) > 20, list(found)
    return list(found.values())


async def use(discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel) -> None:
    """Everything that people do, once."""
    asked = await ada.mentions(general, QUESTION, files=[Upload("a.txt", b"x")])
    answer = await bot.answer(asked)
    said = await ada.says(general, "And what does ERR-4031 mean?", reply_to=answer)
    await bot.idle()
    await ada.edits(said, "And what is ERR-4031?")
    await ada.deletes(said)
    await ada.deletes(await ada.says(general, "one"), await ada.says(general, "two"))
    await bot.answer(await ada.says(discord.bot, QUESTION))
    for command, options in (("ask", {"question": QUESTION}), ("search", {"words": "rollback"}), ("forget", {})):
        await (await ada.runs(command, options, general)).answered()
    await ada.types("search", "words", "roll", general)
    for label in ("Why this answer?", "Try again", "👍"):
        await told(bot, await ada.clicks(answer, label))
    await told(bot, await ada.submits(await (await ada.clicks(answer, "👎")).acknowledged(), {}))
    form = await (await ada.uses_menu("Ask about this message", asked)).acknowledged()
    await told(bot, await ada.submits(form, {"question": QUESTION}))
    await told(bot, await ada.uses_menu("Save to team knowledge", asked))
    thread = await ada.opens_thread(general, "aside")
    await bot.answer(await ada.mentions(thread, QUESTION))
    role, other = discord.role(acme, "crew"), discord.channel(acme, "other")
    discord.set_role(role, 0)
    discord.bot_gets(role)
    discord.overwrite(other, role)
    discord.delete_channel(other)
    discord.delete_role(role)
    discord.unavailable(acme)
    discord.available(acme)
    await bot.idle()


async def test_an_event_may_lack_any_field_or_have_anything_in_it(
    discord: Emulator,
    acme: Guild,
    bot: RunningBot,
    ada: Person,
    general: Channel,
    recorded: list[Told],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    sent = 0
    for name, payload in recorded:
        for spoiled in spoilt(payload):
            discord.gateway.emit(name, spoiled, acme.id)
            sent += 1
            if sent % 200 == 0:
                await bot.idle(seconds=60)
        nothings: list[Any] = [None, 7, [], "x", {}]
        for nothing in nothings:
            discord.gateway.emit(name, nothing, acme.id)
    assert sent > 3000
    await bot.idle(seconds=60)
    assert defects(caplog.records) == []
    discord.gateway.invalidate(resumable=False)  # what discord.py remembers of servers was spoilt, too
    await discord.until(lambda: discord.gateway.connected and bot.client.is_ready())
    asked = await ada.mentions(general, QUESTION)
    assert ROLLBACK in (await bot.answer(asked)).content


async def test_what_is_done_may_bring_anything_along(
    discord: Emulator,
    bot: RunningBot,
    ada: Person,
    general: Channel,
    recorded: list[Told],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    answer = bot.answers(general)[0]
    started: list[Any] = []
    for name, payload in recorded:
        if name != "INTERACTION_CREATE":
            continue
        message = answer if payload.get("message") else None
        for data in spoilt(payload["data"]):
            started.append(begin(discord, payload["type"], ada.user, general, data, message))
            if len(started) % 50 == 0:
                await bot.idle(seconds=60)
    assert len(started) > 500
    await asyncio.gather(*(one.acknowledged() for one in started))
    await bot.idle(seconds=60)
    assert defects(caplog.records) == []
    assert not [one for one in started if one.response is not None and one.response.thinking]
    discord.misanswers.clear()  # forms that nobody showed were sent
    assert (await clicks(bot, ada, answer, "Why this answer?")).content


def defects(records: Iterable[logging.LogRecord]) -> list[str]:
    """Errors that are Lorelens' own: discord.py's own reading fails at much."""
    failed = [one.getMessage() for one in records if one.levelno >= logging.ERROR]
    return sorted({one for one in failed if not one.startswith("Reading ")})


def spoilt(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The payload with each of its fields taken away, or replaced, in turn."""
    for path in paths(payload):
        for number in range(len(WRONG) + 1):
            body = copy.deepcopy(payload)
            holder: Any = body
            for step in path[:-1]:
                holder = holder[step]
            if number:
                holder[path[-1]] = WRONG[number - 1]
            else:
                del holder[path[-1]]
            yield body


def paths(value: Any, before: Steps = ()) -> Iterator[Steps]:
    """All fields: of lists, only of the first item."""
    items = list(cast(dict[str, Any], value).items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        items = list(enumerate(cast(list[Any], value)))[:1]
    for key, more in items:
        yield (*before, key)
        yield from paths(more, (*before, key))
