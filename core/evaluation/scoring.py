"""The scores of one question, under the names that a report keeps them by: of what was found, and of the answer."""

from collections.abc import Mapping, Sequence

from core.evaluation.measures import PICTURE_DEPTHS, RECALL_DEPTHS
from core.evaluation.questions import EvaluationQuestion
from core.evaluation.rankings import (
    Ranks,
    document_of,
    document_ranks,
    ndcg,
    picture_ranks,
    quote_ranks,
    recall,
    reciprocal_rank,
)
from core.evaluation.wording import citation_scores, plain_answer, reference_scores, shown_score
from core.explaining.record import AnswerRecord
from core.knowledge.index import Hit
from core.reply import Reply


def passage_scores(question: EvaluationQuestion, hits: Sequence[Hit]) -> dict[str, float]:
    """How early the documents and the sentences that were wanted are found."""
    scores: dict[str, float] = {}
    if question.documents:
        scores |= _ranked("document", document_ranks(question.documents, hits))
    if question.quotes:
        scores |= _ranked("quote", quote_ranks(question.quotes, hits))
    return scores


def picture_scores(question: EvaluationQuestion, hits: Sequence[Hit]) -> dict[str, float]:
    """How early the pictures that were wanted are found."""
    ranks = picture_ranks(question.pictures, hits)
    return with_group("pictures", {f"picture recall@{depth}": recall(ranks, depth) for depth in PICTURE_DEPTHS})


def names_of(hits: Sequence[Hit], *, pictures: bool = False) -> tuple[str, ...]:
    """What was found, each document or picture once, as source, slash and path."""
    paths = [(hit.passage.source, hit.passage.path) for hit in hits]
    return tuple(dict.fromkeys(f"{source}/{path if pictures else document_of(path)}" for source, path in paths))


def answer_scores(question: EvaluationQuestion, reply: Reply, record: AnswerRecord) -> dict[str, float]:
    """The scores of an answer: whether it declined rightly, how near it is to its references, what it cites and shows.

    An answer that was declined holds none of a reference, whatever words it declines in.
    """
    declined, should = float(reply.declined), float(question.unanswerable)
    judged = {"declined": declined, "unanswerable": should, "both": declined * should}
    judged |= {"unanswerable answered": 1 - declined} if question.unanswerable else {"answerable declined": declined}
    scores = with_group("declining", judged)
    if question.answers:
        said = "" if reply.declined else plain_answer(reply.text)
        scores |= with_group("answers", reference_scores(said, question.answers))
    if reply.support is not None and not reply.declined:
        scores["answers/support"] = reply.support
    sources = {one.passage.path: one.passage.source for one in reversed(record.evidence.passages)}
    if question.documents and not reply.declined:
        cited = [(sources.get(one.source, ""), document_of(one.source)) for one in reply.citations]
        scores |= with_group("citations", citation_scores(cited, question.documents))
    if question.pictures:
        shown = [(sources.get(one.source, ""), one.source) for one in reply.pictures]
        scores["pictures/shown"] = shown_score(shown, question.pictures)
    return scores


def _ranked(what: str, ranks: Ranks) -> dict[str, float]:
    scores = {f"{what} recall@{depth}": recall(ranks, depth) for depth in RECALL_DEPTHS}
    scores |= {f"{what} MRR": reciprocal_rank(ranks), f"{what} nDCG@10": ndcg(ranks)}
    return with_group("retrieval", scores)


def with_group(group: str, scores: Mapping[str, float]) -> dict[str, float]:
    """The scores under the names that a report keeps them by."""
    return {f"{group}/{name}": score for name, score in scores.items()}
