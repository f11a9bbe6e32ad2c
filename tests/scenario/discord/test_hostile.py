"""What people write and do that nobody thought of: each question has one answer, nobody is called, nothing breaks."""

import asyncio
import io
import logging
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Message, Permission, Person, Upload
from tests.discord_emulator.interacting import begin
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.interacting import answered, asks, ephemeral, heard, redelivered, told
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

QUESTION = "How long does a rollback take?"
WHAT_IS = "What does ERR-4031 mean?"
GONE = "This answer is not kept any more."
CALLS = "@everyone @here <@1> <@!2> <@&3> <#4> </ask:5> <t:0> <id:customize> <:x:6>"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture(autouse=True)
def nothing_breaks(discord: Emulator, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No errors in the log, nobody called, nothing half-done: at the end of each of these stories."""
    yield
    broken = [one.getMessage() for one in caplog.get_records("call") if one.levelno >= logging.ERROR]
    assert not broken
    called = [one for one in discord.notified if one.message.author is discord.bot and one.reason != "direct"]
    assert not called
    standing = [one for place in discord.channels.values() for one in discord.messages(place)]
    ours = [one for one in standing if one.author is discord.bot]
    assert not [one.content for one in ours if one.thinking or any(b.label == "Stop" for b in one.buttons())]


# --- what is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\u200b\u200d\ufeff\u2060",
        "\u202egnihtemos \u2066reverse\u2069",
        "👩🏽‍🚀🏳️‍🌈🇨🇳 :wave: <a:party:123456789012345678>",
        "\x01\x1b[31m",
        "怎么回滚？",
        "`" * 300,
        "> " * 200,
        "```\n" * 3 + "````md\n```\n" * 3,
        "*_~`|" * 50,
        "|a|b|\n|-|-|\n" * 20,
        "||spoiler|| -# small\n-# smaller\n# big",
        CALLS,
        "<@" * 50 + "1>" * 50,
        f"[@everyone](https://evil.example/?q={'a' * 50}) ![x](https://evil.example/x.png) <https://evil.example>",
        "${jndi:ldap://x} {{7*7}} '; DROP TABLE messages; -- \" OR 1=1 AND (NOT",
        "<t:99999999999999> <t:-999999999999:R> <#0> <@99999999999999999999999>",
    ],
)
async def test_whatever_is_written_has_one_answer(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel, text: str
) -> None:
    answer = await bot.answer(await ada.mentions(general, text))
    assert answer.content.strip()
    directly = await bot.answer(await ada.says(discord.bot, text or "?"))
    assert directly.content.strip()
    assert ROLLBACK in (await bot.answer(await ada.mentions(general, QUESTION))).content


@pytest.mark.slow
@pytest.mark.parametrize("text", ["how long? " * 195, "怎么回滚" * 490, "x" * 1960, "@everyone " * 195])
async def test_as_much_as_a_message_holds_has_one_answer(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel, text: str
) -> None:
    assert (await bot.answer(await ada.mentions(general, text), seconds=20)).content.strip()
    longest = (text * 3)[:4000]  # as much as a command takes, and a message of people who pay for more
    assert (await asks(bot, ada, longest, general)).content.strip()
    assert (await asks(bot, ada, longest, general, private=True)).content.strip()


async def test_a_question_that_is_markup_is_quoted_without_effect(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = f"{CALLS} [click](https://evil.example) **{QUESTION}** ||x|| ```"
    answer = await asks(bot, ada, asked, general, private=True)
    await told(bot, await ada.clicks(answer, "Share in channel"))
    [shared] = [one for one in bot.answers(general) if not one.ephemeral]
    for one in (answer, shared):
        assert not links_to_evil(one)
        assert not re.search(r"(?<!\\)<[#/]", one.content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["@everyone", "*b* `c` <@1> ||x||", "\u202enada", "x" * 32, "[a](https://evil.example)"]
)
async def test_names_with_markup_in_them(
    discord: Emulator, acme: Guild, bot: RunningBot, name: str, general: Channel
) -> None:
    eve = discord.person("eve", acme, nick=name)
    odd = discord.channel(acme, name)
    role = discord.role(acme, name)
    for place in (general, odd):
        answer = await bot.answer(await eve.mentions(place, f"{eve.mention} {odd.mention} <@&{role.id}> {QUESTION}"))
        assert answer.content.strip()
        await told(bot, await eve.clicks(answer, "Why this answer?"))
        await told(bot, await eve.uses_menu("Save to team knowledge", answer))
    private = await asks(bot, eve, QUESTION, odd, private=True)
    await told(bot, await eve.clicks(private, "Share in channel"))
    shown = [*bot.answers(odd), *ephemeral(eve, odd), *ephemeral(eve, general)]
    assert not [one.content for one in shown if links_to_evil(one)]


# --- what is put beside it -----------------------------------------------------------------------------------------


def zipped(name: str, size: int) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * size)
    return file.getvalue()


VAST_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00\x01\x00\x00" * 2 + b"\x08\x06\x00\x00\x00" + b"\0" * 99
"""Says that it is 65,536 pixels wide and high."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("page.html", b"<html><body>@everyone <img src=https://evil.example/x></body></html>"),
        ("archive.zip", zipped("a.txt", 1000)),
        ("bomb.docx", zipped("word/document.xml", 200_000_000)),
        ("bomb.png", VAST_PNG),
        ("empty.png", b""),
        ("broken.pdf", b"%PDF-1.7\n%%EOF"),
        ("@everyone *x* `y` <@1>.png", b"no picture"),
        ("[a](https://evil.example).png", b"no picture"),
        ("../../etc/passwd", b"root:x"),
        ("x" * 250 + ".md", b"# long"),
    ],
)
async def test_a_file_that_is_not_what_it_says_costs_no_answer(
    bot: RunningBot, ada: Person, general: Channel, name: str, content: bytes
) -> None:
    asked = await ada.mentions(general, QUESTION, files=[Upload(name, content)])
    answer = await bot.answer(asked, seconds=20)
    assert ROLLBACK in answer.content
    assert not links_to_evil(answer)


