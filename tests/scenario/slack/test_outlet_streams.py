"""Answers that grow before people's eyes: streamed where Slack offers it, edited where not."""

import asyncio

import pytest

from core.reply import Text
from tests.postings import SEARCHING, Script
from tests.scenario.slack.posting_desk import Desk
from tests.slack_emulator import Message, SlackEmulator

STREAMED = ["chat.startStream", "chat.appendStream", "chat.stopStream"]


async def begun(desk: Desk, script: Script) -> tuple[Message, "asyncio.Task[Message]"]:
    """Ada asked in a channel, and an answer is on its way that comes as the script says."""
    ada, general = desk.slack.person("ada"), desk.slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    return asked, asyncio.create_task(desk.answer(question, aiter(script)))


async def shows(desk: Desk, asked: Message, text: str) -> Message:
    found = await desk.slack.until(lambda: [one for one in desk.slack.replies(asked) if text in one.shown], seconds=5)
    return found[0]


async def test_an_answer_grows_in_a_thread_and_ends_with_its_buttons(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    growing = await shows(desk, asked, "P-101")
    assert growing.streaming
    assert [button.label for button in growing.buttons] == ["Stop"]
    script.say(Text(text="It stands in hall 3. "))
    await shows(desk, asked, "hall 3")
    script.end(Text(text="It hums."))
    reply = await answering
    assert reply.ts == growing.ts and not reply.streaming
    assert "The pump is P-101. It stands in hall 3. It hums." in reply.shown
    assert "Stop" not in [button.label for button in reply.buttons]
    assert "Try again" in [button.label for button in reply.buttons]
    assert reply.metadata["event_payload"]["part"] == 0
    assert len(slack.replies(asked)) == 1
    assert desk.methods() == [*STREAMED, "chat.update"]
    assert desk.arguments("chat.startStream")[0]["recipient_user_id"] == asked.user


async def test_a_server_without_blocks_in_streams_streams_text(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    slack.faults.add("chat.startStream", "invalid_chunks", count=1)
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    await shows(desk, asked, "P-101")
    script.end(Text(text="It hums."))
    reply = await answering
    assert "The pump is P-101. It hums." in reply.shown
    assert "Try again" in [button.label for button in reply.buttons]
    assert desk.methods() == ["chat.startStream", "chat.startStream", "chat.stopStream"]


async def test_words_come_soon_and_then_in_steps(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    asked, answering = await begun(desk, script)
    for number in range(40):
        script.say(Text(text=f"word{number} "))
        await asyncio.sleep(0)
    await shows(desk, asked, "word39")
    script.end()
    await answering
    assert len(slack.calls("chat.appendStream")) <= 2


async def test_a_stream_that_slack_closes_goes_on_as_an_edited_message(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    slack.faults.streams(after_appends=0)
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    await shows(desk, asked, "P-101")
    script.say(Text(text="It stands in hall 3. "))
    await shows(desk, asked, "hall 3")
    script.end(Text(text="It hums."))
    reply = await answering
    assert "The pump is P-101. It stands in hall 3. It hums." in reply.shown
    assert [one.ts for one in slack.replies(asked)] == [reply.ts]
    assert reply.metadata["event_payload"]["part"] == 0


async def test_a_stream_that_closes_before_its_end_is_whole_all_the_same(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    await shows(desk, asked, "P-101")
    slack.faults.streams(after_seconds=0)
    script.end(Text(text="It hums."))
    reply = await answering
    assert "The pump is P-101. It hums." in reply.shown
    assert [one.ts for one in slack.replies(asked)] == [reply.ts]


@pytest.mark.parametrize("refusal", ["unknown_method", "missing_scope", "channel_type_not_supported"])
async def test_without_streams_a_message_is_edited_and_that_is_remembered(
    slack: SlackEmulator, desk: Desk, refusal: str
) -> None:
    script = Script()
    slack.faults.add("chat.startStream", refusal, count=2)
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    first = await shows(desk, asked, "P-101")
    assert "Stop" in [button.label for button in first.buttons]
    script.end(Text(text="It hums."))
    reply = await answering
    assert reply.ts == first.ts and "The pump is P-101. It hums." in reply.shown
    tried = len(slack.calls("chat.startStream"))
    again = Script()
    asked, answering = await begun(desk, again)
    again.say(Text(text="The valve is V-7. "))
    await shows(desk, asked, "V-7")
    again.end()
    await answering
    assert len(slack.calls("chat.startStream")) == tried


async def test_an_append_that_may_have_come_is_not_repeated(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    slack.faults.add("chat.appendStream", "500 after", count=1)
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    await shows(desk, asked, "P-101")
    script.say(Text(text="It stands in hall 3. "))
    await shows(desk, asked, "hall 3")
    script.end(Text(text="It hums."))
    reply = await answering
    assert reply.shown.count("hall 3") == 1
    assert all(version.shown.count("hall 3") <= 1 for version in reply.versions)


async def test_while_it_searches_a_status_says_so(slack: SlackEmulator, desk: Desk) -> None:
    ada = slack.person("ada")
    root = await ada.opens_assistant()
    asked = await ada.says(root, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada, "assistant"))
    script = Script()
    script.say(SEARCHING)
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await slack.until(lambda: "Searching" in slack.assistant(root).status, seconds=5)
    script.end(Text(text="The pump is P-101."))
    reply = await answering
    assert "P-101" in reply.shown
    assert not slack.assistant(root).status
    assert desk.methods() == ["assistant.threads.setStatus", "chat.postMessage"]


@pytest.mark.parametrize("lacking", [(), ("chat.startStream",)])
async def test_where_there_is_no_status_the_message_says_it(
    slack: SlackEmulator, desk: Desk, lacking: tuple[str, ...]
) -> None:
    script = Script()
    slack.faults.unknown("assistant.threads.setStatus", *lacking)
    asked, answering = await begun(desk, script)
    script.say(SEARCHING)
    placeholder = await shows(desk, asked, "Searching")
    assert [button.label for button in placeholder.buttons] == ["Stop"]
    assert placeholder.streaming == (not lacking)
    script.say(Text(text="The pump "))
    await shows(desk, asked, "The pump")
    script.end(Text(text="is P-101."))
    reply = await answering
    assert reply.ts == placeholder.ts and "The pump is P-101." in reply.shown
    assert "Searching" not in reply.shown and not reply.streaming
    assert len(slack.replies(asked)) == 1


async def test_a_text_for_which_one_message_is_too_small_goes_on_in_others(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    asked, answering = await begun(desk, script)
    paragraphs = [f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(40)]
    for number, paragraph in enumerate(paragraphs):
        script.say(Text(text=paragraph + "\n\n"))
        if number in {1, 20}:
            await shows(desk, asked, f"Paragraph {number} ")
    script.end()
    await answering
    together = "\n".join(reply.shown for reply in slack.replies(asked))
    assert [together.count(f"Paragraph {number} ") for number in range(40)] == [1] * 40
    assert [one.metadata["event_payload"]["part"] for one in slack.replies(asked)] == list(
        range(len(slack.replies(asked)))
    )


async def test_slack_is_not_bothered_when_it_asks_for_patience_meanwhile(slack: SlackEmulator, desk: Desk) -> None:
    script = Script()
    slack.faults.add("chat.appendStream", "429", count=1, seconds=60)
    asked, answering = await begun(desk, script)
    script.say(Text(text="The pump is P-101. "))
    await shows(desk, asked, "P-101")
    script.say(Text(text="It stands in hall 3. "))
    await slack.until(lambda: slack.calls("chat.appendStream"), seconds=5)
    script.end(Text(text="It hums."))
    reply = await answering
    assert "The pump is P-101. It stands in hall 3. It hums." in reply.shown
