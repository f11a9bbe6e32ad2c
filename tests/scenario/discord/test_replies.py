"""Replies in a channel: a chain of them is one conversation, and two of them don't mix."""

from tests.discord_emulator import Channel, Emulator, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.running_bot import RunningBot


async def test_a_reply_to_its_answer_goes_on_without_a_mention(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    assert ERROR in answer.content
    more = await ada.says(general, "And how do I fix it?", reply_to=answer, ping=False)
    assert "Rotate the signing key" in (await bot.answer(more)).content


async def test_somebody_else_may_go_on_too(bot: RunningBot, ada: Person, ben: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    more = await ben.says(general, "How do I fix it?", reply_to=answer)
    assert "Rotate the signing key" in (await bot.answer(more)).content
    [conversation] = {name async for page in bot.store.all_conversations() for name in page}
    assert len(await bot.store.history(conversation, 1000)) == 4


async def test_a_reply_that_mentions_it_asks_about_the_message_it_replies_to(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "My deploy stopped with ERR-4031")
    asked = await ada.mentions(general, "what does that mean?", reply_to=said)
    assert "webhook signature" in (await bot.answer(asked)).content


async def test_the_picture_of_the_message_replied_to_is_looked_at(
    bot: RunningBot, ada: Person, ben: Person, general: Channel, screenshot: bytes
) -> None:
    said = await ben.says(general, "it does this", files=[Upload("error.png", screenshot)])
    asked = await ada.mentions(general, "what is wrong here?", reply_to=said)
    assert "webhook signature" in (await bot.answer(asked)).content


async def test_two_chains_in_one_channel_do_not_mix(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    hers = await ada.mentions(general, "What does ERR-4031 mean?")
    his = await ben.mentions(general, "How long does a rollback take?")
    await discord.until(lambda: bot.replies(hers) and bot.replies(his))
    to_her, to_him = await bot.answer(hers), await bot.answer(his)
    assert ERROR in to_her.content
    assert ROLLBACK in to_him.content
    more = await ada.says(general, "And how do I fix it?", reply_to=to_her)
    await bot.answer(more)
    conversations = [name async for page in bot.store.all_conversations() for name in page]
    said = sorted([len(await bot.store.history(name, 1000)) for name in conversations])
    assert said == [2, 4]


async def test_a_reply_to_somebody_else_in_the_chain_is_between_people(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ben.says(general, "I had that too", reply_to=asked)
    await bot.idle()
    assert len(bot.answers(general)) == 1
