"""What an answer stood on, for somebody who asks about it later: as far as they may see it now."""

import re
from collections.abc import Collection, Sequence

from core.evidence import EvidencePassage
from core.explaining.record import AnswerRecord, DrawnOn
from core.knowledge.access import KnowledgeAccess
from core.models.chat import EXTRACTIVE
from core.reply import Citation

_SPACE = re.compile(r"\s+")


def stood_on(record: AnswerRecord, a_picture: str = "") -> list[tuple[str, list[EvidencePassage]]]:
    """What the answer cites and shows, by name, with the passages that it may be from; none where that is not known.

    A citation tells its file and its words, which may stand in two sources: then both count. The extractive reader
    says nothing but what it cites; the words of any other model, and those of an answer that cites and shows nothing,
    may be made of all that it was given.
    """
    evidence, reply = record.evidence.passages, record.reply
    if reply.model != EXTRACTIVE or not (reply.citations or reply.pictures):
        return [(one.passage.title or one.passage.path, [one]) for one in evidence]
    cited = [(citation.title or citation.source, holding(citation, evidence)) for citation in reply.citations]
    shown = [
        (
            picture.source or a_picture,
            [
                one
                for one in evidence
                if one.passage.picture is not None and one.passage.picture.sha256 == picture.picture.sha256
            ],
        )
        for picture in reply.pictures
    ]
    return cited + shown


def seen_by(record: AnswerRecord, audience: Collection[str], access: KnowledgeAccess) -> AnswerRecord | None:
    """The record with what these principals may see now; None if that is not all which the answer stood on.

    What came along with a question names nobody, and is seen by whoever sees the conversation.
    """
    of_knowledge = [one.passage for one in record.evidence.passages if one.passage.audience]
    seen = {one.id for one in access.visible(of_knowledge, audience)}
    hidden = {one.id for one in of_knowledge} - seen
    earlier = {(one.source, one.audience) for one in record.earlier}
    if access.seen(earlier, audience) != earlier:
        return None
    if not hidden:
        return record
    if any(one.passage.id in hidden for _, several in stood_on(record) for one in several):
        return None
    left = tuple(one for one in record.evidence.passages if one.passage.id not in hidden)
    # What a model was given word for word can't be shown in part.
    without = {"evidence": record.evidence.model_copy(update={"passages": left}), "prompt": (), "tools": (), "said": ""}
    return record.model_copy(update=without)


def drawn_on(records: Sequence[AnswerRecord]) -> tuple[DrawnOn, ...]:
    """What answers were made from, for the record of one that is made from them."""
    of_knowledge = [one.passage for record in records for one in record.evidence.passages if one.passage.audience]
    found = {DrawnOn(source=one.source, audience=one.audience): None for one in of_knowledge}
    found.update(dict.fromkeys(one for record in records for one in record.earlier))
    return tuple(found)


def holding(citation: Citation, evidence: Sequence[EvidencePassage]) -> list[EvidencePassage]:
    """The passages that a citation may be from: those of its file with its words, else all of its file."""
    of_file = [one for one in evidence if one.passage.path == citation.source]
    quote = _SPACE.sub(" ", citation.quote).strip()
    found = [one for one in of_file if quote and quote in _SPACE.sub(" ", one.passage.text)]
    return found or of_file
