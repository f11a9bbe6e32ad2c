"""One visible answer, be the worker killed at any moment and Slack as unreliable as it can be."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from core.errors import LeaseLostError
from core.mailbox import Turn
from core.posting import Posted, Posting
from core.reply import Finished, ReplyPart, Text
from tests.postings import SEARCHING, WHOLE, KilledError, Script, each, posting_of
from tests.scenario.slack.posting_desk import Desk, Surface
from tests.slack_emulator import Message, SlackEmulator


def one_answer(slack: SlackEmulator, asked: Message, text: str = "The pump is P-101") -> Message:
    """The one that stands, with the whole text once."""
    (reply,) = slack.replies(asked)
    assert reply.shown.count(text) == 1
    assert not reply.streaming
    assert reply.metadata["event_payload"]["part"] == 0
    assert "Stop" not in [button.label for button in reply.buttons]
    return reply


def has(name: str) -> Callable[[Posted], bool]:
    return lambda posted: bool(posted.get(name))


async def test_killed_before_the_post_is_noted_it_is_found_by_its_key(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer_and_die(question, WHOLE, has("ts"))
    stands = one_answer(slack, asked)
    reply = await desk.answer(question)
    assert reply.ts == one_answer(slack, asked).ts == stands.ts
    assert len(slack.calls("chat.postMessage")) == 1


async def test_killed_before_anything_was_posted_nothing_is_looked_for(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer_and_die(question, WHOLE, has("starting"))
    await desk.answer(question)
    one_answer(slack, asked)
    assert desk.methods() == ["chat.postMessage"]


async def test_killed_in_a_direct_message_it_is_found_in_its_history(slack: SlackEmulator, desk: Desk) -> None:
    ada = slack.person("ada")
    asked = await ada.says("bot", "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada, "direct"))
    await desk.answer_and_die(question, WHOLE, has("ts"))
    await desk.answer(question)
    assert len(slack.messages(asked.channel)) == 2


async def test_killed_right_after_a_stream_began_its_message_is_gone_on_with(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    script = Script()
    script.say(SEARCHING, Text(text="The pump "))
    await desk.answer_and_die(question, aiter(script), has("ts"))
    (open_stream,) = slack.replies(asked)
    assert open_stream.streaming
    reply = await desk.answer(question)
    assert reply.ts == open_stream.ts
    one_answer(slack, asked)


async def test_killed_right_after_a_stream_of_text_alone_began(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    slack.faults.add("chat.startStream", "invalid_chunks", count=1)
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    script = Script()
    script.say(Text(text="The pump "))
    await desk.answer_and_die(question, aiter(script), has("ts"))
    reply = await desk.answer(question)
    assert reply.ts == one_answer(slack, asked).ts


async def test_killed_while_it_streams_the_next_worker_goes_on_below_the_same_message(
    slack: SlackEmulator, desk: Desk
) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    turn = await desk.take(question)
    script = Script()
    script.say(Text(text="The pump "))
    posting = asyncio.create_task(desk.outlet.post(desk.posting(turn), aiter(script)))
    await slack.until(lambda: slack.replies(asked), seconds=5)
    await slack.until(lambda: turn.posted.get("ts"), seconds=5)
    posting.cancel()
    await asyncio.gather(posting, return_exceptions=True)
    await desk.mailbox.hand_back(turn)
    again = Script()
    again.say(Text(text="The pump "))
    answering = asyncio.create_task(desk.answer(question, aiter(again)))
    await slack.until(lambda: slack.calls("chat.stopStream"), seconds=5)
    again.end(Text(text="is P-101."))
    await answering
    one_answer(slack, asked, "The pump is P-101")


async def test_killed_before_the_end_of_a_stream_is_noted(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    script = Script()
    script.say(Text(text="The pump "))

    async def ends() -> None:
        await slack.until(lambda: slack.replies(asked), seconds=5)
        script.end(Text(text="is P-101."))

    ending = asyncio.create_task(ends())
    await desk.answer_and_die(
        question, aiter(script), lambda posted: posted.get("streaming") is False and bool(posted.get("ts"))
    )
    await ending
    await desk.answer(question)
    one_answer(slack, asked)


@pytest.mark.parametrize("fault", ["500 after", "hang up after", "500", "hang up"])
async def test_a_post_that_may_have_come_is_posted_once(slack: SlackEmulator, desk: Desk, fault: str) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", fault, count=1)
    await desk.answer(question)
    one_answer(slack, asked)


@pytest.mark.parametrize("fault", ["500 after", "hang up after", "500", "hang up"])
async def test_a_stream_that_may_have_begun_is_one_message(slack: SlackEmulator, desk: Desk, fault: str) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.startStream", fault, count=1)
    script = Script()
    script.say(Text(text="The pump "))
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await slack.until(lambda: [one for one in slack.replies(asked) if not one.streaming], seconds=5)
    script.end(Text(text="is P-101."))
    await answering
    one_answer(slack, asked)


@pytest.mark.parametrize("fault", ["500 after", "hang up after", "500", "hang up"])
async def test_an_end_of_a_stream_that_may_have_come(slack: SlackEmulator, desk: Desk, fault: str) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.stopStream", fault, count=1)
    script = Script()
    script.say(Text(text="The pump "))
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await slack.until(lambda: slack.replies(asked), seconds=5)
    script.end(Text(text="is P-101."))
    await answering
    one_answer(slack, asked)


async def test_two_that_stand_since_slack_was_late_become_the_oldest(slack: SlackEmulator, desk: Desk) -> None:
    """What the first worker sent comes to stand between the second one's looking and its posting."""
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer_and_die(question, WHOLE, has("ts"))
    late = slack.replies(asked)[0]
    del general.messages[late.ts]  # not there yet, for the second worker
    turn = await desk.take(question)
    posting = desk.posting(turn)
    note = posting._note  # pyright: ignore[reportPrivateUsage]

    async def comes_late(posted: Posted) -> None:
        if posted.get("ts"):
            general.messages[late.ts] = late
        await note(posted)

    posting._note = comes_late  # pyright: ignore[reportPrivateUsage]
    await desk.outlet.post(posting, each(WHOLE))
    assert one_answer(slack, asked).ts == late.ts
    assert turn.posted["ts"] == [late.ts]


