"""Answers that only the asker sees."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.posting import Posted
from core.question import Question
from core.reply import Finished, Text
from tests import postings
from tests.postings import SEARCHING, WHOLE, Parts, Script, as_iterator
from tests.scenario.slack.posting_desk import Desk
from tests.slack_emulator import Channel, Person, SlackEmulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator(ack_seconds=0.05) as slack:
        yield slack


async def ask(desk: Desk, person: Person, place: Channel) -> Question:
    """What the ingress makes of `/ask`; the response URL is the emulator's own."""
    url = desk.response_url(place, person)
    asked = await person.says(place, "aside")
    return await desk.submit(desk.question(asked, person, "ephemeral", response_url=url))


async def answer(desk: Desk, question: Question, parts: Parts = WHOLE) -> str:
    return await postings.answer(desk.mailbox, desk.outlet, question, as_iterator(parts))


async def test_only_the_asker_sees_the_answer_and_can_share_it(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    await answer(desk, await ask(desk, ada, general))
    (seen,) = slack.ephemeral(ada)
    assert "The pump is P-101" in seen.shown
    assert "Share in channel" in [button.label for button in seen.buttons]
    assert slack.ephemeral(slack.person("ben")) == []
    assert [call for call in desk.methods() if call.startswith("chat.")] == []


async def test_asked_for_again_the_answer_takes_the_place_of_the_one_that_was_there(
    slack: SlackEmulator, desk: Desk
) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    question = await ask(desk, ada, general)
    await answer(desk, question)
    (seen,) = slack.ephemeral(ada)
    clicked = desk.response_url(general, ada, seen)
    again = {**question.delivery, "response_url": clicked}
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id, again)
    script = Script(SEARCHING)
    answering = asyncio.create_task(answer(desk, question, aiter(script)))
    await slack.until(lambda: [one for one in slack.ephemeral(ada) if "Searching" in one.shown], seconds=5)
    script.end(Text(text="It is the valve V-7."))
    await answering
    (seen,) = slack.ephemeral(ada)
    assert "V-7" in seen.shown and "Searching" not in seen.shown


async def test_a_first_answer_is_said_once_when_it_is_whole(slack: SlackEmulator, desk: Desk) -> None:
    """What a command's response URL posted can't be replaced, so nothing is said on the way."""
    ada, general = slack.person("ada"), slack.channel("general")
    question = await ask(desk, ada, general)
    script = Script(SEARCHING)
    answering = asyncio.create_task(answer(desk, question, aiter(script)))
    await asyncio.sleep(0.2)  # longer than it takes elsewhere until something is said
    script.end(Text(text="The pump is P-101."))
    await answering
    assert len(slack.calls("response_url")) == len(slack.ephemeral(ada)) == 1


async def test_a_response_url_is_used_five_times_at_most(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    question = await ask(desk, ada, general)
    long = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(90))
    await answer(desk, question, (Text(text=long), Finished()))
    together = "\n".join(one.shown for one in slack.ephemeral(ada))
    assert [together.count(f"Paragraph {number} ") for number in range(90)] == [1] * 90
    assert slack.calls("chat.postEphemeral")


async def test_when_the_url_is_of_no_use_any_more_the_answer_comes_all_the_same(
    slack: SlackEmulator, desk: Desk
) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "aside")
    url = desk.response_url(general, ada)
    question = await desk.submit(desk.question(asked, ada, "ephemeral", response_url=url + "gone"))
    await answer(desk, question)
    (seen,) = slack.ephemeral(ada)
    assert "The pump is P-101" in seen.shown
    assert len(slack.calls("chat.postEphemeral")) == 1


async def test_when_nothing_else_is_left_the_asker_is_told_directly(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "aside")
    question = await desk.submit(desk.question(asked, ada, "ephemeral"))
    slack.faults.add("chat.postEphemeral", "user_not_in_channel", count=1)
    await answer(desk, question)
    assert slack.ephemeral(ada) == []
    (told,) = slack.messages(slack.dm(ada))
    assert "The pump is P-101" in told.shown


async def test_killed_between_its_messages_a_long_answer_is_gone_on_with(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    question = await ask(desk, ada, general)
    text = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(30))
    long = (Text(text=text), Finished())

    def second(posted: Posted) -> bool:
        return any(name.startswith("uses ") and uses == 2 for name, uses in posted.items())

    await desk.answer_and_die(question, long, second)
    await answer(desk, question, long)
    together = "\n".join(one.shown for one in slack.ephemeral(ada))
    assert [together.count(f"Paragraph {number} ") for number in range(30)] == [1] * 30
