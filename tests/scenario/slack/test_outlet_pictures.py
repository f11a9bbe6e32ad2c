"""Pictures that an answer shows in Slack."""

import asyncio
import hashlib
from io import BytesIO

import pytest
from PIL import Image

from core.messages import Picture
from core.reply import Finished, ReplyPart, ShownPicture, Text
from tests.postings import Script
from tests.scenario.slack.posting_desk import Desk
from tests.slack_emulator import SlackEmulator


def picture(desk: Desk, colour: str = "red") -> ShownPicture:
    """A picture that the store has."""
    data = BytesIO()
    Image.new("RGB", (32, 24), colour).save(data, "PNG")
    sha256 = hashlib.sha256(data.getvalue()).hexdigest()
    desk.pictures[sha256] = data.getvalue()
    kept = Picture(sha256=sha256, media_type="image/png", width=32, height=24, name="pump.png", alt=f"a {colour} pump")
    return ShownPicture(picture=kept, source="manual.pdf", caption=f"The {colour} pump")


def with_pictures(*shown: ShownPicture) -> tuple[ReplyPart, ...]:
    return (Text(text="Here is the pump."), *shown, Finished())


async def test_a_picture_comes_with_its_answer_and_with_words_for_who_cannot_see_it(
    slack: SlackEmulator, desk: Desk
) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    shown = picture(desk)
    reply = await desk.answer(await desk.submit(desk.question(asked, ada)), with_pictures(shown))
    (there,) = reply.pictures
    assert "red pump" in there.alt
    file = slack.file(there.file)
    assert file.content == desk.pictures[shown.picture.sha256]
    assert "red pump" in file.alt
    assert desk.methods() == ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"]


async def test_two_pictures_are_completed_in_one_call(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pumps")
    reply = await desk.answer(
        await desk.submit(desk.question(asked, ada)), with_pictures(picture(desk), picture(desk, "blue"))
    )
    assert len(reply.pictures) == 2
    assert desk.methods().count("files.completeUploadExternal") == 1


async def test_a_picture_ends_a_streamed_answer(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    question = await desk.submit(desk.question(asked, ada))
    script = Script()
    script.say(Text(text="Here is the "))
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await slack.until(lambda: slack.replies(asked), seconds=5)
    script.end(Text(text="pump."), picture(desk))
    reply = await answering
    assert "Here is the pump." in reply.shown
    assert len(reply.pictures) == 1


async def test_without_permission_to_upload_the_answer_says_so(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    slack.faults.add("files.getUploadURLExternal", "missing_scope", count=5)
    for words in ("Show me the pump", "Once more"):
        asked = await ada.says(general, words)
        reply = await desk.answer(await desk.submit(desk.question(asked, ada)), with_pictures(picture(desk)))
        assert "Here is the pump." in reply.shown
        assert "manual.pdf could not be shown" in reply.shown
    assert len(slack.calls("files.getUploadURLExternal")) == 1, "it is remembered"


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_an_upload_that_broke_down_is_tried_again(slack: SlackEmulator, desk: Desk, method: str) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    slack.faults.add(method, "500 after", count=1)
    reply = await desk.answer(await desk.submit(desk.question(asked, ada)), with_pictures(picture(desk)))
    assert len(reply.pictures) == 1


async def test_a_picture_that_slack_still_works_on_is_waited_for(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    slack.faults.add("chat.postMessage", "invalid_blocks", count=1)
    reply = await desk.answer(await desk.submit(desk.question(asked, ada)), with_pictures(picture(desk)))
    assert len(reply.pictures) == 1


@pytest.mark.slow
async def test_where_blocks_cannot_show_files_they_are_shared_in_the_thread(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    slack.faults.add("chat.postMessage", "invalid_blocks", count=4)
    question = await desk.submit(desk.question(asked, ada))
    await desk.answer(question, with_pictures(picture(desk)))
    shared = [one for one in slack.replies(asked) if one.files]
    assert len(shared) == 1 and len(slack.replies(asked)) == 2
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    await desk.outlet.withdraw(desk.posting(await desk.take(question)))
    assert all(file.deleted for one in shared for file in one.files)


async def test_a_worker_that_takes_over_does_not_upload_again(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Show me the pump")
    question = await desk.submit(desk.question(asked, ada))
    parts = with_pictures(picture(desk))
    await desk.answer_and_die(question, parts, lambda posted: bool(posted.get("ts")))
    reply = await desk.answer(question, parts)
    assert len(reply.pictures) == 1 and len(slack.replies(asked)) == 1
    assert desk.methods().count("files.completeUploadExternal") == 1


async def test_pictures_for_the_asker_alone_come_in_a_direct_message(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "aside")
    url = desk.response_url(general, ada)
    question = await desk.submit(desk.question(asked, ada, "ephemeral", response_url=url))
    turn = await desk.take(question)
    script = Script()
    script.end(Text(text="Here is the pump."), picture(desk))
    await desk.outlet.post(desk.posting(turn), aiter(script))
    (seen,) = slack.ephemeral(ada)
    assert "in our direct messages" in seen.shown and not seen.pictures
    (told,) = slack.messages(slack.dm(ada))
    assert len(told.pictures) == 1 and "red pump" in told.pictures[0].alt