@pytest.mark.slow
async def test_ten_files_beside_a_question(bot: RunningBot, ada: Person, general: Channel, screenshot: bytes) -> None:
    files = [Upload(f"{at}.png", screenshot) for at in range(5)] + [Upload(f"{at}.txt", b"x") for at in range(5)]
    asked = await ada.mentions(general, WHAT_IS, files=files)
    assert ERROR in (await bot.answer(asked, seconds=30)).content


async def test_links_that_are_dead_when_the_message_comes_are_asked_for_anew(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    discord.gateway.silent = True
    asked = await ada.mentions(general, "What does this error mean?", files=[Upload("a.png", screenshot)])
    asked.attachments[0].expire()
    discord.gateway.silent = False
    discord.gateway.drop()
    assert ERROR in (await bot.answer(asked, seconds=20)).content


# --- what changes while it is answered -----------------------------------------------------------------------------


async def test_a_question_that_is_deleted_at_once_leaves_nothing(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    for wait in (0.0, 0.02, 0.1, 0.3):
        asked = await ada.mentions(general, QUESTION)
        await asyncio.sleep(wait)  # whenever it comes: that is the story
        await ada.deletes(asked)
    await bot.idle()
    assert bot.answers(general) == []


async def test_a_question_that_is_edited_again_and_again_has_the_answer_to_its_last_words(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    mention = discord.bot.mention
    asked = await ada.mentions(general, "What is this?")
    for at in range(8):
        await asyncio.sleep(0.03 * (at % 3))  # whenever it comes
        await ada.edits(asked, f"{mention} {[WHAT_IS, QUESTION][at % 2]}")
    await discord.until(lambda: any(ROLLBACK in one.content for one in bot.replies(asked)))
    answer = await bot.answer(asked)
    assert ROLLBACK in answer.content and ERROR not in answer.content


async def test_the_channel_is_deleted_in_the_middle(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    gone, thread = discord.channel(acme, "gone"), await ada.opens_thread(general, "gone too")
    for place in (gone, thread):
        await ada.mentions(place, QUESTION)
        discord.delete_channel(place)
        await bot.idle(seconds=20)
    assert ROLLBACK in (await bot.answer(await ada.mentions(general, QUESTION))).content


async def test_lorelens_is_put_out_of_the_server_in_the_middle(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.mentions(general, QUESTION)
    discord.remove_bot(acme)
    await bot.idle(seconds=20)
    discord.add_bot(acme)
    again = await ada.mentions(general, WHAT_IS)
    assert ERROR in (await bot.answer(again)).content


async def test_permissions_are_taken_away_in_the_middle(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    for denied in (Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL, Permission.READ_MESSAGE_HISTORY):
        asked = await ada.mentions(general, QUESTION)
        discord.overwrite(general, acme.everyone, deny=denied)
        await bot.idle(seconds=20)
        before = len(bot.replies(asked))
        discord.overwrite(general, acme.everyone)
        assert before <= 1
        assert before or bot.answers(ada.dm)
    assert ERROR in (await bot.answer(await ada.mentions(general, WHAT_IS))).content


async def test_two_people_ask_the_same_at_once(bot: RunningBot, ada: Person, ben: Person, general: Channel) -> None:
    both = await asyncio.gather(ada.mentions(general, QUESTION), ben.mentions(general, QUESTION))
    for asked in both:
        assert ROLLBACK in (await bot.answer(asked)).content


# --- what is clicked and sent --------------------------------------------------------------------------------------


async def test_a_button_that_names_what_is_not_there_does_nothing(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ben])
    discord.overwrite(hidden, discord.bot, allow=Permission.VIEW_CHANNEL)
    secret = await ben.mentions(hidden, WHAT_IS)
    other = await bot.answer(secret)
    private = await asks(bot, ben, WHAT_IS, general, private=True)
    thread = f"re-{secret.id}"
    before = len(answer.history), len(other.history), len(private.history)
    known = next(one.custom_id or "" for one in private.buttons() if "why" in (one.custom_id or ""))
    for name in ("why", "again", "stop", "share", "suggestion1", "suggestion²", "helpful", "unhelpful", "unsave", "x"):
        for about in (
            f"{hidden.id}:{secret.id}:{thread}",
            f"{general.id}:{secret.id}:{thread}",
            f"{general.id}:{answer.id}:~{ben.user.id}",
            known.removeprefix("lorelens:why:"),
            "0:0:",
            "²:²:²",
            "\ud83d:\x00:/%2F",
            ":::",
            "x" * 80,
        ):
            press(discord, ada, answer, f"lorelens:{name}:{about}"[:100])
    for garbage in ("", ":", "lorelens", "lorelens:", "lorelens:ask:", "lorelens:forget:x", "{", "x" * 100, "\x00"):
        press(discord, ada, answer, garbage)
        sends(discord, ada, answer, garbage)
        sends(discord, ada, answer, f"lorelens:unhelpful:{hidden.id}:{secret.id}:{thread}")
        sends(discord, ada, answer, f"lorelens:ask:{garbage}"[:100])
    await bot.idle(seconds=30)
    assert (len(answer.history), len(other.history), len(private.history)) == before
    assert {one.content for one in bot.answers(general) if not one.ephemeral} <= {answer.content, GONE}
    assert bot.answers(hidden) == [other]
    assert not [one.content for one in ephemeral(ada, general) if ERROR in one.content]
    discord.misanswers.clear()  # forms that nobody showed were sent


async def test_interactions_of_kinds_that_nobody_knows_are_passed_over(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    for kind in (0, 1, 6, 99):
        begin(discord, kind, ada.user, general, {"name": "ask", "custom_id": "x"})
    for data in ({}, {"name": "drop", "type": 1}, {"name": "ask", "type": 9}, {"name": "ask", "type": 1, "options": 7}):
        begin(discord, 2, ada.user, general, data)
        begin(discord, 4, ada.user, general, data)
    await bot.idle()
    assert ROLLBACK in (await asks(bot, ada, QUESTION, general)).content


async def test_what_comes_twice_is_done_once(discord: Emulator, bot: RunningBot, ada: Person, general: Channel) -> None:
    came = heard(bot)
    await asks(bot, ada, QUESTION, general)
    answer = await bot.answer(await ada.mentions(general, WHAT_IS))
    await answered(bot, await ada.clicks(answer, "👍"))
    said: list[Any] = []
    bot.client.hear("MESSAGE_CREATE", lambda payload: said.append(dict(payload)))
    asked = await ada.mentions(general, QUESTION)
    await bot.answer(asked)
    before = len(bot.answers(general))
    for payload in list(came):
        await redelivered(bot, payload)
    for payload in list(said):
        discord.gateway.emit("MESSAGE_CREATE", payload, int(payload["guild_id"]))
    await bot.idle()
    assert len(bot.answers(general)) == before


# --- looking -------------------------------------------------------------------------------------------------------


def links_to_evil(message: Message) -> bool:
    """Whether words in it are a link to where nobody meant to go."""
    return re.search(r"(?<!\\)\]\(\s*<?https?://evil", message.content) is not None


def press(discord: Emulator, person: Person, message: Message, custom_id: str) -> None:
    """Press a button that only a forger could have put there."""
    begin(discord, 3, person.user, message.channel, {"custom_id": custom_id, "component_type": 2, "id": 1}, message)


def sends(discord: Emulator, person: Person, message: Message, custom_id: str) -> None:
    """Send a form that nobody showed."""
    fields = [
        {"type": 18, "component": {"type": 4, "custom_id": name, "value": QUESTION}}
        for name in ("question", "where", "reason", "\x00")
    ]
    begin(discord, 5, person.user, message.channel, {"custom_id": custom_id, "components": fields}, message)
