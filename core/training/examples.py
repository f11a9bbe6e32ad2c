"""What a model is fine-tuned on: pictures, a question, and the answer it should give."""

from pathlib import Path
from typing import Literal

from core.messages import Value
from core.training.lessons import Region

Origin = Literal["written", "caption", "feedback"]


class EarlierTurn(Value):
    """What was asked and answered before the question."""

    question: str
    answer: str


class Example(Value):
    """A question with its pictures and what was retrieved for it, best first, and the answer to learn.

    `where` is the file and line it stands in; `regions` are of the first picture; `kind` groups the figures of an
    evaluation.
    """

    question: str
    answer: str
    pictures: tuple[Path, ...] = ()
    passages: tuple[str, ...] = ()
    turns: tuple[EarlierTurn, ...] = ()
    regions: tuple[Region, ...] = ()
    kind: str = ""
    origin: Origin = "written"
    where: str = ""


class LeftOut(Value):
    """An example that is not used, and why."""

    where: str
    reason: str


class Prepared(Value):
    """Examples that can be used, and what was left out of them."""

    examples: tuple[Example, ...]
    left_out: tuple[LeftOut, ...] = ()

    def reasons(self) -> dict[str, int]:
        """How many were left out for each reason, most first; a reason ends where its details begin."""
        counts: dict[str, int] = {}
        for one in self.left_out:
            reason = one.reason.partition(":")[0]
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))
