"""Questions that could follow are buttons: a click asks them for whoever clicked, and all see who asked what."""

from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

QUESTION = "On which days do deploys run?"


async def test_a_click_asks_in_the_thread_and_says_who_asked_what(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await ben.clicks(answer, suggestion(answer))
    second = await next_reply(bot, asked)
    assert ROLLBACK in second.shown
    assert "asked:" in second.shown and "Rollback" in second.shown.splitlines()[1]
    assert f"<@{ben.id}>" in str(second.blocks[0])
    assert not any(one.kind == "user" and one.target == ada.id for one in slack.notified)


async def test_it_is_asked_once_however_often_it_is_clicked(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    for person in (ada, ada, ben):
        await person.clicks(answer, suggestion(answer))
    await bot.idle()
    assert len(slack.replies(asked)) == 2
    assert [one.shown for one in slack.ephemeral(ben)] == ["This was asked already; the answer stands here."]


async def test_a_click_that_slack_sends_twice_is_one(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    clicked = await ada.clicks(answer, suggestion(answer))
    slack.redeliver(clicked.delivery)
    await bot.idle()
    assert len(slack.replies(asked)) == 2
    assert slack.ephemeral(ada) == []


async def test_it_is_asked_directly_and_goes_on_there(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    asked = await ada.says("bot", QUESTION)
    answer = await bot.answer(asked)
    await ada.clicks(answer, suggestion(answer))
    assert ROLLBACK in (await next_reply(bot, asked)).shown


async def test_it_is_answered_to_one_person_where_the_answer_was(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/ask", QUESTION, place=general)
    [answer] = await slack.until(lambda: [one for one in slack.ephemeral(ada) if one.buttons])
    await ada.clicks(answer, suggestion(answer))
    await bot.idle()
    assert any(ROLLBACK in one.shown and "asked:" in one.shown for one in slack.ephemeral(ada))
    assert slack.messages(general) == []


async def test_a_question_of_an_answer_that_is_kept_no_more_is_not_asked(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"slack/{slack.team.id}/{general.id}/{asked.ts}")
    await ada.clicks(answer, suggestion(answer))
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(ada)] == ["This answer is not kept any more."]
    assert len(slack.replies(asked)) == 1


def suggestion(answer: Message) -> str:
    return next(one.action_id for one in answer.buttons if one.action_id.startswith("lorelens_suggestion_"))


async def next_reply(bot: RunningBot, asked: Message) -> Message:
    """The second reply, once it is whole."""
    await bot.slack.until(lambda: len(bot.slack.replies(asked)) == 2)
    await bot.idle()
    return bot.slack.replies(asked)[-1]
