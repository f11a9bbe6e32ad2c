"""Sharing an answer with a channel: only where everybody there may see all that it was made of.

An answer that was given to one person may draw on what only they may see. What it cites and shows must be visible to
the channel, as it stands in the index now; of an answer that cites nothing, all that it was given must be.
"""

from core.actions.excerpts import plain
from core.actions.words import words_in
from core.evidence import EvidencePassage
from core.explaining.record import AnswerRecord
from core.explaining.seeing import stood_on
from core.knowledge.access import KnowledgeAccess
from core.messages import Value
from core.reply import Finished, ReplyPart, Text


class Sharing(Value):
    """What came of it: the answer's parts for the channel, or (`allowed` false) a refusal for the person who asked."""

    allowed: bool
    parts: tuple[ReplyPart, ...]


async def share(record: AnswerRecord, access: KnowledgeAccess, audience: tuple[str, ...], *, chinese: bool) -> Sharing:
    """The reply again, if all that it stands on may be seen by everybody who holds this audience.

    Args:
        record: what the answer stood on.
        access: the knowledge, where its passages are, if they still are.
        audience: the principals that all people of the channel hold.
        chinese: the language of a refusal.

    Raises:
        IndexUnavailableError: the index can't be read.
    """
    words, reply = words_in(chinese=chinese), record.reply
    if reply.failure is not None or not (reply.text.strip() or reply.pictures):
        return Sharing(allowed=False, parts=(Text(text=words["nothing_shared"]), Finished(declined=True)))
    earlier = {(one.source, one.audience) for one in record.earlier}
    hidden = {source: None for source, _ in earlier - access.seen(earlier, audience)}
    for name, passages in stood_on(record, words["a_picture"]):
        if not passages or not all([await _may_be_seen(one, access, audience) for one in passages]):
            hidden[name] = None
    if hidden:
        named = words["and"].join(plain(name) for name in hidden)
        return Sharing(
            allowed=False, parts=(Text(text=words["not_shared"].format(sources=named)), Finished(declined=True))
        )
    end = Finished(declined=reply.declined, support=reply.support, model=reply.model)
    return Sharing(allowed=True, parts=(Text(text=reply.text), *reply.pictures, *reply.citations, end))


async def _may_be_seen(evidence: EvidencePassage, access: KnowledgeAccess, audience: tuple[str, ...]) -> bool:
    """Whether a passage still stands in the index with these words, or a picture at all, for this audience."""
    passage, facts = evidence.passage, evidence.passage.picture
    return any(
        one.picture.sha256 == facts.sha256 if one.picture and facts else one.text == passage.text
        for one in await access.passages(passage.source, passage.path, audience)
        if one.kind == passage.kind
    )
