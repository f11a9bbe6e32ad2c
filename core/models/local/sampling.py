"""Choosing the next token of an answer: the most likely one, or drawn with a temperature from the answer's own seed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    SuppressTokensLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)


@dataclass(frozen=True)
class GenerationOptions:
    """How an answer is generated; temperature 0 takes the most likely token each time.

    `seed` makes a drawn answer the same again, whatever is generated beside it. Nothing of the `stop` strings is shown.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


_Process = Callable[[Any, Any], torch.Tensor]


class Sampler:
    """Chooses the tokens of one answer, as the model's generation configuration and the options say."""

    def __init__(self, options: GenerationOptions, configuration: Any) -> None:
        """`configuration` is transformers' `GenerationConfig` of the model."""
        self._processors = _processors(configuration)
        self.draws = options.temperature > 0
        if self.draws:
            self._generator = torch.Generator()
            if options.seed is None:
                self._generator.seed()
            else:
                self._generator.manual_seed(options.seed)
            if options.temperature != 1:
                self._processors.append(TemperatureLogitsWarper(options.temperature))
            if options.top_p < 1:
                self._processors.append(TopPLogitsWarper(options.top_p))

    @property
    def is_plain(self) -> bool:
        """Whether the most likely token is taken, and nothing else is asked: then a whole batch is chosen at once."""
        return not self.draws and not self._processors

    def choose(self, logits: torch.Tensor, ids: torch.Tensor) -> int:
        """The next token by logits of shape (vocabulary,), after all tokens so far, of shape (tokens,)."""
        # On the processor and in float32: the same draw on every device, and beside whatever else is generated.
        scores = logits.detach().float().cpu()[None]
        for process in self._processors:
            scores = process(ids[None], scores)
        if not self.draws:
            return int(scores.argmax())
        return int(torch.multinomial(scores.softmax(-1), 1, generator=self._generator))


def _processors(configuration: Any) -> list[_Process]:
    """What the model's authors ask of every answer."""
    processors: list[_Process] = []
    penalty: float = getattr(configuration, "repetition_penalty", None) or 1.0
    if penalty != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(penalty))
    if size := getattr(configuration, "no_repeat_ngram_size", None):
        processors.append(NoRepeatNGramLogitsProcessor(size))
    if suppressed := getattr(configuration, "suppress_tokens", None):
        processors.append(SuppressTokensLogitsProcessor(suppressed))
    return processors
