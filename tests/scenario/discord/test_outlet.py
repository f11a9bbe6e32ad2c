"""What people see of answers in Discord: how they grow, what they look like, and where they can't stand."""

import asyncio
import hashlib
import io

import pytest
from PIL import Image

from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.messages import Picture
from core.reply import Citation, Failure, Finished, ReplyPart, ShownPicture, Text
from tests.discord_emulator import Message, Permission
from tests.postings import SEARCHING, Script, answer, each
from tests.scenario.discord.posting_desk import EDIT, POST, Desk

LONG = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(12))


def labels(message: Message) -> list[str]:
    return [one.label or one.emoji or "" for one in message.buttons()]


def picture(desk: Desk, name: str, colour: str = "red") -> ShownPicture:
    data = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(data, "PNG")
    sha256 = hashlib.sha256(data.getvalue()).hexdigest()
    desk.pictures[sha256] = data.getvalue()
    kept = Picture(sha256=sha256, media_type="image/png", width=32, height=24, name=name, alt=f"a {colour} pump")
    return ShownPicture(picture=kept, source="manual.pdf", caption=f"The {colour} pump")


async def test_it_is_seen_typing_then_writing_then_done(desk: Desk) -> None:
    asked, question = await desk.ask()
    script = Script(SEARCHING)
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await desk.discord.until(lambda: desk.discord.typing)
    assert not desk.replies(asked)
    script.say(Text(text="The pump "))
    await desk.discord.until(lambda: desk.replies(asked))
    (growing,) = desk.replies(asked)
    assert "The pump" in growing.content and labels(growing) == ["Stop"]
    script.end(Text(text="is P-101."))
    reply = await answering
    assert reply is growing
    assert reply.content == "The pump is P-101."
    assert labels(reply) == ["👍", "👎", "Why this answer?", "Try again"]
    assert reply.reference is asked


async def test_what_takes_long_can_be_stopped_before_a_word_is_said(desk: Desk) -> None:
    asked, question = await desk.ask()
    script = Script(SEARCHING)
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await desk.discord.until(lambda: desk.replies(asked))
    (waiting,) = desk.replies(asked)
    assert waiting.content == "-# Searching the team's documents..." and labels(waiting) == ["Stop"]
    script.end(Text(text="It is P-101."))
    assert (await answering).content == "It is P-101."


async def test_an_answer_that_is_there_is_posted_once_and_not_edited(desk: Desk) -> None:
    _, question = await desk.ask()
    reply = await desk.answer(question)
    assert reply.content == ("The pump is **P-101** [1].\n\n-# **Sources**\n-# \\[1\\] Manual: “The pump is P-101.”")
    assert len(desk.discord.calls_to(POST)) == 1 and not desk.discord.calls_to(EDIT)


async def test_a_source_with_an_address_is_a_link_that_does_not_unfurl(desk: Desk) -> None:
    _, question = await desk.ask()
    citation = Citation(
        number=1,
        source="a.md",
        title="Manual",
        heading="Pumps",
        page=3,
        quote="It is P.",
        url="https://docs.example/a_(b)",
    )
    reply = await desk.answer(question, (Text(text="P [1]"), citation, Finished()))
    assert "[Manual](<https://docs.example/a_%28b%29>) › Pumps, p. 3: “It is P.”" in reply.content
    assert reply.flags & 4


async def test_nobody_is_notified_whatever_an_answer_says(desk: Desk) -> None:
    bob = desk.discord.person("bob", desk.guild)
    crew = desk.discord.role(desk.guild, "crew", mentionable=True)
    _, question = await desk.ask()
    desk.discord.notified.clear()
    text = f"@everyone @here <@{bob.user.id}> <@&{crew.id}> <@!{desk.ada.user.id}>"
    reply = await desk.answer(question, (Text(text=text), Finished()))
    assert not desk.discord.notified and not reply.mentions and not reply.mention_everyone
    assert "@everyone" not in reply.content and f"<@{bob.user.id}>" not in reply.content
    for call in desk.discord.calls_to(POST):
        assert call.json["allowed_mentions"] == {"parse": [], "replied_user": False}


