"""Packing: the questions about one picture stand behind it in one sequence, and none of them sees the others.

A picture's tokens are most of a prompt. Instead of computing them once for each question, the beginning that all
prompts of a lesson share is computed once, and each prompt's own part goes on from there: its positions start where the
beginning ends, and a block mask lets its tokens see the beginning and themselves. What comes out for each prompt is
what the prompt alone would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""The label of a token that is no part of an answer, as torch's cross entropy takes it."""
_PADDING = -1


class PromptTokens(NamedTuple):
    """A prompt and its answer as tokens; the first `prompt` of them are the prompt."""

    tokens: list[int]
    prompt: int


@dataclass(frozen=True)
class Packed:
    """Rows of packed prompts.

    `tokens`, `positions` and `labels` are of shape (rows, length), `mask` of shape (rows, 1, length, length), true
    where a token (third axis) sees another (last axis). A label is a token of an answer at its own place, or `IGNORED`.
    """

    tokens: "torch.Tensor"
    positions: "torch.Tensor"
    mask: "torch.Tensor"
    labels: "torch.Tensor"


def pack(lessons: Sequence[Sequence[PromptTokens]], *, pad: int) -> Packed:
    """One row for each lesson's prompts, filled up to the longest with `pad`."""
    import torch

    rows = [_row(prompts) for prompts in lessons]
    longest = max(len(row.tokens) for row in rows)

    def filled(parts: Sequence[list[int]], filler: int) -> torch.Tensor:
        return torch.tensor([part + [filler] * (longest - len(part)) for part in parts])

    segments = filled([row.segments for row in rows], _PADDING)
    sees = (segments[:, :, None] == segments[:, None, :]) | (segments[:, None, :] == 0)
    return Packed(
        tokens=filled([row.tokens for row in rows], pad),
        positions=filled([row.positions for row in rows], 0),
        mask=(sees & torch.ones(longest, longest, dtype=torch.bool).tril())[:, None],
        labels=filled([row.labels for row in rows], IGNORED),
    )


class _Row(NamedTuple):
    """`segments`: 0 for the shared beginning, then 1, 2, ... for each prompt's own part."""

    tokens: list[int]
    positions: list[int]
    segments: list[int]
    labels: list[int]


def _row(prompts: Sequence[PromptTokens]) -> _Row:
    # The last token before an answer predicts the answer's first token, so it stays in the prompt's own part.
    shared = min(
        _beginning(prompts),
        *(prompt.prompt - 1 for prompt in prompts),
    )
    row = _Row(prompts[0].tokens[:shared], list(range(shared)), [0] * shared, [IGNORED] * shared)
    for number, prompt in enumerate(prompts, start=1):
        own = prompt.tokens[shared:]
        row.tokens.extend(own)
        row.positions.extend(range(shared, len(prompt.tokens)))
        row.segments.extend([number] * len(own))
        row.labels.extend([IGNORED] * (prompt.prompt - shared) + prompt.tokens[prompt.prompt :])
    return row


def _beginning(prompts: Sequence[PromptTokens]) -> int:
    """How many tokens all prompts begin with."""
    shared = 0
    for tokens in zip(*(prompt.tokens for prompt in prompts), strict=False):
        if len(set(tokens)) > 1:
            break
        shared += 1
    return shared
