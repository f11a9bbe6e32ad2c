"""Putting rankings by words, by meaning and by looks together, each trusted as far as it can be."""

from collections.abc import Sequence

RANK_CONSTANT = 60
"""k of reciprocal-rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""


def fuse(
    lexical: Sequence[str],
    dense: Sequence[str],
    dense_weight: float,
    image: Sequence[str] = (),
    image_weight: float = 0.0,
) -> dict[str, float]:
    """Weighted reciprocal-rank fusion of rankings of ids, best first; scores from 0 to 1.

    `dense_weight` (0 to 1) is the share of the dense ranking: 0.5 is plain fusion, 0 leaves it out, as for a language
    that the encoder does not read, where its ranking is noise that would drown a good full-text one. `image_weight` is
    the share of the ranking by what pictures look like, next to the other two together.
    """
    scores: dict[str, float] = {}
    words = 1 - image_weight
    for ranking, weight in (
        (lexical, words * (1 - dense_weight)),
        (dense, words * dense_weight),
        (image, image_weight),
    ):
        if weight <= 0:
            continue
        for rank, identity in enumerate(ranking, start=1):
            scores[identity] = scores.get(identity, 0.0) + weight * (RANK_CONSTANT + 1) / (RANK_CONSTANT + rank)
    return scores
