"""The evidence an answer may draw on: numbered passages and pictures, handed to the model as data.

A model that reads text gets it rendered between delimiters that the evidence itself can't close; the extractive reader,
which is a chat model too, gets the same values unrendered, in the message's `additional_kwargs`.
"""

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage

from core.knowledge.documents import Passage
from core.messages import Value

KEY = "lorelens_evidence"
OUTSIDE = "outside:"
"""What the source of a passage begins with that is not of the team's own knowledge."""


class OcrLine(Value):
    """One line that OCR read: its text, how sure it is (0 to 1), and its box in pixels (left, top, right, bottom)."""

    text: str
    confidence: float
    box: tuple[float, float, float, float]


class PictureReading(Value):
    """A picture of the question, as OCR read it; `number` is its number in the conversation, from 1."""

    number: int
    width: int
    height: int
    lines: tuple[OcrLine, ...] = ()


class EvidencePassage(Value):
    """A passage under the number it is cited by, with the retriever's scores (see `core.knowledge.index.Hit`)."""

    number: int
    passage: Passage
    score: float = 0.0
    lexical: float | None = None
    dense: float | None = None
    first_rank: int | None = None

    @property
    def is_outside(self) -> bool:
        """Whether it comes from outside the team's own knowledge."""
        return self.passage.source.startswith(OUTSIDE)


class Evidence(Value):
    """All that one turn may draw on. `question` is the person's words; `standalone` reads without the conversation,
    and `rewritten` as a model put it, if one did: it was searched by, too.

    `wants` says what was asked for: an answer, a picture to be shown, pictures like the one that came along, or a
    description of it.
    """

    question: str
    standalone: str
    rewritten: str = ""
    wants: Literal["answer", "picture", "similar", "description"] = "answer"
    passages: tuple[EvidencePassage, ...] = ()
    pictures: tuple[PictureReading, ...] = ()


def evidence_of(messages: Sequence[BaseMessage]) -> Evidence | None:
    """The newest evidence among messages."""
    for message in reversed(messages):
        carried: Any = message.additional_kwargs.get(KEY)
        if carried is not None:
            return Evidence.model_validate(carried)
    return None


def attach(message: HumanMessage, evidence: Evidence) -> HumanMessage:
    """The same message, carrying the evidence for a reader that takes values."""
    return message.model_copy(
        update={"additional_kwargs": {**message.additional_kwargs, KEY: evidence.model_dump(mode="json")}}
    )
