"""What people send beside their questions: fetched, made out, or explained."""

import io
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from adapters.slack.api import Installed, OneWorkspace
from adapters.slack.documents import document
from adapters.slack.intake import Intake
from adapters.understood import Asked
from core.errors import DocumentError, PlatformUnavailableError
from core.messages import Attachment, Author, Message
from core.pictures import NormalizedPicture
from core.question import Question
from tests.slack_emulator import Channel, SlackEmulator, Upload


def picture(colour: str = "teal", kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, kind)
    return buffer.getvalue()


def heic() -> bytes:
    import pillow_heif

    heif: Any = pillow_heif
    heif.register_heif_opener()
    return picture("navy", "HEIF")


class Reader:
    """Understands what was delivered last, and completes it."""

    def __init__(self, slack: SlackEmulator, intake: Intake) -> None:
        self.slack = slack
        self.intake = intake
        self.kept: list[NormalizedPicture] = []

    async def keep(self, one: NormalizedPicture) -> None:
        self.kept.append(one)

    async def question(self, kind: str = "message", takes_part: bool = False) -> Question:
        """The question that the last event of a kind asks."""
        bodies: list[Mapping[str, Any]] = [one.body for one in self.slack.deliveries]
        events = [body["event"] for body in bodies if "event" in body]

        async def part(conversation: str, at: datetime) -> bool:
            return takes_part

        installed: Installed = await self.intake.clients.installed(self.slack.team.id)
        event = [event for event in events if event["type"] == kind][-1]
        understood = await self.intake.understand(event, installed, part)
        assert isinstance(understood, Asked), understood
        return understood.question

    async def read(self, kind: str = "message") -> Message:
        return await self.intake.complete(await self.question(kind), self.keep)


@pytest.fixture
async def slack() -> AsyncGenerator[SlackEmulator]:
    async with SlackEmulator(mode="http") as slack:
        yield slack


@pytest.fixture
async def reader(slack: SlackEmulator) -> AsyncGenerator[Reader]:
    clients = OneWorkspace(slack.bot_token, url=slack.api_url)
    intake = Intake.of(clients, api_url=slack.api_url)
    yield Reader(slack, intake)
    await intake.close()
    await clients.close()


@pytest.fixture
def general(slack: SlackEmulator) -> Channel:
    return slack.channel("general")


