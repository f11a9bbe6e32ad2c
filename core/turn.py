"""One turn of a conversation while it is being answered: what was asked, and the evidence gathered so far.

Evidence is numbered as it comes and keeps its number: what a tool finds later continues the count, and a passage that
is found twice is not given twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool

from core.evidence import Evidence, EvidencePassage, PictureReading
from core.intent import Wants
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.joining import holds
from core.messages import EVERYONE, Message, Picture

PictureSource = Callable[[str], Awaitable[bytes | None]]
"""Bytes of a normalized picture by its sha256, or None where it is gone."""


@dataclass
class Turn:
    """What one answer stands on. It belongs to one call of the assistant and is never shared."""

    message: Message
    history: Sequence[Message] = ()
    audience: tuple[str, ...] = (EVERYONE,)
    given: Sequence[Passage] = ()
    """The passages of documents that came along with the question."""
    standalone: str = ""
    rewritten: str = ""
    """The question as the model put it, to be searched by beside `standalone`; nothing but that is done with it."""
    rewriting_tokens: int = 0
    wants: Wants = "answer"
    passages: list[EvidencePassage] = field(default_factory=list[EvidencePassage])
    pictures: Sequence[Picture] = ()
    """What the question is about: its own pictures, or an earlier message's; `readings` are of these, in order."""
    readings: list[PictureReading] = field(default_factory=list[PictureReading])
    descriptions: list[str] = field(default_factory=list[str])
    """What these pictures show where little can be read in them, in words that were searched by."""
    opened: list[str] = field(default_factory=list[str])
    """sha256 of knowledge pictures that the model is to look at from its next call on."""
    read: EvidencePassage | None = None
    """The one passage that a model which is asked briefly was given."""
    prompt: list[BaseMessage] = field(default_factory=list[BaseMessage])
    """What the model was given at its last call."""
    tools: Sequence[BaseTool | dict[str, Any]] = ()
    """The tools that it was offered then."""
    said: str = ""
    """What it said to that, word for word."""
    outside_calls: int = 0
    """How often something outside was asked for it."""
    outside_tools: dict[str, Any] | None = None
    """The outside tools (`core.outside.tool.OutsideTool`) that it may call, by name; None before they are looked up."""
    notices: dict[str, None] = field(default_factory=dict[str, None])
    """What the answer has to say beside its own, each once."""

    def add(self, hits: Sequence[Hit]) -> list[EvidencePassage]:
        """Number new hits; answer the evidence for all of them, new and known, each once."""
        result: list[EvidencePassage] = []
        for hit in hits:
            passage = next((one for one in self.passages if holds(one.passage, hit.passage)), None)
            if passage is None:
                passage = EvidencePassage(
                    number=len(self.passages) + 1,
                    passage=hit.passage,
                    score=hit.score,
                    lexical=hit.lexical,
                    dense=hit.dense,
                    first_rank=hit.first_rank,
                )
                self.passages.append(passage)
            if passage not in result:
                result.append(passage)
        return result

    def passage(self, number: int) -> EvidencePassage | None:
        """The evidence under a number."""
        return self.passages[number - 1] if 0 < number <= len(self.passages) else None

    @property
    def evidence(self) -> Evidence:
        """All of it, as a value."""
        return Evidence(
            question=self.message.text,
            standalone=self.standalone or self.message.text,
            rewritten=self.rewritten,
            wants=self.wants,
            passages=tuple(self.passages),
            pictures=tuple(self.readings),
        )
