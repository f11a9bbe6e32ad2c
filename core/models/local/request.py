"""One answer that is asked for: its prompt, what was generated so far, and to whom the pieces go."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from core.models.local.answer_text import AnswerText
from core.models.local.prompt import Prompt
from core.models.local.sampling import GenerationOptions, Sampler

FinishReason = Literal["stop", "length"]
"""`stop`: the model ended the answer, or a stop string did. `length`: there was no room for more."""


@dataclass(frozen=True)
class Finish:
    """How an answer ended, and what it cost; `ids` are the tokens that were generated."""

    reason: FinishReason
    prompt_tokens: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Piece:
    """Text as it is generated; the last piece has `finish`."""

    text: str
    finish: Finish | None = None


Deliver = Callable[[Piece | BaseException], None]


@dataclass(eq=False)
class Request:
    """An answer in the making. Set `cancelled` from any thread, and it is dropped before the next step."""

    prompt: Prompt
    options: GenerationOptions
    deliver: Deliver
    sampler: Sampler
    text: AnswerText
    ids: list[int] = field(default_factory=list[int])
    cancelled: bool = False
    alone: bool = False
    """Generated with nothing beside it, since a batch with it has failed."""

    @property
    def tokens(self) -> torch.Tensor:
        """All tokens so far, of shape (tokens,)."""
        prompt = self.prompt.inputs["input_ids"][0]
        return torch.cat([prompt, prompt.new_tensor(self.ids)]) if self.ids else prompt

    def inputs(self) -> dict[str, torch.Tensor]:
        """The model's inputs: the prompt's, and what was generated before it had to make room for others."""
        if not self.ids:
            return self.prompt.inputs
        inputs = dict(self.prompt.inputs)
        for name, value in inputs.items():
            if value.dim() == 2 and value.shape == self.prompt.inputs["input_ids"].shape:
                more: Any = self.ids if name == "input_ids" else [int(name == "attention_mask")] * len(self.ids)
                inputs[name] = torch.cat([value, value.new_tensor(more)[None]], dim=1)
        return inputs

    def take(self, token: int, ends: frozenset[int]) -> bool:
        """Take the next token, and deliver what can be shown; answers whether the answer goes on."""
        self.ids.append(token)
        shown = self.text.feed(token)
        if token in ends or self.text.stopped:
            self._finish(shown, "stop")
            return False
        if len(self.ids) >= self.options.max_tokens:
            self._finish(shown, "length")
            return False
        if shown:
            self.deliver(Piece(shown))
        return True

    def fail(self, error: BaseException) -> None:
        """End the answer with an error, if anybody still waits for it."""
        with contextlib.suppress(RuntimeError):  # the event loop that waited is gone
            self.deliver(error)

    def _finish(self, shown: str, reason: FinishReason) -> None:
        shown += self.text.finish()
        if self.text.stopped:  # the last tokens completed a stop string
            reason = "stop"
        self.deliver(Piece(shown, Finish(reason, self.prompt.tokens, tuple(self.ids))))
