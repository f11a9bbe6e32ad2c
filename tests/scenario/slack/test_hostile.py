"""What people write and do that nobody thought of: each question has one answer, nobody is called, nothing breaks."""

import asyncio
import io
import json
import logging
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenario.served_team import Shared
from tests.scenario.slack.clickable import clickable
from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator, Upload

QUESTION = "How long does a rollback take?"
BROADCASTS = "<!channel> <!here> <!everyone|x> <!subteam^S1> <@U0SOMEBODY> @channel @here"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture(autouse=True)
def nothing_breaks(slack: SlackEmulator, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No errors in the log, nobody called, nothing half-done: at the end of each of these stories."""
    yield
    broken = [one.getMessage() for one in caplog.get_records("call") if one.levelno >= logging.ERROR]
    assert not broken
    people = {one.id: one.name for one in slack.world.accounts.values()}
    assert {(one.kind, people.get(one.target)) for one in slack.notified} <= {("user", "ada")}  # who did it herself
    standing = [one for channel in slack.world.channels.values() for one in slack.messages(channel) if one.by_app]
    assert not [one.shown for one in standing if one.streaming or any(b.label == "Stop" for b in one.buttons)]


# --- what is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "\u200b\u200d\ufeff\u2060",
        "\u202egnihtemos \u2066reverse\u2069",
        ":wave: :thinking_face:",
        "👩🏽‍🚀🏳️‍🌈🇨🇳",
        "\x00\x01\x1b[31m",
        "\ud83d",
        "&lt;&amp;gt; &#x3c; <",
        "<https://example.com|",
        "`" * 300,
        "> " * 200,
        "*_~`" * 50,
        "|a|b|\n|-|-|\n" * 20,
        BROADCASTS,
        f"[@channel](https://evil.example/?q={'a' * 50}) ![x](https://evil.example/x.png)",
        "<mailto:a@b.example|<!channel>> <tel:+1|x> <#C0NOWHERE|<!here>>",
        "${jndi:ldap://x} {{7*7}} '; DROP TABLE messages; -- \" OR 1=1 AND (NOT",
    ],
)
async def test_whatever_is_written_has_one_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, text: str
) -> None:
    asked = await ada.mentions(general, text)
    answer = await bot.answer(asked)
    assert answer.shown.strip()
    assert ROLLBACK in (await bot.answer(await ada.mentions(general, QUESTION))).shown


@pytest.mark.slow
@pytest.mark.parametrize("text", ["how long? " * 4_000, "怎么回滚" * 10_000, "x" * 40_000, "<!channel> " * 3_000])
async def test_forty_thousand_characters_have_one_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, text: str
) -> None:
    answer = await bot.answer(await ada.mentions(general, text), seconds=20)
    assert answer.shown.strip()
    sent = await ada.runs("/ask", text, place=general)
    assert not sent.failed
    await bot.idle()
    assert slack.ephemeral(ada) or sent.shown


async def test_a_question_that_is_markup_is_quoted_without_effect(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = f"{BROADCASTS} <https://evil.example|click> *{QUESTION}*"
    sent = await ada.runs("/ask", asked, place=general)
    assert not sent.failed
    await bot.idle()
    [answer] = [one for one in slack.ephemeral(ada) if one.buttons]
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    [shared] = bot.answers(general)
    assert "Shared by" in shared.shown and "Sources" in shared.shown
    assert not [one for one in clickable(shared) if "evil.example" in one]


async def test_a_suggested_question_that_is_markup_is_quoted_without_effect(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    conversation = f"slack/{slack.team.id}/{general.id}/{answer.root}"
    forge(answer, "lorelens_suggestion_1", conversation, f"{general.id}:{answer.root}", BROADCASTS)
    await ada.clicks(answer, "lorelens_suggestion_1")
    await bot.idle()
    assert len(bot.answers(general)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["<!channel>", "*b* `c` <@U0ADA>", "\u202enada\n> q", "x" * 300, "half \ud83d"])
async def test_names_with_markup_in_them(slack: SlackEmulator, bot: RunningBot, name: str, general: Channel) -> None:
    eve = slack.person("eve", display_name=name, real_name=name, channels=[general])
    odd = slack.channel(name, "private", members=[eve])
    for place in (general, odd):
        answer = await bot.answer(await eve.mentions(place, f"{eve.mention} <#{odd.id}> {QUESTION}"))
        assert answer.shown.strip()
        await eve.clicks(answer, "Why this answer?")
        await eve.uses_shortcut("save_message", answer)
        await bot.idle()
    root = await eve.opens_assistant(odd)
    await eve.says(root, QUESTION)
    await eve.opens_home()
    await bot.idle()


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
        ("page.html", b"<html><body><!channel> <img src=https://evil.example/x></body></html>"),
        ("archive.zip", zipped("a.txt", 1000)),
        ("bomb.docx", zipped("word/document.xml", 200_000_000)),
        ("bomb.png", VAST_PNG),
        ("empty.png", b""),
        ("broken.pdf", b"%PDF-1.7\n%%EOF"),
        ("<!channel> *x* `y`.txt", b"<!channel> hello"),
        ("../../etc/passwd", b"root:x"),
        ("x" * 250 + ".md", b"# long"),
    ],
)
async def test_a_file_that_is_not_what_it_says_costs_no_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, name: str, content: bytes
) -> None:
    asked = await ada.mentions(general, QUESTION, files=[Upload(name, content)])
    assert ROLLBACK in (await bot.answer(asked, seconds=20)).shown


@pytest.mark.slow
async def test_twenty_files_beside_a_question(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    files = [Upload(f"{at}.png", screenshot) for at in range(10)] + [Upload(f"{at}.txt", b"x") for at in range(10)]
    asked = await ada.mentions(general, "What does this error mean?", files=files)
    assert (await bot.answer(asked, seconds=30)).shown.strip()


# --- what changes while it is answered -----------------------------------------------------------------------------


async def test_the_root_of_the_thread_is_deleted_before_the_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    root = await ada.says(general, "Deploys?")
    asked = await ben.mentions(root, QUESTION)
    await ada.deletes(root)
    await bot.idle()
    assert len([one for one in bot.answers(general) if one.thread_ts == asked.root]) == 1


async def test_a_question_that_is_deleted_at_once_leaves_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    for wait in (0.0, 0.02, 0.1):
        asked = await ada.mentions(general, QUESTION)
        await asyncio.sleep(wait)  # whenever it comes: that is the story
        await ada.deletes(asked)
    await bot.idle()
    assert bot.answers(general) == []


async def test_a_question_that_is_edited_again_and_again_has_the_answer_to_its_last_words(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What is this?")
    for at in range(8):
        await asyncio.sleep(0.03 * (at % 3))  # whenever it comes
        await ada.edits(asked, ["What does ERR-4031 mean?", QUESTION][at % 2])
    await slack.until(lambda: any(ROLLBACK in one.shown for one in slack.replies(asked)))
    answer = await bot.answer(asked)
    assert ROLLBACK in answer.shown and ERROR not in answer.shown


async def test_two_people_ask_the_same_at_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    first, second = await asyncio.gather(ada.mentions(general, QUESTION), ben.mentions(general, QUESTION))
    for asked in (first, second):
        assert ROLLBACK in (await bot.answer(asked)).shown
    root = await ada.mentions(general, "What does ERR-4031 mean?")
    await asyncio.gather(ada.mentions(root, QUESTION), ben.mentions(root, QUESTION))
    await bot.idle()
    assert any(ROLLBACK in one.shown for one in slack.replies(root))


async def test_the_app_is_put_out_of_the_channel_in_the_middle(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    await ada.kicks_bot(general)
    await bot.idle()
    await ada.invites_bot(general)
    again = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(again)).shown
    # What stands nowhere is said directly, with the reason; nothing is tried for ever.
    assert slack.replies(asked) or any(one.by_app for one in slack.messages(ada.dm))


async def test_the_channel_is_archived_in_the_middle(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    await ada.archives(general)
    await bot.idle()
    assert slack.replies(asked) or any(one.by_app for one in slack.messages(ada.dm))


async def test_a_person_is_deactivated_in_the_middle(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    await ada.says("bot", QUESTION)
    await ada.changes(deleted=True)
    await bot.idle()
    assert len(slack.replies(asked)) == 1
    await ben.mentions(asked, "What does ERR-4031 mean?")
    await slack.until(lambda: any(ERROR in one.shown for one in slack.replies(asked)))


# --- looking -------------------------------------------------------------------------------------------------------


def forge(message: Message, action: str, conversation: str, about: str, text: str) -> None:
    """Put a button under a message as only a forger could."""
    value = {"c": conversation, "m": about, "q": text}
    button = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": "x"}}
    message.blocks.append(
        {"type": "actions", "block_id": "forged", "elements": [{**button, "value": json.dumps(value)}]}
    )
