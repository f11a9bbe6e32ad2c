"""What the team should write down next: questions that were declined or did not help, grouped by what they ask for.

Whose words are shown:

- those of questions that were asked in a public place, or by whoever looks (`core.quality.asked`);
- of a group that was asked in private alone, the words that at least three different people used
  (`core.quality.shared_words`), if these say anything;
- of all others none: they are counted.

Nothing is copied: a question that is deleted, forgotten or older than its retention is gone from here with it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.conversations import Conversations
from core.knowledge.terms import index_terms
from core.messages import Value
from core.models.encoder import Encoder
from core.quality.asked import AskedQuestion, Person, read_questions
from core.quality.declined import DeclinedIndex, Reference
from core.quality.feedback import Feedback
from core.quality.grouping import encoded, grouped
from core.quality.shared_words import common_wording

MOST_GROUPED = 2000
"""So many of the newest questions are grouped."""
OTHERS = 3
"""So many other wordings of a group are shown."""
CHARACTERS = 300
"""So much of a wording is shown."""

Words = Literal["asked", "shared"]
"""Whether a group's words are those of a question, or those that several people's private questions have in common."""


class UnansweredGroup(Value):
    """Questions that ask for the same.

    `wording` is what they ask, `others` are further wordings; `asked` counts the questions, `people` those who asked,
    `private` the questions of which no word is shown.
    """

    wording: str
    words: Words
    others: tuple[str, ...] = ()
    asked: int
    people: int
    private: int
    declined: int
    unhelpful: int
    last: datetime


class Unanswered(Value):
    """All of them, most asked first. `hidden` questions of `hidden_people` are in no group that can be shown."""

    groups: tuple[UnansweredGroup, ...] = ()
    hidden: int = 0
    hidden_people: int = 0
    asked: int = 0
    cut: bool = False
    """Whether there were more than are grouped."""


class UnansweredQuestions:
    """The unanswered questions of all conversations, for those who look after the answers."""

    def __init__(self, store: Conversations) -> None:
        self._store = store
        self._index = DeclinedIndex(store)
        self._vectors: dict[str, NDArray[np.float32]] = {}
        """Those of the texts that were grouped last, which are mostly grouped again; of no others, so that what is
        forgotten is gone."""

    async def find(
        self,
        since: datetime,
        judged: Sequence[Feedback],
        *,
        viewer: Person,
        platform: str = "",
        encoder: Encoder | None = None,
    ) -> Unanswered:
        """What was declined since then, or is among what was judged (of which only what did not help counts).

        Raises:
            StoreUnavailableError: Redis is away.
            ModelUnavailableError: the encoder is.
        """
        questions = await self._questions(since, judged, platform)
        chosen = questions[:MOST_GROUPED]
        texts = [question.text for question in chosen]
        self._vectors = await asyncio.to_thread(encoded, texts, encoder, self._vectors)
        groups = [[chosen[at] for at in one] for one in await asyncio.to_thread(grouped, texts, self._vectors)]
        shown = [_shown(group, viewer) for group in groups]
        hidden = [question for group, one in zip(groups, shown, strict=True) if one is None for question in group]
        return Unanswered(
            groups=tuple(sorted((one for one in shown if one is not None), key=_rank)),
            hidden=len(hidden),
            hidden_people=len({question.person for question in hidden}),
            asked=len(questions),
            cut=len(questions) > MOST_GROUPED,
        )

    async def _questions(self, since: datetime, judged: Sequence[Feedback], platform: str) -> list[AskedQuestion]:
        """Each question once, the newest first; those without words are left out."""
        declined = await self._index.since(since)
        bad = [
            Reference(conversation=one.conversation, message_id=one.message_id, at=one.given_at)
            for one in judged
            if not one.helpful and one.given_at >= since
        ]
        by_name = {(one.conversation, one.message_id): one for one in [*bad, *declined]}
        found, gone = await read_questions(self._store, list(by_name.values()))
        await self._index.remove(gone)
        were_declined = {(one.conversation, one.message_id) for one in declined}
        were_bad = {(one.conversation, one.message_id) for one in bad}
        questions = [
            one.model_copy(
                update={
                    "declined": (one.conversation, one.message_id) in were_declined,
                    "unhelpful": (one.conversation, one.message_id) in were_bad,
                }
            )
            for one in found
            if index_terms(one.text) and not one.is_bot and platform in ("", one.place.platform)
        ]
        return sorted(questions, key=lambda one: one.at, reverse=True)


def _rank(group: UnansweredGroup) -> tuple[int, int, float]:
    return -group.asked, -group.people, -group.last.timestamp()


def _shown(group: Sequence[AskedQuestion], viewer: Person) -> UnansweredGroup | None:
    """A group as it may be shown; None where none of its words may be."""
    wordings = _wordings([question.text for question in group if question.is_open_to(viewer)])
    if wordings and group[0].is_open_to(viewer):  # what most of the others are near
        leading = _line(group[0].text)
        wordings = [leading, *(one for one in wordings if index_terms(one) != index_terms(leading))]
    words: Words = "asked"
    if not wordings:
        words = "shared"
        wordings = [_line(common)] if (common := _common(group)) else []
    if not wordings:
        return None
    return UnansweredGroup(
        wording=wordings[0],
        words=words,
        others=tuple(wordings[1 : 1 + OTHERS]),
        asked=len(group),
        people=len({question.person for question in group}),
        private=sum(not question.is_open_to(viewer) for question in group),
        declined=sum(question.declined for question in group),
        unhelpful=sum(question.unhelpful for question in group),
        last=max(question.at for question in group),
    )


def _wordings(texts: Sequence[str]) -> list[str]:
    """Different texts, the shortest that is more than a word first: what is said most plainly."""
    lines = {" ".join(index_terms(text)): _line(text) for text in sorted(texts, key=len, reverse=True)}
    return sorted(lines.values(), key=lambda line: (len(index_terms(line)) < 2, len(line), line))


def _common(group: Sequence[AskedQuestion]) -> str:
    """Of the platform on which most people asked: the same person on two of them must not count as two."""
    platforms: dict[str, dict[str, list[str]]] = {}
    for question in group:
        platforms.setdefault(question.person.platform, {}).setdefault(question.person.id, []).append(question.text)
    return common_wording(max(platforms.values(), key=len))


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CHARACTERS else line[:CHARACTERS].rstrip() + "…"
