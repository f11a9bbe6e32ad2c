"""The vision-language model through the whole of Lorelens: from a message with a picture to the parts of its reply.

The model is the small one that the tests train; it knows coloured shapes, and reads one passage.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bots.worker import Worker
from config.settings import Settings
from core.answering import AssistantAnswers
from core.application import Application
from core.mailbox import Mailbox
from core.messages import Author, Message, Place
from core.models.minilm import MiniLM
from core.pictures import normalize
from core.posting import Posting
from core.question import Question
from core.reply import Reply, ReplyPart, gather
from tests.ingesting import OCR, Team

pytestmark = pytest.mark.slow

PLACE = Place(platform="desk", workspace="T", channel="signals", thread="1")
MEANINGS = {"red": "stop", "blue": "go", "green": "open", "yellow": "wait"}


def drawn(colour: str, shape: str = "square") -> bytes:
    """A picture as a person might send it: larger than what the model reads."""
    paint = {"red": (215, 35, 30), "blue": (45, 60, 215), "green": (30, 165, 65), "yellow": (235, 215, 45)}[colour]
    picture = Image.new("RGB", (400, 400), (236, 233, 225))
    canvas = ImageDraw.Draw(picture)
    box = (90, 100, 300, 310)
    if shape == "circle":
        canvas.ellipse(box, fill=paint)
    else:
        canvas.rectangle(box, fill=paint)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds what each light means, a page each."""
    team = Team(tmp_path_factory.mktemp("lights"), encoder=MiniLM())
    team.write(
        {
            f"{colour}.md": f"# The {colour} light\n\n{colour.capitalize()} means {meaning}.\n"
            for colour, meaning in MEANINGS.items()
        }
    )
    asyncio.run(team.ingest())
    return team.data


@asynccontextmanager
async def opened(model: Path, data: Path) -> AsyncGenerator[Application]:
    settings = Settings.model_validate({"data": data, "model": f"local:{model}"})
    async with Application(settings) as application:
        application.ocr = OCR
        yield application


def asking(text: str, *pictures: bytes, number: int = 0) -> tuple[Message, dict[str, bytes]]:
    taken = [normalize(data) for data in pictures]
    message = Message(
        id=f"m{number}",
        place=PLACE,
        author=Author(id="mira"),
        text=text,
        pictures=tuple(one.picture for one in taken),
        sent_at=datetime.now(UTC),
    )
    return message, {one.picture.sha256: one.data for one in taken}


async def answered(application: Application, text: str, *pictures: bytes) -> Reply:
    message, kept = asking(text, *pictures)

    async def find(sha256: str) -> bytes | None:
        return kept.get(sha256)

    assistant = await application.assistant(find)
    return gather([part async for part in assistant.answer(message)])


@pytest.mark.parametrize(("colour", "shape"), [("red", "square"), ("yellow", "circle"), ("blue", "square")])
async def test_what_a_picture_shows_is_answered(tiny_vlm: Path, tmp_path: Path, colour: str, shape: str) -> None:
    async with opened(tiny_vlm, tmp_path) as application:
        told = await answered(application, "what color is it?", drawn(colour, shape))
        named = await answered(application, "what shape is it?", drawn(colour, shape))
    assert (told.text, named.text) == (f"{colour}.", f"{shape}.")
    assert told.failure is None
    assert told.tokens > 0


@pytest.mark.parametrize("colour", MEANINGS)
async def test_the_page_about_what_is_seen_is_found_and_decides_the_answer(
    tiny_vlm: Path, knowledge: Path, colour: str
) -> None:
    async with opened(tiny_vlm, knowledge) as application:
        reply = await answered(application, "what does the light mean?", drawn(colour))
    assert reply.text == f"{colour} means {MEANINGS[colour]}. [1]"
    assert [(one.source, one.quote) for one in reply.citations] == [
        (f"{colour}.md", f"{colour.capitalize()} means {MEANINGS[colour]}.")
    ]


async def test_without_the_page_the_meaning_is_not_known(tiny_vlm: Path, tmp_path: Path) -> None:
    async with opened(tiny_vlm, tmp_path) as application:
        reply = await answered(application, "what does the light mean?", drawn("red"))
    assert "stop" not in reply.text
    assert reply.citations == ()


async def test_a_picture_without_words_is_described(tiny_vlm: Path, tmp_path: Path) -> None:
    async with opened(tiny_vlm, tmp_path) as application:
        reply = await answered(application, "", drawn("blue"))
    assert reply.text == "one blue square."


class Desk:
    """A platform that keeps what is posted."""

    platform = "desk"

    def __init__(self) -> None:
        self.posted: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        reply = gather([part async for part in parts])
        await posting.ready()
        self.posted.put_nowait((posting.questions[-1].message.id, reply.text))
        return f"reply-{posting.key}"

    async def withdraw(self, posting: Posting) -> None:
        """Nothing stands."""

    async def close(self) -> None:
        """Nothing to let go of."""


async def test_messages_of_several_conversations_are_answered_by_one_model_through_the_mailbox(
    tiny_vlm: Path, tmp_path: Path
) -> None:
    desk = Desk()
    async with opened(tiny_vlm, tmp_path) as application:
        store = await application.conversations()
        mailbox = Mailbox(store, desk.platform)
        for number, colour in enumerate(MEANINGS):
            message, _ = asking("what color is it?", drawn(colour), number=number)
            await store.keep_picture(normalize(drawn(colour)))
            place = PLACE.model_copy(update={"thread": str(number)})
            assert await mailbox.submit(Question(message=message.model_copy(update={"place": place}))) == "new"
        assistant = await application.assistant(store.picture)
        worker = Worker(mailbox, desk, AssistantAnswers(assistant, store, history_tokens=1000))
        working = asyncio.create_task(worker.run())
        async with asyncio.timeout(60):
            posted = dict([await desk.posted.get() for _ in MEANINGS])
        worker.stop()
        await working
    assert posted == {f"m{number}": f"{colour}." for number, colour in enumerate(MEANINGS)}
