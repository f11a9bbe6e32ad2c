"""The team's own knowledge first: what comes from outside answers only where that does not."""

from collections.abc import Sequence
from itertools import groupby

from core.evidence import EvidencePassage
from core.models.encoder import Encoder
from core.reading.selection import Selection, select_sentences


def select_by_tiers(
    question: str, passages: Sequence[EvidencePassage], *, encoder: Encoder | None = None, said: str = ""
) -> Selection:
    """The sentences that answer, from the first of the tiers that holds the answer; see `select_sentences`.

    A tier is a run of passages that are all of the team's own knowledge, or all from outside, in their order: outside
    comes first only where the person asked for it. Where none holds the answer, the first says what is nearest.
    """
    selections: list[Selection] = []
    for _, tier in groupby(passages, key=lambda one: one.is_outside):
        selection = select_sentences(question, list(tier), encoder=encoder, said=said)
        if not selection.declined:
            return selection
        selections.append(selection)
    return selections[0] if selections else select_sentences(question, (), encoder=encoder, said=said)
