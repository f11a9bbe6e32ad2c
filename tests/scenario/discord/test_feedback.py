"""People say whether an answer helped, and why it did not; their last word counts."""

from core.quality.feedback import Feedback, FeedbackBook
from tests.discord_emulator import Channel, Emulator, Guild, Message, Person
from tests.scenario.discord.interacting import asks, button, clicks, ephemeral, heard, redelivered, told
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"
FIELD = "What should be better?"


async def test_a_thumb_up_is_kept_and_thanked_for_where_only_the_person_sees_it(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    thanks = await clicks(bot, ada, await bot.answer(asked), "👍")
    assert thanks.content == "Thank you for telling." and thanks.ephemeral_for is ada.user
    [kept] = await given(bot)
    assert (kept.helpful, kept.person.id, kept.message_id) == (True, str(ada.user.id), f"{general.id}:{asked.id}")


async def test_a_thumb_down_asks_for_a_reason_that_is_kept_with_it(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    pressed = await (await ada.clicks(answer, "👎")).acknowledged()
    assert pressed.modal is not None and pressed.modal["title"] == "What was wrong?"
    sent = await ada.submits(pressed, {FIELD: "It is out of date."})
    assert (await sent.answered()).content == "Thank you. What you wrote was noted with the answer."
    [kept] = await given(bot)
    assert (kept.helpful, kept.text) == (False, "It is out of date.")


async def test_a_thumb_down_counts_though_no_reason_is_given(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    await (await ada.clicks(answer, "👎")).acknowledged()
    await bot.idle()
    assert [one.helpful for one in await given(bot)] == [False]


async def test_two_clicks_are_one_word_and_the_last_counts(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    for person, label in ((ada, "👍"), (ada, "👍"), (ben, "👎"), (ben, "👍")):
        await (await person.clicks(answer, label)).acknowledged()
        await bot.idle()
    people = sorted((one.person.id, one.helpful) for one in await given(bot))
    assert people == sorted([(str(ada.user.id), True), (str(ben.user.id), True)])


async def test_a_second_thumb_down_does_not_wipe_out_the_reason(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    pressed = await (await ada.clicks(answer, "👎")).acknowledged()
    await (await ada.submits(pressed, {FIELD: "It is out of date."})).answered()
    await (await ada.clicks(answer, "👎")).acknowledged()
    await bot.idle()
    assert [one.text for one in await given(bot)] == ["It is out of date."]


async def test_a_form_that_comes_twice_is_thanked_for_once(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    pressed = await (await ada.clicks(answer, "👎")).acknowledged()
    payloads = heard(bot)
    await (await ada.submits(pressed, {FIELD: "Wrong."})).answered()
    await redelivered(bot, payloads[-1])
    assert len(ephemeral(ada, general)) == 1 and len(await given(bot)) == 1


async def test_feedback_on_an_answer_that_is_forgotten_is_explained(
    bot: RunningBot, acme: Guild, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"discord/{acme.id}/{general.id}/re-{asked.id}")
    assert (await clicks(bot, ada, answer, "👍")).content == "This answer is not kept any more."
    assert await told(bot, await ada.clicks(answer, "👎")) == ["This answer is not kept any more."]
    assert await given(bot) == []


async def test_a_chinese_person_is_asked_and_thanked_in_chinese(
    discord: Emulator, acme: Guild, bot: RunningBot, general: Channel
) -> None:
    mei = discord.person("mei", acme, locale="zh-CN")
    answer = await asks(bot, mei, "每年有多少天带薪休假？", general)
    pressed = await (await mei.clicks(answer, "👎")).acknowledged()
    assert pressed.modal is not None and pressed.modal["title"] == "哪里不好？"
    [label] = [one["label"] for one in pressed.modal["components"]]
    sent = await mei.submits(pressed, {label: "过时了"})
    assert (await sent.answered()).content == "谢谢。您写的内容已和回答一起记下。"


async def test_an_id_that_names_another_channel_s_conversation_does_nothing(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    secret = discord.channel(acme, "secret", hidden=True, allow=[ben, discord.bot])
    elsewhere = await asks(bot, ben, QUESTION, secret)
    answer = await asks(bot, ada, QUESTION, general)
    forge(answer, elsewhere)
    versions = len(elsewhere.history)
    for name in ("helpful", "why"):
        assert (await clicks(bot, ada, answer, button(answer, name))).content == "This answer is not kept any more."
    await told(bot, await ada.clicks(answer, button(answer, "again")))
    assert await given(bot) == [] and len(elsewhere.history) == versions


def forge(answer: Message, other: Message) -> None:
    """Let the buttons of an answer name another one's conversation."""
    for mine, theirs in zip(answer.components, other.components, strict=True):
        for one, another in zip(mine["components"], theirs["components"], strict=True):
            one["custom_id"] = another["custom_id"]


async def given(bot: RunningBot) -> list[Feedback]:
    return await FeedbackBook(bot.store).newest()
