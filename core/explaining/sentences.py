"""Why these sentences: each citation with its scores and how well it bears out the answer; and what was not used."""

import re
import unicodedata
from collections.abc import Sequence

from core.citations import claim_of
from core.evidence import Evidence, EvidencePassage
from core.explaining.explanation import CitedSentence, PassedOver, Scores
from core.explaining.record import AnswerRecord
from core.models.encoder import Encoder
from core.models.ocr import text_of
from core.reading.selection import select_sentences
from core.reply import Citation

BEGINNING = 160
"""Characters shown of a passage that was not used."""
READ_CHARACTERS = 400
"""How much of what can be read in a picture counts as asked."""
_NOT_LETTERS = re.compile(r"[\W_]+")


def cited_sentences(record: AnswerRecord, encoder: Encoder | None) -> tuple[CitedSentence, ...]:
    """The answer's citations, in its order."""
    cited: list[CitedSentence] = []
    answer, asked = _letters(record.reply.text), _asked(record.evidence)
    for citation in record.reply.citations:
        evidence = _evidence_for(citation, record.evidence)
        if evidence is None:
            continue
        claim = claim_of(record.reply.text, citation.number)
        verbatim = not claim or _letters(citation.quote) in answer or _letters(claim) in _letters(citation.quote)
        selection = select_sentences(asked if verbatim else claim, [evidence], encoder=encoder)
        cited.append(
            CitedSentence(
                number=citation.number,
                source=citation.source,
                title=citation.title,
                heading=citation.heading,
                page=citation.page,
                quote=citation.quote,
                claim="" if verbatim else claim,
                verbatim=verbatim,
                support=selection.support,
                scores=_scores(evidence),
            )
        )
    return tuple(cited)


def passed_over(record: AnswerRecord) -> tuple[PassedOver, ...]:
    """What was found but is neither cited nor shown, in the order in which it was ranked."""
    shown = {one.picture.sha256 for one in record.reply.pictures}
    used = {
        evidence.number
        for citation in record.reply.citations
        if (evidence := _evidence_for(citation, record.evidence)) is not None
    }
    return tuple(
        PassedOver(
            source=one.passage.path,
            heading=" › ".join(one.passage.heading_path),
            page=one.passage.page,
            text=_beginning(one.passage.text),
            scores=_scores(one),
        )
        for one in record.evidence.passages
        if one.number not in used and (one.passage.picture is None or one.passage.picture.sha256 not in shown)
    )


def _asked(evidence: Evidence) -> str:
    """What was searched by: the question, and what can be read in its pictures."""
    read = " ".join(text_of(reading.lines) for reading in evidence.pictures)
    return f"{evidence.standalone}\n{read[:READ_CHARACTERS]}".strip()


def _evidence_for(citation: Citation, evidence: Evidence) -> EvidencePassage | None:
    """The passage that a citation quotes: the quote tells it from others of the same document."""
    candidates = [one for one in evidence.passages if one.passage.path == citation.source]
    quote = _letters(citation.quote)
    return next((one for one in candidates if quote in _letters(one.passage.text)), _first(candidates))


def _first(passages: Sequence[EvidencePassage]) -> EvidencePassage | None:
    return passages[0] if passages else None


def _scores(evidence: EvidencePassage) -> Scores:
    return Scores(
        rank=evidence.number,
        first_rank=evidence.first_rank,
        probability=evidence.score,
        lexical=evidence.lexical,
        dense=evidence.dense,
    )


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= BEGINNING else words[:BEGINNING].rstrip() + " …"
