"""*Ask about this message* in the menu of any message: a form for the question, and the message is what it is about."""

import pytest

from adapters.texts import CHINESE
from tests.discord_emulator import CannotDoError, Channel, Emulator, Guild, Interaction, Message, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.interacting import answered, ephemeral, heard, redelivered
from tests.scenario.discord.running_bot import RunningBot

ASK = "Ask about this message"
FIELD = "Your question"
WHERE = "Where shall the answer go?"


async def test_the_answer_is_about_the_message_and_only_the_asker_sees_it(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "I get ERR-4031 all the time")
    pressed = await form(ada, said)
    assert pressed.modal is not None and "I get ERR-4031 all the time" in pressed.modal["components"][0]["content"]
    answer = await answered(bot, await ada.submits(pressed, {FIELD: "What does it mean?"}))
    assert ERROR in answer.content
    assert ephemeral(ada, general) == [answer] and ben.sees(general) == [said]


async def test_it_can_be_asked_so_that_everybody_sees_who_asked_what(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "I get ERR-4031 all the time")
    pressed = await form(ada, said)
    sent = await ada.submits(pressed, {FIELD: "What does it mean?", WHERE: "here"})
    answer = await answered(bot, sent)
    assert answer in ben.sees(general)
    assert "Ada asked:" in answer.content and "> What does it mean?" in answer.content and ERROR in answer.content
    asked = await ben.says(general, "And how do I fix it?", reply_to=answer)
    assert "Rotate the signing key" in (await bot.answer(asked)).content


@pytest.mark.slow  # text is read in the picture
async def test_the_pictures_of_the_message_are_looked_at(
    bot: RunningBot, ada: Person, ben: Person, general: Channel, screenshot: bytes
) -> None:
    said = await ben.says(general, "", files=[Upload("error.png", screenshot)])
    answer = await answered(bot, await ada.submits(await form(ada, said), {FIELD: "What is wrong here?"}))
    assert "webhook signature" in answer.content


async def test_directly_it_goes_on_in_the_conversation(bot: RunningBot, ada: Person) -> None:
    said = await ada.says(bot.discord.bot, "How long does a rollback take?")
    first = await bot.answer(said)
    pressed = await form(ada, first)
    with pytest.raises(CannotDoError):
        await ada.submits(pressed, {FIELD: "And who approves it?", WHERE: "here"})
    pressed = await form(ada, first)
    answer = await answered(bot, await ada.submits(pressed, {FIELD: "Does it need approval?"}))
    assert ROLLBACK in answer.content and not answer.ephemeral


async def test_a_form_that_comes_twice_is_answered_once(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    pressed = await form(ada, await ben.says(general, "ERR-4031"))
    payloads = heard(bot)
    await answered(bot, await ada.submits(pressed, {FIELD: "What does it mean?", WHERE: "here"}))
    await redelivered(bot, payloads[-1])
    assert len(bot.answers(general)) == 1


async def test_a_menu_that_comes_twice_opens_one_form(bot: RunningBot, ada: Person, general: Channel) -> None:
    payloads = heard(bot)
    pressed = await form(ada, await ada.says(general, "ERR-4031"))
    await redelivered(bot, payloads[-1])
    assert ERROR in (await answered(bot, await ada.submits(pressed, {FIELD: "What does it mean?"}))).content


async def test_a_message_that_is_deleted_is_forgotten_with_its_copies(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "I get ERR-4031 all the time")
    await answered(bot, await ada.submits(await form(ada, said), {FIELD: "What does it mean?"}))
    conversation = f"discord/{acme.id}/{general.id}/~{ada.user.id}"
    assert any("all the time" in one.text for one in await bot.store.history(conversation, 4000))
    await ben.deletes(said)
    await bot.idle()
    assert not any("all the time" in one.text for one in await bot.store.history(conversation, 4000))


async def test_a_form_that_lay_open_for_too_long_is_explained_in_chinese(
    discord: Emulator, acme: Guild, bot: RunningBot, general: Channel
) -> None:
    mei = discord.person("mei", acme, locale="zh-CN")
    said = await mei.says(general, "ERR-4031")
    pressed = await (await mei.uses_menu("询问这条消息", said)).acknowledged()
    assert pressed.modal is not None and pressed.modal["title"] == CHINESE.ask_title
    await bot.idle()
    name = bot.store.keys.once("discord", f"about-{pressed.id}-{mei.user.id}")
    assert await bot.store.redis.execute("DEL", name) == 1
    late = await answered(bot, await mei.submits(pressed, {CHINESE.ask_question: "这是什么意思？"}))
    assert late.content == CHINESE.expired and late.ephemeral


async def form(person: Person, message: Message) -> Interaction:
    """The form before a person who chose it from a message's menu."""
    pressed = await (await person.uses_menu(ASK, message)).acknowledged()
    assert pressed.state == "modal", pressed.state
    return pressed
