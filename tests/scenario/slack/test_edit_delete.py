"""A question is edited or taken back: its answer follows in place."""

from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator


async def test_an_edited_question_is_answered_anew_in_place(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    first = await bot.answer(asked)
    await ada.edits(asked, "How long does a rollback take?")
    await slack.until(lambda: ROLLBACK in slack.replies(asked)[0].shown)
    second = await bot.answer(asked)
    assert second.ts == first.ts
    assert ERROR not in second.shown


async def test_the_answer_goes_with_its_question(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ada.deletes(asked)
    await slack.until(lambda: not bot.answers(general))
    await bot.idle()
    conversation = f"slack/{slack.team.id}/{general.id}/{asked.ts}"
    assert all(one.role == "assistant" for one in await bot.store.history(conversation, 1000))


async def test_a_mention_that_is_added_by_an_edit_counts(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    said = await ada.says(general, "How long does a rollback take?")
    await bot.idle()
    assert bot.answers(general) == []
    await ada.edits(said, f"<@{slack.bot_user_id}> How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(said)).shown


async def test_a_preview_that_slack_adds_changes_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take? https://example.com/runbook")
    answer = await bot.answer(asked)
    event = next(one.event for one in slack.deliveries if one.event.get("ts") == asked.ts)
    before = {key: value for key, value in event.items() if key not in {"channel", "channel_type", "event_ts"}}
    await slack.emit(
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": general.id,
            "channel_type": "channel",
            "ts": f"{float(asked.ts) + 1:.6f}",
            "event_ts": f"{float(asked.ts) + 1:.6f}",
            "message": before | {"type": "message", "attachments": [{"title": "Runbook", "id": 1}]},
            "previous_message": before | {"type": "message"},
        }
    )
    await bot.idle()
    assert len(bot.answers(general)) == 1
    assert len(answer.versions) == len(bot.answers(general)[0].versions)


async def test_an_edit_that_slack_sends_again_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ada.edits(asked, "How long does a rollback take?")
    await slack.until(lambda: ROLLBACK in slack.replies(asked)[0].shown)
    await bot.idle()
    versions = len(slack.replies(asked)[0].versions)
    edited = next(one for one in slack.deliveries if one.event.get("subtype") == "message_changed")
    slack.redeliver(edited)
    await bot.idle()
    assert len(slack.replies(asked)[0].versions) == versions


async def test_an_edit_that_comes_before_its_message_is_answered_as_it_reads_now(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.faults.add("events", "lost", count=2)  # as a message, and as a mention: they are sent again later
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.settled()
    first = list(slack.deliveries)
    await ada.edits(asked, f"<@{slack.bot_user_id}> How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).shown
    for one in first:
        slack.redeliver(one)
    assert ROLLBACK in (await bot.answer(asked)).shown


async def test_a_direct_question_that_is_edited_to_name_lorelens_is_answered_anew(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    asked = await ada.says("bot", "What does ERR-4031 mean?")
    [answer] = await slack.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    await ada.edits(asked, f"<@{slack.bot_user_id}> How long does a rollback take?")
    await slack.until(lambda: ROLLBACK in answer.shown)


async def test_an_edit_of_channel_talk_is_left_alone(bot: RunningBot, ada: Person, general: Channel) -> None:
    said = await ada.says(general, "lunch?")
    await ada.edits(said, "lunch at noon?")
    await ada.deletes(said)
    await bot.idle()
    assert bot.answers(general) == []
