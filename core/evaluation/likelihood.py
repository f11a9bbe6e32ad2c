"""How likely a local model takes the reference answers to be: their perplexity, after what was retrieved for them.

The prompt is the one that training makes (`core.training.prompts`): the evidence, the question and its pictures. Needs
the model itself, so a served one or the extractive reader has none.
"""

import asyncio
import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.models.chat import LOCAL, ChatModel

if TYPE_CHECKING:  # torch takes seconds to import
    from core.models.local.engine import Engine
    from core.models.local.loading import LoadedModel
    from core.training.examples import Example
    from core.training.prompts import PromptMaker


@dataclass(frozen=True)
class ReferenceLikelihood:
    """Measures references with the model that answers; prompts of more than `context` tokens lose passages."""

    engine: "Engine"
    maker: "PromptMaker"
    context: int
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One at a time: all share the tokenizer."""

    @classmethod
    async def of(cls, chat: ChatModel) -> "ReferenceLikelihood | None":
        """For a model that runs here; None for any other."""
        if not chat.name.startswith(LOCAL):
            return None
        from core.models.local.chat_model import TransformersChatModel
        from core.training.prompts import PromptMaker

        if not isinstance(chat.model, TransformersChatModel):  # others stand in for it where it is away
            return None
        engine: Engine = chat.model.engine
        # A processor of its own: one tokenizer can't serve two threads, and answers are made meanwhile.
        processor = await asyncio.to_thread(copy.deepcopy, engine.loaded.processor)
        return cls(engine, PromptMaker(processor, chat.prompt), chat.model.context)

    async def measure(
        self, question: str, reference: str, passages: Sequence[str], picture: Path | None
    ) -> dict[str, float] | None:
        """The summed unlikelihood (nats) of a reference, and its tokens; None where even alone it is too long.

        Raises:
            PictureError: the picture can't be read, or the model can't take it.
            ModelUnavailableError: the model is shut down.
        """
        from core.training.examples import Example

        pictures = () if picture is None else (picture,)
        example = Example(question=question, answer=reference, pictures=pictures)
        async with self._one:
            for many in range(len(passages), -1, -1):
                shorter = example.model_copy(update={"passages": tuple(passages[:many])})
                if await asyncio.to_thread(self._tokens, shorter) <= self.context:
                    return await self._measured(shorter)
        return None

    def _tokens(self, example: "Example") -> int:
        return int(self.maker.answered(example).inputs["input_ids"].shape[1])

    async def _measured(self, example: "Example") -> dict[str, float]:
        import torch

        from core.training.evaluation import Asked, unlikelihood_of

        def on_its_thread(loaded: "LoadedModel") -> tuple[float, int]:
            with torch.inference_mode():
                return unlikelihood_of(loaded.model, self.maker, [Asked(example)])

        nats, tokens = await self.engine.exclusively(on_its_thread)
        return {"unlikelihood": nats, "tokens": float(tokens)}
