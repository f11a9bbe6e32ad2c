"""What the whole assistant adds to a bare `generate` of the local model that answers: looking, searching, citing.

The same questions to the tests' tiny model: by transformers' `generate` with the assistant's prompt, and by the
assistant. The model is trained first if it was not yet (a few minutes).
"""

import asyncio
import base64
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from langchain_core.messages import ContentBlock, HumanMessage
from rich.console import Console

from bots.knowledge import read_in
from config.settings import Settings
from core.application import Application
from core.models.local.chat_model import TransformersChatModel
from core.models.local.engine import Engine
from core.models.local.loading import LoadedModel
from core.models.local.prompt import Prompt
from core.pictures import normalize
from core.prompting import brief_question
from tests.bench.tables import Cell, Table
from tests.scenario.test_vision_model import MEANINGS, asking, drawn
from tests.tiny_vlm.trained import Training

ROUNDS = 15
QUESTIONS = (
    ("what does the light mean?", "red", "The red light\n\nRed means stop."),
    ("what color is it?", "red", ""),
    ("what does red mean?", "", "The red light\n\nRed means stop."),
)
"""A question, the colour of the picture beside it, and the passage that answers it."""


async def measure(data: Path) -> list[Table]:
    """On four pages about lights; `data` is not needed."""
    folder = await asyncio.to_thread(Training().wait)
    with tempfile.TemporaryDirectory() as place:
        pages = Path(place) / "lights"
        pages.mkdir()
        for colour, meaning in MEANINGS.items():
            (pages / f"{colour}.md").write_text(f"# The {colour} light\n\n{colour.capitalize()} means {meaning}.\n")
        settings = Settings.model_validate({"data": Path(place) / "data", "model": f"local:{folder}"})
        async with Application(settings) as application:
            await read_in(application, pages, "lights", Console(quiet=True))
            rows = [await _row(application, *question) for question in QUESTIONS]
    return [
        Table(
            "A question's way to its answer, milliseconds (median)",
            ("question", "picture", "generate", "the assistant", "more", "of that OCR"),
            rows,
            "The assistant also asks the model what the picture shows, before it searches.",
        )
    ]


async def _row(application: Application, text: str, colour: str, passage: str) -> list[Cell]:
    chat = (await application.chat()).model
    assert isinstance(chat, TransformersChatModel)
    pictures = [drawn(colour)] if colour else []
    message, kept = asking(text, *pictures)
    content: list[ContentBlock] = [{"type": "text", "text": brief_question(passage, text)}]
    content += [_block(picture) for picture in kept.values()]
    prompt = chat.prompt_of([HumanMessage(content_blocks=content)])
    engine: Engine = chat.engine

    async def find(sha256: str) -> bytes | None:
        return kept.get(sha256)

    assistant = await application.assistant(find)

    async def bare() -> None:
        await engine.exclusively(lambda loaded: _generate(loaded, prompt))

    async def whole() -> None:
        async for _ in assistant.answer(message):
            pass

    async def read() -> None:
        for picture in pictures:
            await asyncio.to_thread(application.ocr.read, normalize(picture).data)

    alone, answered, ocr = [await _median(run) for run in (bare, whole, read)]
    return [text, colour or "none", alone, answered, answered - alone, ocr]


def _generate(loaded: LoadedModel, prompt: Prompt) -> None:
    inputs = {name: value.to(loaded.device) for name, value in prompt.inputs.items()}
    loaded.model.generate(**inputs, max_new_tokens=32, do_sample=False)


def _block(picture: bytes) -> ContentBlock:
    return {"type": "image", "base64": base64.b64encode(picture).decode(), "mime_type": "image/png"}


async def _median(run: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds; the first run does not count."""
    await run()
    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await run()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