async def test_a_long_answer_is_a_chain_of_messages_with_the_buttons_at_its_end(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer(question, (Text(text=LONG), Finished()))
    replies = desk.replies(asked)
    assert len(replies) > 3 and all(len(one.content) <= 2000 for one in replies)
    assert [one.reference for one in replies] == [asked, *replies[:-1]]
    assert not any(labels(one) for one in replies[:-1]) and "Try again" in labels(replies[-1])


async def test_an_answer_anew_takes_fewer_messages_and_then_more_again(desk: Desk) -> None:
    asked, question = await desk.ask()
    conversation, message = question.message.place.conversation, question.message.id
    await desk.answer(question, (Text(text=LONG), Finished()))
    first = desk.replies(asked)[0]
    assert await desk.mailbox.again(conversation, message)
    assert await desk.answer(question, (Text(text="In short: P-101."), Finished())) is first
    assert desk.replies(asked) == [first]
    assert await desk.mailbox.again(conversation, message)
    await desk.answer(question, (Text(text=LONG), Finished()))
    said = "\n".join(one.content for one in desk.replies(asked))
    assert [said.count(f"Paragraph {number} ") for number in range(12)] == [1] * 12


async def test_a_code_block_that_is_cut_stays_code(desk: Desk) -> None:
    asked, question = await desk.ask()
    code = "\n".join(f"line_{number} = compute({number})" for number in range(150))
    await desk.answer(question, (Text(text=f"So:\n\n```python\n{code}\n```"), Finished()))
    replies = desk.replies(asked)
    assert len(replies) >= 2
    assert all(one.content.count("```") % 2 == 0 for one in replies)


async def test_pictures_are_attached_with_words_for_who_cannot_see_them(desk: Desk) -> None:
    _, question = await desk.ask()
    red, blue = picture(desk, "red pump.png"), picture(desk, "blue.png", "blue")
    reply = await desk.answer(question, (Text(text="Here:"), red, blue, Finished()))
    assert [one.description for one in reply.attachments] == ["The red pump", "The blue pump"]
    assert [one.filename for one in reply.attachments] == ["1-red_pump.png", "2-blue.png"]
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    again = await desk.answer(question, (Text(text="Only this:"), blue, Finished()))
    assert again is reply and [one.description for one in reply.attachments] == ["The blue pump"]
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    await desk.answer(question, (Text(text="None."), Finished()))
    assert reply.attachments == [] and reply.content == "None."


async def test_twelve_pictures_take_two_messages(desk: Desk) -> None:
    asked, question = await desk.ask()
    shown = [picture(desk, f"{number}.png", f"rgb({number},0,0)") for number in range(12)]
    await desk.answer(question, (Text(text="All:"), *shown, Finished()))
    assert [len(one.attachments) for one in desk.replies(asked)] == [10, 2]


async def test_a_picture_that_is_not_kept_any_more_is_said_so(desk: Desk) -> None:
    _, question = await desk.ask()
    shown = picture(desk, "red.png")
    desk.pictures.clear()
    reply = await desk.answer(question, (Text(text="Here:"), shown, Finished()))
    assert "A picture from manual.pdf could not be shown here." in reply.content and not reply.attachments


async def test_where_it_may_not_attach_files_the_words_are_said(desk: Desk) -> None:
    _, question = await desk.ask()
    desk.discord.overwrite(desk.general, desk.discord.bot, deny=Permission.ATTACH_FILES)
    reply = await desk.answer(question, (Text(text="Here:"), picture(desk, "red.png"), Finished()))
    assert reply.content.startswith("Here:") and "could not be shown here" in reply.content


async def test_where_it_may_not_read_the_history_it_answers_without_a_reference(desk: Desk) -> None:
    _, question = await desk.ask()
    desk.discord.overwrite(desk.general, desk.discord.bot, deny=Permission.READ_MESSAGE_HISTORY)
    reply = await desk.answer(question)
    assert reply.content.startswith("The pump") and reply.reference is None


async def test_a_question_that_was_deleted_meanwhile_does_not_keep_the_answer(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.ada.deletes(asked)
    assert (await desk.answer(question)).reference is None


async def test_an_answer_that_somebody_deleted_is_posted_anew(desk: Desk) -> None:
    asked, question = await desk.ask()
    first = await desk.answer(question)
    moderator = desk.discord.person("mod", desk.guild)
    await moderator.gets(desk.discord.role(desk.guild, "mods", Permission.MANAGE_MESSAGES))
    await moderator.deletes(first)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    again = await desk.answer(question)
    assert desk.replies(asked) == [again] and again is not first


async def test_where_it_may_not_write_the_asker_is_told_directly(desk: Desk) -> None:
    asked, question = await desk.ask()
    desk.discord.overwrite(desk.general, desk.discord.bot, deny=Permission.SEND_MESSAGES)
    told = await desk.answer(question)
    assert told.channel is desk.ada.dm and not desk.replies(asked)
    assert told.content == (
        f"My answer could not be posted in <#{desk.general.id}>: Who may write there is restricted, and I may not."
    )


async def test_where_it_cannot_see_the_channel_and_direct_messages_are_closed_the_turn_ends(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    _, question = await desk.ask()
    desk.discord.overwrite(desk.general, desk.discord.bot, deny=Permission.VIEW_CHANNEL)
    desk.ada.closes_dms()
    reply = await answer(desk.mailbox, desk.adapter, question, each((Text(text="P-101."), Finished())))
    assert reply.startswith(f"{desk.general.id}:none-")
    assert "Nobody could be told" in caplog.text


async def test_what_the_servers_automod_blocks_is_said_directly(desk: Desk) -> None:
    _, question = await desk.ask()
    desk.discord.faults.answer(POST, 400, code=200_000)
    told = await desk.answer(question)
    assert told.channel is desk.ada.dm and "restricted" in told.content


async def test_a_message_that_was_edited_too_often_is_replaced(desk: Desk) -> None:
    asked, question = await desk.ask()
    first = await desk.answer(question)
    desk.discord.faults.answer(EDIT, 400, code=30046)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    again = await desk.answer(question, (Text(text="V-7."), Finished()))
    assert desk.replies(asked) == [again] and first.deleted


async def test_a_thread_that_was_archived_meanwhile_is_opened_for_an_edit(desk: Desk) -> None:
    thread = await desk.ada.opens_thread(desk.general, "pumps", "Let us talk")
    asked = await desk.ada.mentions(thread, "Which pump is it?")
    question = await desk.submit(desk.question(asked, desk.ada, "thread"))
    first = await desk.answer(question)
    thread.archived = True
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    assert await desk.answer(question, (Text(text="V-7."), Finished())) is first
    assert first.content == "V-7."


async def test_a_thread_that_was_locked_meanwhile_is_said_directly(desk: Desk) -> None:
    thread = await desk.ada.opens_thread(desk.general, "pumps", "Let us talk")
    asked = await desk.ada.mentions(thread, "Which pump is it?")
    question = await desk.submit(desk.question(asked, desk.ada, "thread"))
    thread.locked = thread.archived = True
    told = await desk.answer(question)
    assert told.channel is desk.ada.dm and "archived" in told.content


async def test_in_a_direct_conversation(desk: Desk) -> None:
    asked = await desk.ada.says(desk.discord.bot, "Which pump is it?")
    question = await desk.submit(desk.question(asked, desk.ada, "direct"))
    reply = await desk.answer(question)
    assert reply.channel is desk.ada.dm and "P-101" in reply.content


async def test_questions_that_could_follow_are_buttons(desk: Desk) -> None:
    _, question = await desk.ask()
    follow = ("How is it started?", "Who made it? " + "Tell me all of it. " * 6)
    reply = await desk.answer(question, (Text(text="P-101."), Finished(suggestions=follow)))
    assert labels(reply)[4] == "How is it started?" and len(labels(reply)[5]) == 80
    assert "-# Ask next:" in reply.content


async def test_a_note_is_small_and_a_failure_is_not(desk: Desk) -> None:
    _, question = await desk.ask()
    parts: tuple[ReplyPart, ...] = (Text(text="Half"), Failure(code="stopped", message="Stopped."), Finished())
    assert (await desk.answer(question, parts)).content == "Half\n\n-# Stopped."
    _, question = await desk.ask("And now?")
    parts = (Failure(code="model", message="The model is away.", hint="Ask later."), Finished())
    assert (await desk.answer(question, parts)).content == "**No answer**\nThe model is away.\nAsk later."


async def test_in_chinese_for_who_reads_chinese(desk: Desk) -> None:
    asked = await desk.ada.mentions(desk.general, "哪个泵？")
    question = await desk.submit(desk.question(asked, desk.ada, locale="zh-CN"))
    reply = await desk.answer(question)
    assert "来源" in reply.content and "重新回答" in "".join(labels(reply))


async def test_edits_keep_to_the_pace_that_discord_tells(desk: Desk) -> None:
    desk.discord.rates.limit(EDIT, 5, per=0.5)
    asked, question = await desk.ask()
    script = Script()
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    for number in range(60):
        script.say(Text(text=f"word{number} "))
        await asyncio.sleep(0.02)
    script.end()
    reply = await answering
    assert reply.content.endswith("word59") and desk.replies(asked) == [reply]
    assert not [call for call in desk.discord.calls if call.status == 429]
    assert len(desk.discord.calls_to(EDIT)) >= 4


async def test_discord_away_for_a_moment_is_waited_for(desk: Desk) -> None:
    asked, question = await desk.ask()
    desk.discord.faults.answer(POST, 503, times=1)
    reply = await desk.answer(question)
    assert desk.replies(asked) == [reply]


@pytest.mark.slow
async def test_discord_away_gives_the_turn_back(desk: Desk) -> None:
    asked, question = await desk.ask()
    desk.discord.faults.answer(POST, 503, times=None)
    with pytest.raises(PlatformUnavailableError):
        await desk.answer(question)
    assert not desk.replies(asked)


async def test_a_short_pause_is_kept_and_a_long_one_gives_the_turn_back(desk: Desk) -> None:
    asked, question = await desk.ask()
    desk.discord.faults.too_many(POST, 0.2)
    reply = await desk.answer(question)
    assert desk.replies(asked) == [reply]
    _, question = await desk.ask("And now?")
    desk.discord.faults.too_many(POST, 45.0)
    with pytest.raises(PlatformUnavailableError) as caught:
        await desk.answer(question)
    assert caught.value.retry_after == 45.0


async def test_a_token_that_is_not_known_any_more_is_said_so(desk: Desk) -> None:
    _, question = await desk.ask()
    desk.adapter.client.http.token = "nonsense"  # noqa: S105 - as after a reset in the portal
    with pytest.raises(PlatformRefusedError, match="does not know the token"):
        await desk.answer(question)


async def test_with_its_question_an_answer_goes_though_another_process_posted_it(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer(question, (Text(text=LONG), picture(desk, "red.png"), Finished()))
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    await desk.adapter.withdraw(desk.posting(await desk.take(question)))
    assert not desk.replies(asked)
