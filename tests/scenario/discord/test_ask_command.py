"""`/ask` answers in the channel for all to see, or only to whoever asks."""

import pytest

from adapters.texts import CHINESE
from tests.discord_emulator import Channel, Emulator, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.interacting import answered, asks, ephemeral, heard, redelivered
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"


async def test_everybody_in_the_channel_sees_question_and_answer(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.runs("/ask", {"question": QUESTION}, general)
    answer = await answered(bot, asked)
    assert ROLLBACK in answer.content and f"> {QUESTION}" in answer.content
    assert answer in ben.sees(general) and not answer.ephemeral
    assert asked.acknowledged_after is not None and asked.acknowledged_after < 3


async def test_only_the_asker_sees_a_private_answer(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    assert ROLLBACK in answer.content
    assert "Share in channel" in [one.label for one in answer.buttons()]
    assert ben.sees(general) == [] and ephemeral(ada, general) == [answer]


@pytest.mark.slow  # text is read in the picture
async def test_a_screenshot_beside_the_question_is_looked_at(
    bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    options = {"question": "What is wrong here?", "picture": Upload("error.png", screenshot)}
    assert "webhook signature" in (await answered(bot, await ada.runs("/ask", options, general))).content


async def test_a_file_that_is_no_picture_is_said_to_be_none(bot: RunningBot, ada: Person, general: Channel) -> None:
    options = {"question": QUESTION, "picture": Upload("error.png", b"no picture at all")}
    answer = await answered(bot, await ada.runs("/ask", options, general))
    assert "error.png" in answer.content and ROLLBACK in answer.content


async def test_a_question_of_blanks_is_said_to_be_empty(discord: Emulator, bot: RunningBot, general: Channel) -> None:
    mei = discord.person("mei", general.guild, locale="zh-CN")  # pyright: ignore[reportArgumentType]
    assert (await asks(bot, mei, "   ", general, private=True)).content == CHINESE.ask_empty


async def test_a_reply_to_the_answer_goes_on_from_it(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, "What does ERR-4031 mean?", general)
    await asks(bot, ben, QUESTION, general)
    asked = await ada.says(general, "And how do I fix it?", reply_to=answer)
    assert "Rotate the signing key" in (await bot.answer(asked)).content


async def test_private_questions_are_a_conversation_of_their_own(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    await asks(bot, ada, "What does ERR-4031 mean?", general, private=True)
    await asks(bot, ben, QUESTION, general, private=True)
    assert "Rotate the signing key" in (await asks(bot, ada, "And how do I fix it?", general, private=True)).content
    said = await bot.store.history(f"discord/{general.guild and general.guild.id}/{general.id}/~{ben.user.id}", 4000)
    assert [one.text for one in said if one.role == "person"] == [QUESTION]


async def test_in_a_thread_it_is_part_of_the_thread(bot: RunningBot, ada: Person, general: Channel) -> None:
    thread = await ada.opens_thread(general, "errors")
    assert ERROR in (await asks(bot, ada, "What does ERR-4031 mean?", thread)).content
    asked = await ada.says(thread, "And how do I fix it?")
    assert "Rotate the signing key" in (await bot.answer(asked)).content


async def test_directly_it_is_part_of_the_direct_conversation(bot: RunningBot, ada: Person) -> None:
    assert ERROR in (await asks(bot, ada, "What does ERR-4031 mean?")).content
    asked = await ada.says(bot.discord.bot, "And how do I fix it?")
    assert "Rotate the signing key" in (await bot.answer(asked)).content


async def test_a_command_that_comes_twice_is_answered_once(bot: RunningBot, ada: Person, general: Channel) -> None:
    payloads = heard(bot)
    answer = await asks(bot, ada, QUESTION, general)
    versions = len(answer.history)
    await redelivered(bot, payloads[0])
    assert bot.answers(general) == [answer] and len(answer.history) == versions


async def test_discord_is_answered_while_nobody_answers_the_question(
    start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot(with_worker=False)
    asked = await ada.runs("/ask", {"question": QUESTION}, general)
    await asked.acknowledged()
    await bot.desk.background.idle()
    assert (await bot.desk.mailbox.state()).conversations == 1
    assert asked.response is not None and asked.response.thinking


async def test_an_answer_that_takes_longer_than_the_token_lives_comes_as_a_message(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    first = await start_bot(with_worker=False)
    asked = await ada.runs("/ask", {"question": QUESTION}, general)
    await asked.acknowledged()
    await first.desk.background.idle()
    discord.clock.forward(16 * 60)
    bot = await start_bot(with_ingress=False)
    await discord.until(lambda: any(ROLLBACK in one.content for one in bot.answers(general)))


async def test_a_chinese_person_finds_the_command_in_chinese_and_is_answered_so(
    discord: Emulator, bot: RunningBot, general: Channel
) -> None:
    mei = discord.person("mei", general.guild, locale="zh-CN")  # pyright: ignore[reportArgumentType]
    asked = await mei.runs("/提问", {"question": "每年有多少天带薪休假？", "private": True}, general)
    answer = await answered(bot, asked)
    assert "二十五天" in answer.content
    assert "分享到频道" in [one.label for one in answer.buttons()]


@pytest.mark.slow  # the store is away for a while
async def test_discord_is_answered_at_once_while_the_store_does_not_answer(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.store.redis.execute("CLIENT", "PAUSE", "2600", "ALL")
    asked = await ada.runs("/ask", {"question": QUESTION}, general)
    await asked.acknowledged()
    assert asked.acknowledged_after is not None and asked.acknowledged_after < 1.5
    assert ROLLBACK in (await answered(bot, asked)).content


@pytest.mark.slow  # thirty answers
async def test_discord_is_answered_in_time_however_many_ask_at_once(
    discord: Emulator, bot: RunningBot, general: Channel
) -> None:
    assert general.guild is not None
    people = [discord.person(f"person {number}", general.guild) for number in range(30)]
    asked = [await one.runs("/ask", {"question": QUESTION, "private": True}, general) for one in people]
    typed = await people[0].types("/search", "words", "rollb", general)
    for one in asked:
        await one.acknowledged()
    assert max(one.acknowledged_after or 9 for one in asked) < 3 and typed
    await bot.idle(seconds=60)
    for one in asked:
        assert ROLLBACK in (await one.answered()).content
