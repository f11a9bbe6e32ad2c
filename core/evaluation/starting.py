"""A first file of questions from answers that people found helpful, to be looked through by whoever runs Lorelens.

What was asked in private stays there: only questions of public places are taken, and those of this machine's terminal.
"""

import json
from collections import Counter
from collections.abc import Iterable

from core.conversations import Conversations
from core.evaluation.rankings import document_of
from core.evaluation.wording import plain_answer
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.followups import depends_on_history
from core.language import detect_language
from core.messages import Value
from core.quality.feedback import Feedback, FeedbackBook
from core.training.cleaning import normalized

TERMINAL = "terminal"
MOST = 10_000
"""So much feedback is looked through, the newest."""


class Starter(Value):
    """The lines of a file, and how many answers were left out for each reason."""

    lines: tuple[str, ...]
    left_out: dict[str, int]


async def starter(store: Conversations) -> Starter:
    """Questions whose answers helped, newest first, with their answers and what those cited.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    said = await FeedbackBook(store).newest(MOST)
    kept = KeptAnswers(store)
    contested = {(one.conversation, one.message_id) for one in said if not one.helpful}
    taken: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    for one in _once(said):
        if not one.helpful:
            continue
        record = await kept.find(one.conversation, one.message_id)
        reason = _unfit(one, record, contested)
        if reason or record is None:
            left_out[reason] += 1
        elif normalized(record.question.text) in taken:
            left_out["asked before"] += 1
        else:
            taken[normalized(record.question.text)] = _line(record)
    return Starter(lines=tuple(taken.values()), left_out=dict(left_out.most_common()))


def _once(said: Iterable[Feedback]) -> list[Feedback]:
    """One of each answer, for several people may have judged it."""
    by_answer: dict[tuple[str, str], Feedback] = {}
    for one in said:
        before = by_answer.setdefault((one.conversation, one.message_id), one)
        if one.helpful and not before.helpful:
            by_answer[one.conversation, one.message_id] = one
    return list(by_answer.values())


def _unfit(one: Feedback, record: AnswerRecord | None, contested: set[tuple[str, str]]) -> str:
    """Why an answer can't be taken; empty if it can."""
    if record is None:
        return "kept no more"
    place = record.question.place
    checks = (
        (place.visibility != "public" and place.platform != TERMINAL, "asked in private"),
        ((one.conversation, one.message_id) in contested, "somebody found it not helpful"),
        (record.answered_at > one.given_at, "answered anew since"),
        (record.reply.declined or record.reply.failure is not None, "not answered"),
        (bool(record.pictures or record.question.attachments), "asked with a picture or a file"),
        (_follows(record), "a follow-up"),
    )
    return next((reason for applies, reason in checks if applies), "")


def _follows(record: AnswerRecord) -> bool:
    return bool(record.history) and depends_on_history(record.question.text)


def _line(record: AnswerRecord) -> str:
    sources = {one.passage.path: one.passage.source for one in reversed(record.evidence.passages)}
    cited = [(sources.get(one.source, ""), document_of(one.source)) for one in record.reply.citations]
    fields = {
        "question": record.question.text.strip(),
        "answer": plain_answer(record.reply.text),
        "documents": list(dict.fromkeys("/".join(filter(None, one)) for one in cited)),
        "language": detect_language(record.question.text),
        "tags": ["feedback"],
    }
    return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)
