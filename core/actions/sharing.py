"""Sharing an answer with a channel: only where everybody there may see all that it was made of.

An answer that was given to one person may draw on what only they may see. What it cites and shows must be visible to
the channel, as it stands in the index now; of an answer that cites nothing, all that it was given must be.
"""

import re
from collections.abc import Sequence

from core.actions.excerpts import plain
from core.actions.words import words_in
from core.evidence import EvidencePassage
from core.explaining.record import AnswerRecord
from core.knowledge.index import KnowledgeIndex
from core.messages import Value
from core.reply import Citation, Finished, ReplyPart, Text

_SPACE = re.compile(r"\s+")


class Sharing(Value):
    """What came of it: the answer's parts for the channel, or (`allowed` false) a refusal for the person who asked."""

    allowed: bool
    parts: tuple[ReplyPart, ...]


async def share(record: AnswerRecord, index: KnowledgeIndex, audience: tuple[str, ...], *, chinese: bool) -> Sharing:
    """The reply again, if all that it stands on may be seen by everybody who holds this audience.

    Args:
        record: what the answer stood on.
        index: where its passages are, if they still are.
        audience: the principals that all people of the channel hold.
        chinese: the language of a refusal.

    Raises:
        IndexUnavailableError: the index can't be read.
    """
    words, reply = words_in(chinese=chinese), record.reply
    if reply.failure is not None or not (reply.text.strip() or reply.pictures):
        return Sharing(allowed=False, parts=(Text(text=words["nothing_shared"]), Finished(declined=True)))
    hidden: dict[str, None] = {}
    for name, passages in _stood_on(record, words["a_picture"]):
        if not passages or not all([await _may_be_seen(one, index, audience) for one in passages]):
            hidden[name] = None
    if hidden:
        named = words["and"].join(plain(name) for name in hidden)
        return Sharing(
            allowed=False, parts=(Text(text=words["not_shared"].format(sources=named)), Finished(declined=True))
        )
    end = Finished(declined=reply.declined, support=reply.support, model=reply.model)
    return Sharing(allowed=True, parts=(Text(text=reply.text), *reply.pictures, *reply.citations, end))


def _stood_on(record: AnswerRecord, a_picture: str) -> list[tuple[str, list[EvidencePassage]]]:
    """What the answer cites and shows, by name, with the passages that it may be from; none where that is not known.

    A citation tells its file and its words, which may stand in two sources: then both count.
    """
    evidence, reply = record.evidence.passages, record.reply
    if not reply.citations and not reply.pictures:
        return [(_name(one), [one]) for one in evidence]
    cited = [(citation.title or citation.source, _holding(citation, evidence)) for citation in reply.citations]
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


def _holding(citation: Citation, evidence: Sequence[EvidencePassage]) -> list[EvidencePassage]:
    of_file = [one for one in evidence if one.passage.path == citation.source]
    quote = _SPACE.sub(" ", citation.quote).strip()
    holding = [one for one in of_file if quote and quote in _SPACE.sub(" ", one.passage.text)]
    return holding or of_file


async def _may_be_seen(evidence: EvidencePassage, index: KnowledgeIndex, audience: tuple[str, ...]) -> bool:
    """Whether a passage still stands in the index with these words, or a picture at all, for this audience."""
    passage, facts = evidence.passage, evidence.passage.picture
    return any(
        one.picture.sha256 == facts.sha256 if one.picture and facts else one.text == passage.text
        for one in await index.passages(passage.source, passage.path)
        if one.kind == passage.kind and not set(one.audience).isdisjoint(audience)
    )


def _name(evidence: EvidencePassage) -> str:
    return evidence.passage.title or evidence.passage.path
