"""People say whether an answer helped, and why it did not; their last word counts."""

import pytest

from adapters.slack.views import FEEDBACK
from core.quality.feedback import Feedback, FeedbackBook
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

QUESTION = "How long does a rollback take?"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_thumb_up_is_kept_and_thanked_for_where_only_the_person_sees_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    clicked = await ada.clicks(answer, "👍")
    assert clicked.acknowledged_after is not None
    await bot.idle()
    [thanks] = slack.ephemeral(ada)
    assert thanks.shown == "Thank you for telling."
    assert thanks.thread_ts == answer.thread_ts
    [kept] = await given(bot)
    assert (kept.helpful, kept.person.id, kept.message_id) == (True, ada.id, f"{general.id}:{answer.thread_ts}")


async def test_a_thumb_down_asks_for_a_reason_that_is_kept_with_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await ada.clicks(answer, "👎")
    [dialog] = await slack.until(lambda: slack.views(ada))
    assert dialog.body["callback_id"] == FEEDBACK
    await ada.submits(dialog, {"reason": "It is out of date."})
    await bot.idle()
    [kept] = await given(bot)
    assert (kept.helpful, kept.text) == (False, "It is out of date.")
    assert [one.shown for one in slack.ephemeral(ada)] == ["Thank you. What you wrote was noted with the answer."]


async def test_a_thumb_down_counts_though_no_reason_is_given(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await ada.clicks(answer, "👎")
    [dialog] = await slack.until(lambda: slack.views(ada))
    await ada.closes(dialog)
    await bot.idle()
    assert [one.helpful for one in await given(bot)] == [False]


async def test_two_clicks_are_one_word_and_the_last_counts(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await ada.clicks(answer, "👍")
    await ada.clicks(answer, "👍")
    await ben.clicks(answer, "👎")
    await ben.clicks(answer, "👍")
    await bot.idle()
    assert sorted((one.person.id, one.helpful) for one in await given(bot)) == sorted([(ada.id, True), (ben.id, True)])
    assert len(slack.ephemeral(ada)) == 1


async def test_a_second_thumb_down_does_not_wipe_out_the_reason(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await ada.clicks(answer, "👎")
    [dialog] = await slack.until(lambda: slack.views(ada))
    await ada.submits(dialog, {"reason": "It is out of date."})
    await ada.clicks(answer, "👎")
    [dialog] = await slack.until(lambda: slack.views(ada))
    await ada.submits(dialog)
    await bot.idle()
    assert [one.text for one in await given(bot)] == ["It is out of date."]


async def test_feedback_on_an_answer_that_is_forgotten_is_explained(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await forget(bot, answer)
    await ada.clicks(answer, "👍")
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(ada)] == ["This answer is not kept any more."]
    assert await given(bot) == []


async def test_a_chinese_person_is_asked_and_thanked_in_chinese(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    answer = await bot.answer(await mei.mentions(general, "每年有多少天带薪休假？"))
    await mei.clicks(answer, "👎")
    [dialog] = await slack.until(lambda: slack.views(mei))
    assert dialog.title == "哪里不好？"
    await mei.submits(dialog, {"reason": "过时了"})
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(mei)] == ["谢谢。您写的内容已和回答一起记下。"]


async def test_a_value_that_names_another_channel_s_conversation_does_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    secret = slack.channel("secret", "private", members=[ben])
    elsewhere = await bot.answer(await ben.mentions(secret, QUESTION))
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    ours, theirs = (f"slack/{slack.team.id}/{one.channel.id}/{one.thread_ts}" for one in (answer, elsewhere))
    for block in answer.blocks:
        for element in block.get("elements", []):
            for part in (element, element.get("positive_button", {}), element.get("negative_button", {})):
                if "value" in part:
                    part["value"] = part["value"].replace(ours, theirs)
    before = len(elsewhere.versions)
    for wanted in ("👍", "lorelens_why", "lorelens_again"):
        await ada.clicks(answer, wanted)
    await bot.idle()
    assert await given(bot) == []
    assert {one.shown for one in slack.ephemeral(ada)} == {"This answer is not kept any more."}
    assert len(elsewhere.versions) == before


async def given(bot: RunningBot) -> list[Feedback]:
    return await FeedbackBook(bot.store).newest()


async def forget(bot: RunningBot, answer: Message) -> None:
    team, channel = bot.slack.team.id, answer.channel.id
    await bot.store.forget_conversation(f"slack/{team}/{channel}/{answer.thread_ts}")
