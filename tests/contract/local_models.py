"""What the tests of local models share: a tiny model that is open, its pictures and questions, what `generate` says."""

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image, ImageDraw

from core.models.chat import ChatModel, LocalOptions
from core.models.local.chat_model import TransformersChatModel, open_local_model
from core.models.local.engine import Engine
from core.models.local.loading import LoadedModel
from core.models.local.prompt import Prompt
from core.models.local.request import Finish, Piece
from core.models.local.sampling import GenerationOptions
from tests.tiny_models import tiny_model


@dataclass(frozen=True)
class Open:
    """An open model and its parts."""

    chat: ChatModel
    model: TransformersChatModel
    engine: Engine

    def prompt(self, *messages: BaseMessage, tools: Sequence[dict[str, Any]] = ()) -> Prompt:
        """The prompt of a conversation."""
        return self.model.builder.build(messages, tools)

    async def ids(self, prompt: Prompt, options: GenerationOptions) -> tuple[int, ...]:
        """The tokens that the engine answers."""
        return (await self.finish(prompt, options)).ids

    async def finish(self, prompt: Prompt, options: GenerationOptions) -> Finish:
        """How an answer ends."""
        ends = [piece.finish async for piece in self.engine.generate(prompt, options)]
        assert ends[-1] is not None
        return ends[-1]

    async def text(self, prompt: Prompt, options: GenerationOptions) -> str:
        """The text that the engine answers."""
        return "".join([piece.text async for piece in self.engine.generate(prompt, options)])

    async def pieces(self, prompt: Prompt, options: GenerationOptions) -> list[Piece]:
        """The pieces of an answer."""
        return [piece async for piece in self.engine.generate(prompt, options)]

    async def generated(self, prompt: Prompt, tokens: int) -> tuple[int, ...]:
        """The tokens that transformers' own `generate` answers, by itself."""

        def generate(loaded: LoadedModel) -> tuple[int, ...]:
            made = loaded.model.generate(**prompt.inputs, max_new_tokens=tokens, do_sample=False)
            return tuple(made[0, prompt.tokens :].tolist())

        return await self.engine.exclusively(generate)


@asynccontextmanager
async def opened(family: str, *, batch: int = 8, context: int = 2048) -> AsyncGenerator[Open]:
    """A tiny model of a family."""
    chat = await open_local_model(str(tiny_model(family)), LocalOptions(device="cpu", batch=batch, context=context))
    assert isinstance(chat.model, TransformersChatModel)
    try:
        yield Open(chat, chat.model, chat.model.engine)
    finally:
        await chat.close()


def picture(colour: str, size: tuple[int, int] = (48, 48)) -> dict[str, Any]:
    """A picture block: a coloured square."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((12, 12, 34, 34), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return {"type": "image", "base64": base64.b64encode(buffer.getvalue()).decode(), "mime_type": "image/png"}


def asked(text: str, *colours: str, size: tuple[int, int] = (48, 48)) -> HumanMessage:
    """A question beside pictures."""
    blocks: list[str | dict[str, Any]] = [picture(colour, size) for colour in colours]
    return HumanMessage(content=[*blocks, {"type": "text", "text": text}])


def questions() -> list[HumanMessage]:
    """Questions of many lengths, with no, one and two pictures of several shapes."""
    return [
        asked("what is it?", "red"),
        asked("describe the picture and what you see in it", "blue", "green"),
        asked("what means stop?"),
        asked("a circle or a square?", "yellow", size=(90, 50)),
        asked("one two three red green blue, three two one, and what do you see in the picture?"),
        asked("what shape?", "green", size=(40, 100)),
    ]


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"it never came about: {what}")
