"""`/ask` answers only to whoever asks, and a follow-up is understood from the same private conversation."""

import pytest

from adapters.texts import CHINESE
from tests.scenario.slack.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_only_the_asker_sees_question_and_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.runs("/ask", "How long does a rollback take?", place=general)
    assert asked.shown is not None and "How long does a rollback take?" in asked.shown.shown
    answer = await answered(bot, ada, ROLLBACK)
    assert "Deploys › Rollback" in answer.shown
    assert "Share in channel" in [one.label for one in answer.buttons]
    assert slack.ephemeral(ben) == [] and slack.messages(general) == []


async def test_a_follow_up_is_understood_though_others_talk_in_the_channel(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    await ada.runs("/ask", "What does ERR-4031 mean?", place=general)
    await answered(bot, ada, ERROR)
    await ben.says(general, "Lunch?")
    await ada.runs("/ask", "And how do I fix it?", place=general)
    await answered(bot, ada, "Rotate the signing key")


async def test_what_one_person_asks_is_no_part_of_anothers_conversation(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    await ada.runs("/ask", "What does ERR-4031 mean?", place=general)
    await ben.runs("/ask", "How long does a rollback take?", place=general)
    await answered(bot, ada, ERROR)
    await answered(bot, ben, ROLLBACK)
    for person, text in ((ada, "What does ERR-4031 mean?"), (ben, "How long does a rollback take?")):
        said = await bot.store.history(f"slack/{slack.team.id}/{general.id}/~{person.id}", 4000)
        assert [one.text for one in said if one.role == "person"] == [text]


async def test_a_command_that_slack_sends_twice_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.runs("/ask", "How long does a rollback take?", place=general)
    slack.redeliver(asked.delivery)
    await answered(bot, ada, ROLLBACK)
    assert len([one for one in slack.ephemeral(ada) if ROLLBACK in one.shown]) == 1


async def test_it_is_acknowledged_while_nobody_answers(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot(with_worker=False)
    asked = await ada.runs("/ask", "How long does a rollback take?", place=general)
    assert asked.acknowledged_after is not None and asked.acknowledged_after < 3
    assert (await bot.desk.mailbox.state()).conversations == 1
    assert len(slack.ephemeral(ada)) == 1


async def test_a_chinese_question_is_answered_in_chinese(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    asked = await mei.runs("/ask", "每年有多少天带薪休假？", place=general)
    assert asked.shown is not None and "问题已收到" in asked.shown.shown
    answer = await answered(bot, mei, "二十五天")
    assert CHINESE.share in [one.label for one in answer.buttons]


async def test_it_works_where_the_app_is_no_member(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    secret = slack.channel("secret", "private", members=[ada], bot=False)
    await ada.runs("/ask", "How long does a rollback take?", place=secret)
    await answered(bot, ada, ROLLBACK)


async def test_a_question_that_is_too_long_is_refused_with_the_limit(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.runs("/ask", "long " * 3000, place=general)
    assert asked.shown is not None and "12000" in asked.shown.shown
    await bot.idle()
    assert len(slack.ephemeral(ada)) == 1


async def answered(bot: RunningBot, person: Person, words: str, *, seconds: float = 10) -> Message:
    """The ephemeral message with these words, once it is there and nothing works on it any more."""
    seen = bot.slack.ephemeral
    [found] = await bot.slack.until(lambda: [one for one in seen(person) if words in one.shown], seconds=seconds)
    await bot.idle()
    return found
