"""Questions that could follow are buttons: a click asks them for whoever clicked, and all see who asked what."""

from tests.discord_emulator import Channel, Emulator, Guild, Message, Person
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.discord.interacting import answered, asks, button, clicks, ephemeral, heard, redelivered
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "On which days do deploys run?"


async def test_a_click_asks_where_the_answer_stands_and_says_who_asked_what(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    first = await ada.mentions(general, QUESTION)
    answer = await bot.answer(first)
    second = await clicks(bot, ben, answer, suggestion(answer))
    assert ROLLBACK in second.content
    assert "Ben asked:" in second.content and "Rollback" in second.content.splitlines()[2]
    assert second in ada.sees(general)
    assert not any(one.user is ada.user and one.message is second for one in discord.notified)
    await bot.answer(await ada.says(general, "And on which host?", reply_to=second))
    said = await bot.store.history(f"discord/{acme.id}/{general.id}/re-{first.id}", 4000)
    assert [one.author.name for one in said if one.role == "person"] == ["Ada", "Ben", "Ada"]


async def test_it_is_asked_once_however_often_it_is_clicked(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await clicks(bot, ada, answer, suggestion(answer))
    again = await clicks(bot, ben, answer, suggestion(answer))
    assert again.content == "This was asked already; the answer stands here."
    assert sum(ROLLBACK in one.content for one in bot.answers(general)) == 1


async def test_a_click_that_comes_twice_is_one(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    payloads = heard(bot)
    await clicks(bot, ada, answer, suggestion(answer))
    await redelivered(bot, payloads[0])
    assert len(bot.answers(general)) == 2


async def test_it_is_asked_directly_and_goes_on_there(bot: RunningBot, ada: Person) -> None:
    answer = await asks(bot, ada, QUESTION)
    assert ROLLBACK in (await clicks(bot, ada, answer, suggestion(answer))).content


async def test_it_is_answered_to_one_person_where_the_answer_was(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    second = await clicks(bot, ada, answer, suggestion(answer))
    assert ROLLBACK in second.content and ephemeral(ada, general) == [answer, second]
    assert ben.sees(general) == []


async def test_a_question_of_an_answer_that_is_kept_no_more_is_not_asked(
    acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"discord/{acme.id}/{general.id}/re-{asked.id}")
    pressed = await ada.clicks(answer, suggestion(answer))
    assert (await answered(bot, pressed)).content == "This answer is not kept any more."


def suggestion(answer: Message) -> str:
    return button(answer, "suggestion1")
