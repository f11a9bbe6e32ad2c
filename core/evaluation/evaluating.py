"""Asking one question after the other, or several at once: what is found, what is answered, and how good both are.

Each question stands alone, in a place of its own where nothing outside was turned on, so that no question of a team
leaves the house by being evaluated.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast
from uuid import uuid4

from core.assistant import Assistant
from core.errors import PictureError, UnavailableError
from core.evaluation.finding import Finding
from core.evaluation.likelihood import ReferenceLikelihood
from core.evaluation.questions import EvaluationQuestion
from core.evaluation.scoring import answer_scores, names_of, passage_scores, picture_scores, with_group
from core.explaining.record import AnswerRecord
from core.messages import Author, Message, Place, Value
from core.pictures import NormalizedPicture, normalize
from core.reply import Reply, ReplyPart, Text, gather

PLACE = Place(platform="evaluation", workspace="local", channel="evaluate")
FOUND = 10
"""Documents whose names stand in the details of a question."""
KEPT = 128
"""Pictures: twice as many as questions are asked at once at most."""
PATIENCE = 5
"""So many answers in a row may fail before the rest is not asked any more."""

Only = Literal["", "retrieval", "answers"]


class Outcome(Value):
    """What became of one question: its scores, and for its details what was found and said."""

    question: EvaluationQuestion
    key: str
    scores: dict[str, float]
    found: tuple[str, ...] = ()
    found_pictures: tuple[str, ...] = ()
    reply: Reply | None = None
    problem: str = ""


class KnownPictures:
    """The pictures of the questions that are being asked, by hash: the last `KEPT` of them, for there may be many."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def __call__(self, sha256: str) -> bytes | None:
        """A picture's bytes; None for one that no question has."""
        return self._kept.get(sha256)

    def keep(self, picture: NormalizedPicture) -> None:
        """Keep a picture while its question is asked."""
        self._kept.pop(picture.picture.sha256, None)
        self._kept[picture.picture.sha256] = picture.data
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


@dataclass
class Evaluating:
    """Asks questions. `finding` and `assistant` are None for the half that is not measured."""

    pictures: KnownPictures
    audience: tuple[str, ...]
    finding: Finding | None = None
    assistant: Assistant | None = None
    likelihood: ReferenceLikelihood | None = None

    async def ask_all(
        self,
        questions: Iterable[tuple[str, EvaluationQuestion]],
        done: Callable[[Outcome], None],
        *,
        at_once: int = 1,
    ) -> None:
        """Ask questions, each with its key, so many at once; `done` is told of each.

        Raises:
            UnavailableError: the index is away, or `PATIENCE` answers in a row failed.
        """
        waiting = iter(questions)
        failed = 0

        async def work() -> None:
            nonlocal failed
            for key, question in waiting:
                outcome = await self.ask(key, question)
                done(outcome)
                failure = outcome.reply.failure if outcome.reply is not None else None
                failed = failed + 1 if failure is not None else 0
                if failure is not None and failed >= PATIENCE:
                    raise UnavailableError(
                        f"{failed} answers in a row failed. The last said: {failure.message}",
                        hint="Check the model with `lorelens doctor`; --resume goes on from here.",
                    )

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(work())
        except ExceptionGroup as several:
            raise _first(several) from several

    async def ask(self, key: str, question: EvaluationQuestion) -> Outcome:
        """Ask one question. A picture that can't be read is the question's problem; an index that is away is raised.

        Raises:
            UnavailableError: the index or the encoder is away.
        """
        try:
            message = await asyncio.to_thread(self._message, question)
        except PictureError as error:
            return Outcome(question=question, key=key, scores={}, problem=str(error))
        outcome = Outcome(question=question, key=key, scores={})
        if self.finding is not None:
            outcome = await self._found(outcome, message, self.finding)
        if self.assistant is not None:
            outcome = await self._answered(outcome, message, self.assistant)
        return outcome

    def _message(self, question: EvaluationQuestion) -> Message:
        taken: list[NormalizedPicture] = []
        if question.picture is not None:
            try:
                data = question.picture.read_bytes()
            except OSError as error:
                raise PictureError(f"The picture can't be read: {error.strerror}.") from error
            taken.append(normalize(data, name=question.picture.name))
            self.pictures.keep(taken[0])
        return Message(
            id=uuid4().hex,
            place=PLACE,
            author=Author(id="evaluation"),
            text=question.question,
            pictures=tuple(one.picture for one in taken),
            sent_at=datetime.now(UTC),
        )

    async def _found(self, outcome: Outcome, message: Message, finding: Finding) -> Outcome:
        question = outcome.question
        if not (question.documents or question.quotes or question.pictures):
            return outcome
        turn = await finding.look_at(message)
        scores: dict[str, float] = {}
        found = found_pictures = ()
        if question.documents or question.quotes:
            begun = time.perf_counter()
            hits = await finding.passages(turn)
            scores["speed/search"] = time.perf_counter() - begun
            scores |= passage_scores(question, hits)
            found = names_of(hits)
        if question.pictures:
            shown = await finding.pictures(turn)
            scores |= picture_scores(question, shown)
            found_pictures = names_of(shown, pictures=True)
        return outcome.model_copy(
            update={
                "scores": outcome.scores | scores,
                "found": found[:FOUND],
                "found_pictures": found_pictures[:FOUND],
            }
        )

    async def _answered(self, outcome: Outcome, message: Message, assistant: Assistant) -> Outcome:
        question = outcome.question
        records: list[AnswerRecord] = []

        async def keep(record: AnswerRecord) -> None:
            records.append(record)

        begun = time.perf_counter()
        first = None
        parts: list[ReplyPart] = []
        async for part in assistant.answer(message, audience=self.audience, keep=keep):
            parts.append(part)
            if first is None and isinstance(part, Text):
                first = time.perf_counter() - begun
        seconds = time.perf_counter() - begun
        reply = gather(parts)
        outcome = outcome.model_copy(update={"reply": reply})
        if reply.failure is not None:
            return outcome.model_copy(update={"problem": f"{reply.failure.message} {reply.failure.hint}".strip()})
        scores = {"speed/answer": seconds}
        if reply.tokens:  # the extractive reader uses none
            scores["speed/tokens"] = float(reply.tokens)
        if first is not None:
            scores["speed/first words"] = first
        scores |= answer_scores(question, reply, records[-1])
        if self.likelihood is not None and question.answers:
            scores |= await self._likelihood(question, records[-1], self.likelihood)
        return outcome.model_copy(update={"scores": outcome.scores | scores})

    async def _likelihood(
        self, question: EvaluationQuestion, record: AnswerRecord, likelihood: ReferenceLikelihood
    ) -> dict[str, float]:
        passages = [one.passage.text for one in record.evidence.passages]
        measured = await likelihood.measure(question.question, question.answers[0], passages, question.picture)
        return with_group("perplexity", measured) if measured is not None else {}


def _first(error: Exception) -> Exception:
    """The first of several errors, as it was raised."""
    if not isinstance(error, ExceptionGroup):
        return error
    several = cast("ExceptionGroup[Exception]", error)
    return _first(several.exceptions[0])
