"""A real OpenAI-compatible server, `transformers serve`, with a small model that sees, through the whole assistant."""

import io
import random
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings
from core.application import Application
from core.messages import Author, Message, Place
from core.models.chat import load_chat_model
from core.models.served.chat_model import ServedChatModel
from core.pictures import normalize
from core.reply import Finished, gather
from tests.ingesting import OCR
from tests.scenario.transformers_server import transformers_server
from tests.tiny_vlm.scenes import scene_alike

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tiny_vlm: Path) -> Generator[tuple[str, str]]:
    """The name of the served model, and the URL of its server."""
    with transformers_server(tiny_vlm) as url:
        yield f"openai:{tiny_vlm}", url


async def test_a_real_server_is_asked_what_its_model_can_do(served: tuple[str, str]) -> None:
    name, url = served
    chat = await load_chat_model(name, base_url=url)
    assert (chat.sees_pictures, chat.calls_tools, chat.prompt) == (True, False, "brief")
    assert isinstance(chat.model, ServedChatModel)
    assert (await chat.model.capabilities()).pictures.source == "tried"
    await chat.close()


async def test_a_question_with_a_picture_is_answered_from_the_picture(served: tuple[str, str], tmp_path: Path) -> None:
    name, url = served
    settings = {"data": tmp_path, "encoder": "none", "model": name, "model_base_url": url}
    scenes = [scene_alike(random.Random(seed), [(colour, "square")]) for seed, colour in enumerate(("red", "blue"))]
    async with Application(Settings.model_validate(settings)) as application:
        application.ocr = OCR
        for scene in scenes:
            buffer = io.BytesIO()
            scene.picture.save(buffer, "PNG")
            picture = normalize(buffer.getvalue())

            async def find(sha256: str, data: bytes = picture.data) -> bytes | None:
                return data

            message = Message(
                id="1",
                place=Place(platform="terminal", workspace="local", channel="test"),
                author=Author(id="mira"),
                text="what color is it?",
                pictures=(picture.picture,),
                sent_at=datetime.now(UTC),
            )
            assistant = await application.assistant(find)
            parts = [part async for part in assistant.answer(message)]
            assert gather(parts).text.strip().startswith(scene.things[0].colour)
            assert isinstance(parts[-1], Finished)
            assert parts[-1].tokens > 0
            pieces = [piece async for piece in (await application.chat()).model.astream("what is a square?")]
            assert sum(bool(piece.text) for piece in pieces) > 1