async def test_other_answers_of_the_thread_are_left_alone(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    first = await desk.answer(await desk.submit(desk.question(asked, ada)))
    further = await ada.says(asked, "And the valve?")
    question = await desk.submit(desk.question(further, ada))
    valve = (Text(text="The valve is V-7."), Finished())
    await desk.answer_and_die(question, valve, has("ts"))
    await desk.answer(question, valve)
    replies = slack.replies(asked)
    assert replies[0].ts == first.ts
    assert ["P-101" in reply.shown for reply in replies] == [True, False]
    assert "V-7" in replies[1].shown


async def test_a_long_answer_cut_off_between_its_parts_is_completed(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Tell me everything")
    question = await desk.submit(desk.question(asked, ada))
    text = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(40))
    long = (Text(text=text), Finished())

    def second(posted: Posted) -> bool:
        ts = posted.get("ts")
        return isinstance(ts, list) and len(ts) == 2

    await desk.answer_and_die(question, long, second)
    assert len(slack.replies(asked)) == 2
    await desk.answer(question, long)
    together = "\n".join(reply.shown for reply in slack.replies(asked))
    assert [together.count(f"Paragraph {number} ") for number in range(40)] == [1] * 40


async def test_who_has_lost_the_turn_posts_nothing_more(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    turn = await desk.take(question)
    late = desk.posting(turn)
    await desk.mailbox.hand_back(turn)
    await desk.answer(question)
    with pytest.raises(LeaseLostError):
        await desk.outlet.post(late, each(WHOLE))
    one_answer(slack, asked)


async def test_on_a_server_that_keeps_no_metadata_an_unnoted_post_is_gone_on_with(
    slack: SlackEmulator, desk: Desk
) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer_and_die(question, WHOLE, has("ts"))
    slack.replies(asked)[0].metadata = {}
    await desk.answer(question)
    one_answer(slack, asked)


PAUSE = 0.07
"""Seconds between what is said, longer than the paces, so that each is shown by itself."""


async def slowly(*parts: ReplyPart) -> AsyncIterator[ReplyPart]:
    for part in parts:
        yield part
        if not isinstance(part, Finished):
            await asyncio.sleep(PAUSE)


SPOKEN = (SEARCHING, Text(text="The pump "), Text(text="is P-101. "), Text(text="It hums."), Finished())


class Cut:
    """Kills the worker at its n-th note: before it, or right after it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self._left = at
        self._after = after

    def posting(self, desk: Desk, turn: Turn) -> Posting:
        posting = posting_of(desk.mailbox, turn)
        note = posting._note  # pyright: ignore[reportPrivateUsage]

        async def cut(posted: Posted) -> None:
            self._left -= 1
            if self._left < 0 and not self._after:
                raise KilledError
            await note(posted)
            if self._left < 0:
                raise KilledError

        posting._note = cut  # pyright: ignore[reportPrivateUsage]
        return posting


async def cut_at_note(desk: Desk, turn: Turn, at: int, *, after: bool) -> bool:
    """A worker that is killed at its n-th note; whether it came to that."""
    try:
        await desk.outlet.post(Cut(at, after=after).posting(desk, turn), slowly(*SPOKEN))
    except KilledError:
        return True
    return False


async def cut_at_call(desk: Desk, turn: Turn, at: int) -> bool:
    """A worker that is killed when Slack got its n-th call; whether it came to that."""
    before = len(desk.slack.calls())
    posting = asyncio.create_task(desk.outlet.post(desk.posting(turn), slowly(*SPOKEN)))
    posting.add_done_callback(lambda _: desk.slack.records.changed())
    await desk.slack.until(lambda: posting.done() or len(desk.slack.calls()) > before + at)
    killed = posting.cancel()
    await asyncio.gather(posting, return_exceptions=True)
    return killed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("offered", "surface"),
    [("all", "thread"), ("no streams", "thread"), ("no status", "thread"), ("all", "direct")],
)
@pytest.mark.parametrize("cut", ["before a note", "after a note", "at a call"])
async def test_wherever_a_worker_is_killed_one_whole_answer_stands(
    slack: SlackEmulator, desk: Desk, offered: str, surface: Surface, cut: str
) -> None:
    if offered == "no streams":
        slack.faults.unknown("chat.startStream", "chat.appendStream", "chat.stopStream")
    elif offered == "no status":
        slack.faults.unknown("assistant.threads.setStatus")
    ada, general = slack.person("ada"), slack.channel("general")
    for at in range(30):
        asked = await ada.says(general if surface == "thread" else "bot", "Which pump is it?")
        question = await desk.submit(desk.question(asked, ada, surface))
        turn = await desk.take(question)
        killed = (
            await cut_at_call(desk, turn, at)
            if cut == "at a call"
            else await cut_at_note(desk, turn, at, after=cut == "after a note")
        )
        await desk.mailbox.hand_back(turn)
        await desk.answer(question, SPOKEN)
        replies = [one for one in slack.messages(asked.channel) if one.by_app and one.ts > asked.ts]
        replies = slack.replies(asked) if surface == "thread" else replies
        assert [one.shown.count("The pump is P-101. It hums.") for one in replies] == [1], at
        assert not replies[0].streaming
        assert "Stop" not in [button.label for button in replies[0].buttons]
        if not killed:
            break
    else:
        raise AssertionError("it is always killed")
