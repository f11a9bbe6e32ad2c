"""Splitting examples for training, for choosing, and for measuring, so that no picture stands on two sides."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from core.training.cleaning import normalized
from core.training.examples import Example

SHARE = 0.1
"""Of all examples, for each of the two sides that are not trained on."""


class Split(NamedTuple):
    """Three sides. `validation` is looked at while training, `test` only before and after it."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def split(examples: Sequence[Example], names: Mapping[Path, str], *, seed: int, share: float = SHARE) -> Split:
    """The same split for the same seed, in whatever order the examples come.

    Args:
        examples: what to split.
        names: which pictures are the same (`PictureIdentities.of`).
        seed: another seed, another split.
        share: of the examples, for validation and for test each; one picture's worth at least where there are three.
    """
    groups = _groups(examples, names)
    drawn = sorted(groups, key=lambda group: hashlib.sha256(f"{seed} {group}".encode()).digest())
    wanted = max(1, round(share * len(examples))) if len(groups) >= 3 else 0
    sides: list[list[Example]] = []
    for _ in range(2):
        side: list[Example] = []
        while drawn and len(side) < wanted:
            side += groups[drawn.pop()]
        sides.append(side)
    validation, test = sides
    return Split(tuple(one for group in sorted(drawn) for one in groups[group]), tuple(validation), tuple(test))


def _groups(examples: Sequence[Example], names: Mapping[Path, str]) -> dict[str, list[Example]]:
    """Examples that share a picture, if only by way of others, are one group; without pictures, the same questions."""
    leads: dict[str, str] = {}

    def lead(key: str) -> str:
        while leads.setdefault(key, key) != key:
            key = leads[key]
        return key

    keys = [[names[path] for path in one.pictures] or [f"text {normalized(one.question)}"] for one in examples]
    for of_one in keys:
        for key in of_one[1:]:
            low, high = sorted((lead(of_one[0]), lead(key)))
            leads[high] = low
    groups: dict[str, list[Example]] = {}
    for example, of_one in zip(examples, keys, strict=True):
        groups.setdefault(lead(of_one[0]), []).append(example)
    for group in groups.values():
        group.sort(key=lambda one: (one.question, one.answer, one.where))
    return groups
