"""Lorelens was away when somebody asked: it reads what it missed, and answers it once."""

import asyncio

import pytest

from tests.scenario.slack.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator


async def caught_up(bot: RunningBot) -> None:
    """Return when all that was missed is read."""
    async with asyncio.timeout(5):
        await bot.ingress.catch_up.is_up_to_date.wait()


@pytest.fixture
async def was_up(slack: SlackEmulator, start_bot: StartBot) -> StartBot:
    """A bot was here once, and is down now; Slack has given up on what it sends meanwhile."""
    slack.settings.retry_delays = ()
    bot = await start_bot(with_worker=False)
    await caught_up(bot)
    await bot.stop()
    return start_bot


async def test_a_question_that_was_asked_meanwhile_is_answered_at_the_start(
    slack: SlackEmulator, was_up: StartBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await ada.says(general, "lunch?")
    await slack.settled()
    bot = await was_up()
    assert ERROR in (await bot.answer(asked)).shown
    assert len(bot.answers(general)) == 1


async def test_a_direct_message_and_one_in_a_private_channel_are_found(
    slack: SlackEmulator, was_up: StartBot, ada: Person
) -> None:
    secret = slack.channel("secret", kind="private")
    asked = await ada.mentions(secret, "How long does a rollback take?")
    await ada.says("bot", "What does ERR-4031 mean?")
    await slack.settled()
    bot = await was_up()
    assert ROLLBACK in (await bot.answer(asked)).shown
    await slack.until(lambda: bot.answers(ada.dm))
    assert ERROR in bot.answers(ada.dm)[0].shown


async def test_a_follow_up_in_its_thread_is_found(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = ()
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await bot.stop()
    await ada.says(asked, "And how do I fix it?")
    await slack.settled()
    bot = await start_bot()
    await slack.until(lambda: len(slack.replies(asked)) == 2)
    await bot.idle()
    assert "Rotate the signing key" in slack.replies(asked)[-1].shown
    assert len(slack.replies(asked)) == 2


async def test_a_question_that_was_edited_meanwhile_is_answered_anew(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = ()
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    first = await bot.answer(asked)
    await bot.stop()
    await ada.edits(asked, "How long does a rollback take?")
    await slack.settled()
    bot = await start_bot()
    await slack.until(lambda: ROLLBACK in slack.replies(asked)[0].shown)
    assert (await bot.answer(asked)).ts == first.ts


async def test_what_was_answered_is_not_answered_again(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    versions = len(answer.versions)
    await bot.stop()
    bot = await start_bot()
    await caught_up(bot)
    assert slack.calls("conversations.history")
    await bot.idle()
    assert [len(one.versions) for one in bot.answers(general)] == [versions]


async def test_a_permission_that_is_missing_costs_only_what_it_is_for(
    slack: SlackEmulator, was_up: StartBot, ada: Person, general: Channel
) -> None:
    scopes = slack.installation().scopes
    scopes[:] = [scope for scope in scopes if scope not in {"groups:read", "mpim:read"}]
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.settled()
    bot = await was_up()
    assert ERROR in (await bot.answer(asked)).shown


@pytest.mark.slow
async def test_what_was_missed_is_read_again_after_slack_was_away(
    slack: SlackEmulator, was_up: StartBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.settled()
    slack.faults.add("conversations.history", "503", count=3)
    slack.faults.add("users.conversations", "429", count=1, seconds=0.1)
    bot = await was_up()
    assert ERROR in (await bot.answer(asked)).shown


async def test_the_first_start_of_all_reads_no_history(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = ()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.settled()
    bot = await start_bot()
    await caught_up(bot)
    assert slack.replies(asked) == []
    assert not slack.calls("conversations.history")
