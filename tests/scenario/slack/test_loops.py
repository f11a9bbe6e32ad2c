"""Bots that talk: Lorelens answers people alone, so that nothing goes round and round."""

from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator


async def test_its_own_answers_are_no_questions(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    # The app's own messages come to it as events, too, and its answer stands in a thread that it takes part in.
    assert [one for one in slack.deliveries if one.event.get("ts") == answer.ts and one.acknowledged]
    assert len(slack.replies(asked)) == 1


async def test_another_bot_that_mentions_it_is_not_answered(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    other = slack.other_bot("deploys")
    await other.joins(general)
    await other.mentions(general, "How long does a rollback take?")
    await bot.idle()
    assert bot.answers(general) == []


async def test_another_bot_in_its_thread_is_not_answered(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    other = slack.other_bot("deploys")
    await other.joins(general)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await other.says(asked, "ERR-4031 was seen again.")
    await bot.idle()
    assert len(slack.replies(asked)) == 1


async def test_a_workflow_that_posts_in_a_persons_name_is_not_answered(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    await slack.emit(
        {
            "type": "message",
            "subtype": "bot_message",
            "text": f"<@{slack.bot_user_id}> How long does a rollback take?",
            "ts": "1700000000.000100",
            "event_ts": "1700000000.000100",
            "username": "Morning report",
            "bot_id": "B0WORKFLOW1",
            "channel": general.id,
            "channel_type": "channel",
        }
    )
    await bot.idle()
    assert bot.answers(general) == []
