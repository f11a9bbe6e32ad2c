"""What a chat platform adds to an answer: pictures and documents of a message, the thread before it, who reads it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from core.answering import AssistantAnswers
from core.application import Application
from core.audience import EVERYONE, GUESTS, channel
from core.errors import DocumentError, PictureError
from core.messages import Attachment, Author, Message, Place
from core.models.minilm import MiniLM
from core.pictures import normalize
from core.platform import KeepPicture
from core.posting import Posting
from core.question import Question
from core.reply import Reply, ReplyPart, gather
from tests.ingesting import OCR, Team
from tests.scenario.test_assistant import DOCUMENTS, ROLLBACK, drawn

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACE = Place(platform="desk", workspace="T1", channel="general", thread="1", visibility="public")
BUDGET = (
    b"# Offsite\n\nThe offsite is in Ghent.\n\n## Budget\n\nThe budget of the offsite is 4,200 euros.\n\n"
    b"## Travel\n\nTrains leave Brussels every half hour.\n"
)


class Desk:
    """A platform that holds files and a thread, and says who reads."""

    platform = "desk"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.thread: list[Message] = []
        self.readers: tuple[str, ...] = (EVERYONE,)
        self.fetched: list[str] = []

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        raise AssertionError("nothing is posted here")

    async def withdraw(self, posting: Posting) -> None:
        raise AssertionError("nothing is posted here")

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        message = question.message
        pictures, rest = list(message.pictures), list[Attachment]()
        for attachment in message.attachments:
            if attachment.problem or not attachment.media_type.startswith("image/"):
                rest.append(attachment)
                continue
            self.fetched.append(attachment.reference)
            try:
                taken = normalize(self.files[attachment.reference], name=attachment.name)
            except PictureError as error:
                rest.append(attachment.model_copy(update={"problem": str(error)}))
            else:
                await keep(taken)
                pictures.append(taken.picture)
        return message.model_copy(update={"pictures": tuple(pictures), "attachments": tuple(rest)})

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        self.fetched.append(attachment.reference)
        if attachment.reference not in self.files:
            raise DocumentError(f"{attachment.name} is gone.", hint="Send it again.")
        return self.files[attachment.reference]

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        return self.thread

    async def audience(self, question: Question) -> tuple[str, ...]:
        return self.readers

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    team = Team(tmp_path_factory.mktemp("team"), encoder=MiniLM())
    team.write({**DOCUMENTS, "rollback.png": drawn("operator", "bastion host")})
    asyncio.run(team.ingest())
    return team.data


@pytest.fixture
async def application(data: Path, tmp_path: Path) -> AsyncIterator[Application]:
    for name in ("index", "pictures", "ledger.sqlite"):
        (tmp_path / name).symlink_to(data / name)
    async with Application(Settings.model_validate({"data": tmp_path})) as application:
        application.ocr = OCR
        yield application


class Room:
    """A conversation on the desk."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.desk = Desk()
        self.said = 0

    async def ask(self, text: str, *files: tuple[str, str, bytes | None]) -> Reply:
        """Ask, with files (name, media type, bytes; None: it is gone)."""
        store = await self.application.conversations()
        self.said += 1
        self.desk.files |= {name: data for name, _, data in files if data is not None}
        message = Message(
            id=f"m{self.said}",
            place=PLACE,
            author=Author(id="mira"),
            text=text,
            attachments=tuple(
                Attachment(name=name, media_type=kind, size=len(data or b""), reference=name)
                for name, kind, data in files
            ),
            sent_at=NOON + timedelta(minutes=self.said),
        )
        await store.remember(message)
        assistant = await self.application.assistant(store.picture)
        answers = AssistantAnswers(assistant, store, history_tokens=1000, platform=self.desk)
        return gather([part async for part in answers([Question(message=message)])])


@pytest.fixture
def room(application: Application) -> Room:
    return Room(application)


async def test_a_picture_is_fetched_when_it_is_answered_and_known_afterwards(room: Room) -> None:
    reply = await room.ask("What is wrong?", ("error.png", "image/png", drawn("ERR-4031", "request refused")))
    assert "webhook signature" in reply.text
    store = await room.application.conversations()
    [kept] = await store.messages(PLACE.conversation, ["m1"])
    assert [picture.name for picture in kept.pictures] == ["error.png"]
    assert kept.attachments == ()
    assert await store.picture(kept.pictures[0].sha256) is not None
    await room.ask("What code does it show?")
    assert room.desk.fetched == ["error.png"]


async def test_a_file_that_is_no_picture_is_named_and_the_question_answered(room: Room) -> None:
    reply = await room.ask("How long does a rollback take?", ("x.png", "image/png", b"<!doctype html><html>log in"))
    assert 'x.png" is a web page' in reply.text
    assert ROLLBACK in reply.text
    alone = await room.ask("", ("x.png", "image/png", b"<!doctype html><html>log in"))
    assert alone.failure is not None
    assert "x.png" in alone.failure.message


async def test_a_document_beside_a_question_is_read_and_cited_and_followed_up(room: Room) -> None:
    reply = await room.ask("What is the budget of the offsite?", ("offsite.md", "text/markdown", BUDGET))
    assert "4,200 euros" in reply.text
    assert [(one.source, one.heading) for one in reply.citations] == [("offsite.md", "Offsite › Budget")]
    later = await room.ask("How often do trains leave Brussels?")
    assert "every half hour" in later.text
    other = await room.ask("How long does a rollback take?")
    assert ROLLBACK in other.text
    assert [one.source for one in other.citations] == ["deploy.md"]


async def test_a_document_alone_is_told_about(room: Room) -> None:
    reply = await room.ask("", ("offsite.md", "text/markdown", BUDGET))
    assert "offsite" in reply.text.lower()
    assert reply.failure is None


async def test_a_document_that_cannot_be_read_is_named(room: Room) -> None:
    gone = await room.ask("How long does a rollback take?", ("plan.pdf", "application/pdf", None))
    assert "plan.pdf is gone." in gone.text
    assert ROLLBACK in gone.text
    broken = await room.ask("", ("plan.pdf", "application/pdf", b"%PDF-1.7 nothing"))
    assert broken.failure is not None
    assert "plan.pdf" in broken.failure.message


async def test_a_thread_that_others_began_is_read_when_it_is_joined(room: Room) -> None:
    room.desk.thread = [
        Message(
            id="before",
            place=PLACE,
            author=Author(id="noor", name="Noor"),
            text="We get ERR-4031 from the partner's webhook since this morning.",
            sent_at=NOON - timedelta(minutes=5),
        )
    ]
    store = await room.application.conversations()
    await room.ask("Why is that?")
    assert [one.id for one in await store.history(PLACE.conversation, 1000)] == ["before", "m1"]


async def test_being_called_without_a_word_asks_what_was_said_before(room: Room) -> None:
    before = Message(
        id="before",
        place=PLACE,
        author=Author(id="noor", name="Noor"),
        text="How long does a rollback take?",
        sent_at=NOON - timedelta(minutes=5),
    )
    room.desk.thread = [before]
    assert ROLLBACK in (await room.ask("")).text
    nothing = await room.ask("")
    assert nothing.failure is not None
    assert "no question" in nothing.failure.message


async def test_an_answer_draws_on_what_its_readers_may_see(room: Room) -> None:
    room.desk.readers = (GUESTS, channel("desk", "T1", "general"))
    reply = await room.ask("How long does a rollback take?")
    assert reply.citations == ()
    assert ROLLBACK not in reply.text
