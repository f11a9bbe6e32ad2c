"""What a model answers to examples, next to what it should: before training and after it."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field

from core.messages import Value
from core.models.local.collate import collate
from core.training.batches import labelled
from core.training.examples import Example
from core.training.packing import IGNORED
from core.training.prompts import PromptMaker
from core.training.scores import bleu, exact_match, rouge_l, token_f1

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 512
"""Tokens of an answer, while evaluating."""


class Figures(Value):
    """Of some examples: exact match and word F1 from 0 to 1, the perplexity of the wished-for answers.

    ROUGE-L (0 to 1) and BLEU (0 to 100) are there where the extra `eval` is installed. `kinds` holds the exact match of
    each kind of example, and `counts` how many there are.
    """

    examples: int
    exact_match: float
    token_f1: float
    perplexity: float
    rouge_l: float | None = None
    bleu: float | None = None
    kinds: dict[str, float] = Field(default_factory=dict[str, float])
    counts: dict[str, int] = Field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Asked:
    """An example; its pictures if they are at hand, else they are read when they are needed."""

    example: Example
    images: "tuple[Image, ...] | None" = None


def evaluate(
    model: Any,
    maker: PromptMaker,
    asked: Sequence[Asked],
    *,
    batch: int = 32,
    progress: Callable[[int], None] | None = None,
) -> tuple[Figures, list[str]]:
    """The figures, and the answers in order; `progress` is told how many are answered.

    Answers are generated greedily, as the model would most likely answer.
    """
    said: list[str] = []
    unlikelihood, tokens = 0.0, 0
    training = bool(model.training)
    model.eval()
    with torch.inference_mode():
        for some in _batches(asked, batch):
            said += _answers(model, maker, some)
            lost, counted = unlikelihood_of(model, maker, some)
            unlikelihood, tokens = unlikelihood + lost, tokens + counted
            if progress is not None:
                progress(len(said))
    model.train(training)
    return _figures(asked, said, math.exp(min(50.0, unlikelihood / max(1, tokens)))), said


def _figures(asked: Sequence[Asked], said: Sequence[str], perplexity: float) -> Figures:
    wanted = [one.example.answer for one in asked]
    right = [exact_match(answer, other) for answer, other in zip(said, wanted, strict=True)]
    kinds: dict[str, list[bool]] = {}
    for one, is_right in zip(asked, right, strict=True):
        kinds.setdefault(one.example.kind or "other", []).append(is_right)
    many = max(1, len(asked))
    return Figures(
        examples=len(asked),
        exact_match=sum(right) / many,
        token_f1=sum(map(token_f1, said, wanted)) / many,
        perplexity=perplexity,
        rouge_l=rouge_l(said, wanted),
        bleu=bleu(said, wanted),
        kinds={kind: sum(of_kind) / len(of_kind) for kind, of_kind in sorted(kinds.items())},
        counts={kind: len(of_kind) for kind, of_kind in sorted(kinds.items())},
    )


def _batches(asked: Sequence[Asked], batch: int) -> Iterator[Sequence[Asked]]:
    for first in range(0, len(asked), batch):
        yield asked[first : first + batch]


def _answers(model: Any, maker: PromptMaker, asked: Sequence[Asked]) -> list[str]:
    tokenizer = maker.tokenizer
    inputs = collate([maker.asked(one.example, one.images) for one in asked], tokenizer.pad_token_id)
    longest = max(len(tokenizer(one.example.answer)["input_ids"]) for one in asked)
    made = model.generate(
        **{name: value.to(model.device) for name, value in inputs.items()},
        # Twice as long as the longest that is wished for: more would only be wrong for longer.
        max_new_tokens=min(LONGEST, 2 * longest + 8),
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
    )
    answers: list[str] = tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return [answer.strip() for answer in answers]


def unlikelihood_of(model: Any, maker: PromptMaker, asked: Sequence[Asked]) -> tuple[float, int]:
    """The sum of what the model leaves to be wished for in the answers' tokens, and how many those are."""
    batch = labelled([maker.answered(one.example, one.images) for one in asked], maker.tokenizer.pad_token_id)
    labels = batch.pop("labels").to(model.device)[:, 1:]
    logits = model(**{name: value.to(model.device) for name, value in batch.items()}).logits[:, :-1]
    wanted = labels != IGNORED
    lost = torch.nn.functional.cross_entropy(logits[wanted].float(), labels[wanted], reduction="sum")
    return float(lost), int(wanted.sum())
