"""What people see of an answer that Lorelens posts in Slack."""

import asyncio
from typing import Any

import pytest

from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.reply import Failure, Finished, Text
from tests.postings import SEARCHING, WHOLE, Script
from tests.scenario.slack.posting_desk import Desk
from tests.slack_emulator import SlackEmulator


async def test_an_answer_that_is_there_at_once_is_one_call(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    reply = await desk.answer(question)
    assert "The pump is P-101" in reply.shown
    assert reply.thread_ts == asked.ts
    assert desk.methods() == ["chat.postMessage"]
    (posted,) = desk.arguments("chat.postMessage")
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)
    assert posted["metadata"]["event_type"] == "lorelens_reply"
    assert "link_names" not in posted and "parse" not in posted


async def test_a_direct_question_is_answered_below_it_and_edited(slack: SlackEmulator, desk: Desk) -> None:
    ada = slack.person("ada")
    asked = await ada.says("bot", "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada, "direct"))
    script = Script()
    script.say(SEARCHING)
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    placeholder = await slack.until(lambda: slack.messages(asked.channel)[1:], seconds=5)
    assert "Searching" in placeholder[0].shown
    assert [button.label for button in placeholder[0].buttons] == ["Stop"]
    script.end(Text(text="The pump is P-101."))
    reply = await answering
    assert reply.ts == placeholder[0].ts
    assert "The pump is P-101." in reply.shown and "Searching" not in reply.shown
    assert "Stop" not in [button.label for button in reply.buttons]
    assert not reply.thread_ts
    assert desk.methods() == ["chat.postMessage", "chat.update"]


async def test_a_long_answer_arrives_whole_in_several_messages(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Tell me everything")
    question = await desk.submit(desk.question(asked, ada))
    paragraphs = [f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(40)]
    await desk.answer(question, [Text(text="\n\n".join(paragraphs)), Finished()])
    replies = slack.replies(asked)
    assert len(replies) > 2
    together = "\n".join(reply.shown for reply in replies)
    assert [together.count(f"Paragraph {number} ") for number in range(40)] == [1] * 40
    assert [reply.metadata["event_payload"]["part"] for reply in replies] == list(range(len(replies)))


async def test_an_answer_anew_takes_the_place_of_the_longer_one(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Tell me everything")
    question = await desk.submit(desk.question(asked, ada))
    long = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(40))
    first = await desk.answer(question, [Text(text=long), Finished()])
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    again = await desk.answer(question, WHOLE)
    assert again.ts == first.ts
    assert [reply.ts for reply in slack.replies(asked)] == [first.ts]
    assert "P-101" in again.shown and "Paragraph" not in again.shown


async def test_an_answer_whose_message_somebody_deleted_is_posted_anew(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    first = await desk.answer(question)
    client: Any = await desk.clients.client()
    await client.chat_delete(channel=general.id, ts=first.ts)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    again = await desk.answer(question)
    assert again.ts != first.ts
    assert [reply.ts for reply in slack.replies(asked)] == [again.ts]


async def test_with_its_question_an_answer_is_removed(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer(question)
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    turn = await desk.take(question)
    await desk.outlet.withdraw(desk.posting(turn))
    assert slack.replies(asked) == []
    await desk.outlet.withdraw(desk.posting(turn))  # gone already: fine


async def test_nothing_is_looked_for_where_nothing_was_posted(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    await desk.outlet.withdraw(desk.posting(await desk.take(question)))
    assert desk.methods() == []


async def test_a_failure_is_shown_with_what_one_can_do(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    reply = await desk.answer(
        question, [Failure(code="model", message="The model is away.", hint="Ask later."), Finished()]
    )
    assert "The model is away." in reply.shown and "Ask later." in reply.shown


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("is_archived", "那个频道已归档"),
        ("restricted_action", "那里限制了谁可以发言"),
        ("thread_not_found", "要回答的消息已经不在了"),
        ("cannot_reply_to_message", "要回答的消息已经不在了"),
    ],
)
async def test_why_there_is_no_answer_is_said_in_the_language_of_the_asker(
    slack: SlackEmulator, desk: Desk, refusal: str, reason: str
) -> None:
    mei, general = slack.person("mei", locale="zh-CN"), slack.channel("general")
    asked = await mei.says(general, "是哪台泵？")
    question = await desk.submit(desk.question(asked, mei, locale="zh-CN"))
    slack.faults.add("chat.postMessage", refusal, count=1)
    reply = await desk.answer(question)
    assert reply.channel.id == mei.dm.id
    assert f"我的回答没能发到 <#{general.id}>：{reason}" in reply.shown


async def test_where_the_bot_may_not_write_the_asker_is_told_directly(slack: SlackEmulator, desk: Desk) -> None:
    ada = slack.person("ada")
    closed = slack.channel("closed", bot=False)
    asked = await ada.says(closed, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "not_in_channel", count=1)
    reply = await desk.answer(question)
    assert reply.channel.id == ada.dm.id
    assert "could not be posted" in reply.shown and "Invite me" in reply.shown
    assert slack.replies(asked) == []


async def test_markdown_blocks_that_a_server_does_not_know_become_sections(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "invalid_blocks", count=1)
    reply = await desk.answer(question)
    assert "The pump is P-101" in reply.shown
    assert "markdown" not in [block["type"] for block in reply.blocks]
    later = await ada.says(general, "And now?")
    assert "P-101" in (await desk.answer(await desk.submit(desk.question(later, ada)))).shown
    assert len(slack.calls("chat.postMessage")) == 3, "it is not tried again with markdown blocks"


async def test_blocks_that_are_refused_altogether_leave_the_text(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "invalid_blocks", count=2)
    reply = await desk.answer(question)
    assert reply.blocks == [] or all(block["type"] == "rich_text" for block in reply.blocks)
    assert "The pump is" in reply.shown


async def test_a_long_pause_that_slack_asks_for_gives_the_turn_back(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "429", count=1, seconds=30)
    with pytest.raises(PlatformUnavailableError) as caught:
        await desk.answer(question)
    assert caught.value.retry_after == 30


async def test_a_revoked_token_is_said_so(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "token_revoked", count=1)
    with pytest.raises(PlatformRefusedError, match="revoked"):
        await desk.answer(question)
