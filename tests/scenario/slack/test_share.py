"""*Share in channel* lets everybody there see an answer that only its asker saw, if all may see its sources."""

import asyncio

import pytest

from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

QUESTION = "How long does a rollback take?"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_everybody_sees_the_answer_with_its_question_and_who_shared_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await private_answer(bot, ada, general)
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    [shared] = bot.answers(general)
    assert ROLLBACK in shared.shown and QUESTION in shared.shown and "Deploys › Rollback" in shared.shown
    assert f"Shared by <@{ada.id}>" in str(shared.blocks[0])
    assert shared.thread_ts == ""
    assert "Shared in the channel." in [one.shown for one in slack.ephemeral(ada)]
    assert not [one for one in slack.notified if one.target != ada.id]


async def test_the_picture_is_shared_with_the_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await private_answer(bot, ada, general, "Show me the diagram of a rollback")
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    [shared] = bot.answers(general)
    [picture] = shared.pictures
    assert "rollback" in picture.alt.lower()


async def test_it_is_shared_once_however_often_it_is_clicked(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await private_answer(bot, ada, general)
    await asyncio.gather(*(ada.clicks(answer, "Share in channel") for _ in range(3)))
    await bot.idle()
    assert len(bot.answers(general)) == 1


async def test_what_not_everybody_there_may_see_is_not_shared(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.person("gil", guest="restricted", channels=[general])
    answer = await private_answer(bot, ada, general)
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    assert bot.answers(general) == []
    assert any("not everybody there may see" in one.shown for one in slack.ephemeral(ada))


async def test_a_refusal_is_in_the_person_s_language(slack: SlackEmulator, bot: RunningBot, general: Channel) -> None:
    mei = slack.person("mei", locale="zh-CN", channels=[general])
    slack.person("gil", guest="restricted", channels=[general])
    answer = await private_answer(bot, mei, general, "每年有多少天带薪休假？")
    await mei.clicks(answer, "分享到频道")
    await bot.idle()
    assert any("并非所有人都可以查看" in one.shown for one in slack.ephemeral(mei))


async def test_where_the_app_may_not_write_the_person_is_told(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await private_answer(bot, ada, general)
    slack.faults.add("chat.postMessage", "restricted_action", channel=general.id)
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    assert bot.answers(general) == []
    assert any("restricted" in one.shown for one in slack.messages(ada.dm))
    assert "Shared in the channel." not in [one.shown for one in slack.ephemeral(ada)]
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    assert len(bot.answers(general)) == 1


async def test_an_answer_from_a_direct_message_has_no_channel_to_be_shared_with(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    await ada.runs("/ask", QUESTION, place="bot")
    [answer] = await slack.until(lambda: [one for one in slack.ephemeral(ada) if one.buttons])
    await bot.idle()
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    assert "Answers can be shared in channels only." in [one.shown for one in slack.ephemeral(ada)]


async def test_nobody_shares_what_only_another_person_was_told(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    await private_answer(bot, ben, general)
    answer = await private_answer(bot, ada, general, "What does ERR-4031 mean?")
    for block in answer.blocks:
        for element in block.get("elements", []):
            if element.get("action_id") == "lorelens_share":
                element["value"] = element["value"].replace(f"~{ada.id}", f"~{ben.id}")
    await ada.clicks(answer, "Share in channel")
    await bot.idle()
    assert bot.answers(general) == []
    assert "This answer is not kept any more." in [one.shown for one in slack.ephemeral(ada)]


async def private_answer(bot: RunningBot, asker: Person, channel: Channel, question: str = QUESTION) -> Message:
    """The answer that only its asker sees, once it is whole."""
    await asker.runs("/ask", question, place=channel)
    [answer] = await bot.slack.until(lambda: [one for one in bot.slack.ephemeral(asker) if one.buttons])
    await bot.idle()
    return answer