async def test_a_screenshot_beside_a_mention(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    ada = slack.person("ada", display_name="Ada", locale="zh-CN")
    await ada.mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    message = await reader.read()
    assert (message.text, message.author.name, message.author.locale) == ("what is this?", "Ada", "zh-CN")
    assert [one.name for one in message.pictures] == ["pump.png"]
    assert message.attachments == ()
    assert [one.picture for one in reader.kept] == list(message.pictures)
    again = Question(message=message, delivery={"team": slack.team.id})
    assert await reader.intake.complete(again, reader.keep) == message


async def test_several_pictures_stay_in_order_and_other_files_beside_them(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    files = [
        Upload("a.png", picture("red")),
        Upload("b.heic", heic(), mimetype="image/heic"),
        Upload("c.pdf", b"%PDF-1.7", mimetype="application/pdf"),
        Upload("d.jpg", picture("blue", "JPEG")),
    ]
    await slack.person("ada").mentions(general, "compare", files=files)
    message = await reader.read()
    assert [one.name for one in message.pictures] == ["a.png", "b.heic", "d.jpg"]
    assert [(one.name, one.problem) for one in message.attachments] == [("c.pdf", "")]


async def test_a_mention_without_its_files_is_read_once_more(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    slack.settings.mention_files = "only message"
    ada = slack.person("ada")
    root = await ada.says(general, "look")
    await ada.mentions(root, "what is this?", files=[Upload("pump.png", picture())])
    message = await reader.read("app_mention")
    assert [one.name for one in message.pictures] == ["pump.png"]
    assert len(slack.calls("conversations.replies")) == 1


@pytest.mark.parametrize("fault", ["redirect", "html"])
async def test_a_login_page_instead_of_the_picture_is_explained(
    slack: SlackEmulator, reader: Reader, general: Channel, fault: str
) -> None:
    await slack.person("ada").mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    slack.faults.files(fault)
    message = await reader.read()
    assert message.pictures == ()
    assert "files:read" in message.attachments[0].problem
    assert message.attachments[0].problem.startswith('Lorelens may not read files here, so it could not see "pump.png"')
    assert [one for one in slack.records.downloads if one.sent == "elsewhere"] == []


async def test_without_the_scope_it_is_explained_too(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    scopes = slack.installation().scopes
    scopes.remove("files:read")
    ada = slack.person("ada")
    await ada.mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    question = await reader.question()
    described = await reader.intake.complete(question, reader.keep)
    asked_for = question.model_copy(update={"delivery": {"team": slack.team.id}})
    looked_up = await reader.intake.complete(asked_for, reader.keep)
    for message in (described, looked_up):
        assert "files:read" in message.attachments[0].problem


async def test_a_file_that_only_slack_can_describe(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    await slack.person("ada").mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    question = await reader.question()
    (known,) = question.message.attachments
    unknown = Attachment(name="", media_type="", size=0, reference=known.reference)
    other = Attachment(name="", media_type="", size=0, reference="F0NOBODY")
    message = question.message.model_copy(update={"attachments": (other, unknown)})
    read = await reader.intake.complete(Question(message=message, delivery={"team": slack.team.id}), reader.keep)
    assert [one.name for one in read.pictures] == ["pump.png"]
    assert [one.problem for one in read.attachments] == ['"the file" was deleted. Send it again.']


async def test_a_picture_that_was_deleted_before_it_was_read(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    await slack.person("ada").mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    question = await reader.question()
    slack.file(question.message.attachments[0].reference).deleted = True
    message = await reader.intake.complete(question, reader.keep)
    assert message.attachments[0].problem == '"pump.png" was deleted. Send it again.'


async def test_documents_come_as_they_are_web_pages_too(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    page = b"<!DOCTYPE html><html><head><title>Offsite</title></head><body>It is in Ghent.</body></html>"
    large = b"%PDF-1.7" + bytes(26 * 2**20)
    files = [
        Upload("plan.html", page, mimetype="text/html"),
        Upload("plan.pdf", large, mimetype="application/pdf"),
    ]
    await slack.person("ada").mentions(general, "where is it?", files=files)
    question = await reader.question()
    clients, fetching = reader.intake.clients, reader.intake.files
    html, pdf = question.message.attachments
    assert await document(question, html, clients, fetching) == page
    assert await document(question, pdf, clients, fetching) == large
    slack.faults.files("html")
    with pytest.raises(DocumentError, match="may not read files here"):
        await document(question, html, clients, fetching)


async def test_while_slack_is_away_the_question_waits(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    await slack.person("ada").mentions(general, "what is this?", files=[Upload("pump.png", picture())])
    question = await reader.question()
    slack.faults.files("503")
    with pytest.raises(PlatformUnavailableError):
        await reader.intake.complete(question, reader.keep)
    slack.faults.clear()
    assert len((await reader.intake.complete(question, reader.keep)).pictures) == 1


async def test_more_pictures_than_are_looked_at(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    files = [Upload(f"{at:02}.png", picture()) for at in range(12)]
    await slack.person("ada").mentions(general, "compare", files=files)
    message = await reader.read()
    assert [one.name for one in message.pictures] == [f"{at:02}.png" for at in range(10)]
    assert [one.problem.partition(":")[0] for one in message.attachments] == [
        '"10.png" was not looked at',
        '"11.png" was not looked at',
    ]


async def test_names_that_were_not_known_at_first_are_learned(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    ada, bob = slack.person("ada", display_name="Ada"), slack.person("bob", display_name="Bob")
    await ada.mentions(general, f"what does <@{bob.id}> mean in <#{general.id}>?")
    question = await reader.question()
    assert question.message.text == "what does @Bob mean in #general?"
    unknown = question.message.model_copy(
        update={"text": f"what does @{bob.id}说 mean in #{general.id}?", "author": Author(id=ada.id)}
    )
    read = await reader.intake.complete(Question(message=unknown, delivery=question.delivery), reader.keep)
    assert (read.text, read.author.name) == ("what does @Bob说 mean in #general?", "Ada")


async def test_the_explanation_is_in_the_askers_language(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    await slack.person("li", locale="zh-CN").mentions(general, "这是什么？", files=[Upload("泵.png", b"not a picture")])
    slack.faults.files("404")
    message = await reader.read()
    assert message.attachments[0].problem == "“泵.png”已被删除。 请再发一次。"


async def test_what_is_no_picture_is_said(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    await slack.person("ada").mentions(general, "what is this?", files=[Upload("pump.png", b"just words " * 9)])
    message = await reader.read()
    assert "not a picture" in message.attachments[0].problem


async def test_what_was_said_before_in_the_thread(slack: SlackEmulator, reader: Reader, general: Channel) -> None:
    ada, bob = slack.person("ada", display_name="Ada"), slack.person("bob", display_name="Bob")
    root = await ada.says(general, "the pump leaks", files=[Upload("pump.png", picture())])
    await bob.says(root, f"<@{ada.id}> since when?")
    client: Any = await reader.intake.clients.client(slack.team.id)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Since *noon*."}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Sources: log"}]},
    ]
    await client.chat_postMessage(channel=general.id, thread_ts=root.ts, text="Since noon.", blocks=blocks)
    await ada.mentions(root, "so what now?")
    await slack.settled(seconds=5)
    question = await reader.question("app_mention")
    before = await reader.intake.earlier(question, reader.keep)
    assert [(one.role, one.author.name, one.text) for one in before] == [
        ("person", "Ada", "the pump leaks"),
        ("person", "Bob", "@Ada since when?"),
        ("assistant", "Lorelens", "Since **noon**."),
    ]
    assert [one.name for one in before[0].pictures] == ["pump.png"]
    assert (await reader.intake.earlier(question))[0].attachments[0].name == "pump.png"


async def test_a_thread_that_begins_with_the_question_has_nothing_before_it(
    slack: SlackEmulator, reader: Reader, general: Channel
) -> None:
    await slack.person("ada").mentions(general, "hello")
    assert await reader.intake.earlier(await reader.question()) == []
    assert slack.calls("conversations.replies") == []
