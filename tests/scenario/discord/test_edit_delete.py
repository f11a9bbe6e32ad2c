"""A question is edited or taken back: its answer follows in place."""

import asyncio

from adapters.discord.heard import Heard
from bots.discord.events import take, take_edited
from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.discord_emulator.payloads import message as payload_of
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.running_bot import RunningBot


async def test_an_edited_question_is_answered_anew_in_place(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    first = await bot.answer(asked)
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    await discord.until(lambda: ROLLBACK in bot.replies(asked)[0].content)
    second = await bot.answer(asked)
    assert second is first
    assert ERROR not in second.content


async def test_an_edit_that_comes_at_once_is_not_lost(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    await discord.until(lambda: any(ROLLBACK in one.content for one in bot.replies(asked)))
    assert ROLLBACK in (await bot.answer(asked)).content


async def test_an_edit_that_is_heard_while_its_message_is_read_from_the_history_is_not_lost(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot(with_ingress=False)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    before = Heard.of(payload_of(asked, discord.bot), guild=str(acme.id))
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    after = Heard.of(payload_of(asked, discord.bot), guild=str(acme.id))
    await bot.desk.platform.intake.events.changed(after)  # so that nothing is to be asked of Discord in between
    await asyncio.gather(take_edited(bot.desk, after), take(bot.desk, before))
    await discord.until(lambda: any(ROLLBACK in one.content for one in bot.replies(asked)))


async def test_the_answer_goes_with_its_question(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ada.deletes(asked)
    await discord.until(lambda: not bot.answers(general))
    await bot.idle()
    assert bot.answers(general) == []


async def test_answers_go_with_questions_that_a_moderator_deletes_at_once(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = [await ada.mentions(general, f"What does ERR-{code} mean?") for code in (4031, 4032)]
    for one in asked:
        await bot.answer(one)
    await ada.deletes(*asked)
    await discord.until(lambda: not bot.answers(general))
    await bot.idle()


async def test_a_question_that_is_taken_back_at_once_is_not_answered(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await ada.deletes(asked)
    await bot.idle()
    assert bot.answers(general) == []


async def test_a_preview_that_discord_adds_changes_nothing(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take? https://example.com/runbook")
    answer = await bot.answer(asked)
    versions = len(answer.history)
    asked.embeds.append({"type": "link", "url": "https://example.com/runbook", "title": "Runbook"})
    guild = general.guild
    assert guild is not None
    told = payload_of(asked, discord.bot) | {"guild_id": str(guild.id)}
    discord.gateway.emit("MESSAGE_UPDATE", told, guild.id)
    await bot.idle()
    assert len(answer.history) == versions
    assert len(bot.answers(general)) == 1


async def test_a_follow_up_that_is_edited_is_answered_anew(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    more = await ada.says(general, "And how do I fix it?", reply_to=answer)
    await bot.answer(more)
    await ada.edits(more, "How long does a rollback take?")
    await discord.until(lambda: ROLLBACK in bot.replies(more)[0].content)
    await bot.idle()
    assert len(bot.answers(general)) == 2


async def test_a_mention_that_is_added_by_an_edit_counts(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    said = await ada.says(general, "How long does a rollback take?")
    await bot.idle()
    assert bot.answers(general) == []
    await ada.edits(said, f"{discord.bot.mention} How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(said)).content


async def test_talk_that_is_edited_stays_talk(bot: RunningBot, ada: Person, general: Channel) -> None:
    said = await ada.says(general, "How long does a rollback take?")
    await ada.edits(said, "How long does a rollback take, really?")
    await bot.idle()
    assert bot.answers(general) == []


async def test_an_edit_that_tells_only_what_changed_is_understood(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    asked.content = f"{discord.bot.mention} How long does a rollback take?"
    asked.edited_at = discord.clock.now()
    guild = general.guild
    assert guild is not None
    whole = payload_of(asked, discord.bot) | {"guild_id": str(guild.id)}
    told = {name: whole[name] for name in ("id", "channel_id", "guild_id", "content", "edited_timestamp")}
    discord.gateway.emit("MESSAGE_UPDATE", told, guild.id)
    await discord.until(lambda: ROLLBACK in bot.replies(asked)[0].content)
