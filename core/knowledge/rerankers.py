"""A reranker by name: a cross-encoder that reads the question together with each of the best candidates.

Nogueira and Cho, "Passage Re-ranking with BERT", 2019. It is heavy and optional, and sees only what the fitted ranking
(`core.knowledge.ranking`) put first.
"""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from core.errors import ModelUnavailableError
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.ranking import SECOND_HAND
from core.models.sentence_models import load_sentence_model

JUDGED = 30
"""How many candidates it reads."""
PASSAGE_CHARACTERS = 4000
QUESTION_CHARACTERS = 1000
BATCH = 16


class CrossEncoderReranker:
    """Any model that sentence-transformers loads as a `CrossEncoder` with one output; on a GPU where there is one."""

    def __init__(self, name: str) -> None:
        """`name` is one of the model hub, or a folder. Nothing heavy happens before the first question."""
        self.name = name
        self._lock = Lock()

    def check(self) -> None:
        """Load the model now; raises as `rerank` does. Blocking."""
        with self._lock:
            _ = self._model

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits, the first `JUDGED` ranked by the model and the others left behind them; `score` becomes the
        probability that a hit is the one, among these (0 to 1).

        Blocking: call it in a thread. Questions wait for each other, as they would for the processor.

        Raises:
            MissingPartError: sentence-transformers is not installed.
            ModelUnavailableError: the model can't be loaded, or does not rank.
        """
        judged, rest = list(hits[:JUDGED]), list(hits[JUDGED:])
        if not judged:
            return []
        pairs = [(question[:QUESTION_CHARACTERS], _words(hit.passage)) for hit in judged]
        with self._lock:
            logits = self._judge(pairs)
        logits -= [SECOND_HAND * (hit.passage.kind == "picture") for hit in judged]
        order: list[int] = np.argsort(-logits, kind="stable").tolist()
        likely = np.exp(logits[order] - logits.max())
        # Those that were not read stay in their order, below the last that was.
        unread = np.array([hit.score for hit in rest])
        likely = np.concatenate([likely, likely[-1] * unread / max(unread.max(initial=0.0), 1e-12)])
        likely /= likely.sum()
        ranked = [*(judged[at] for at in order), *rest]
        return [
            hit.model_copy(update={"score": float(score)}) for hit, score in zip(ranked, likely.tolist(), strict=True)
        ]

    def _judge(self, pairs: list[tuple[str, str]]) -> Any:
        from torch.nn import Identity

        model = self._model
        # Without the model's own sigmoid: logits are log-odds, which is what a softmax over the candidates needs.
        scores = model.predict(pairs, batch_size=BATCH, activation_fn=Identity(), show_progress_bar=False)
        return np.asarray(scores, dtype=np.float64).reshape(len(pairs))

    @cached_property
    def _model(self) -> Any:
        model = load_sentence_model(
            "CrossEncoder",
            self.name,
            called="reranker",
            without="without LORELENS_RERANKER passages are ranked as before.",
        )
        if model.num_labels != 1:
            raise ModelUnavailableError(
                f'"{self.name}" does not rank: it has {model.num_labels} outputs, and a reranker has one.',
                hint="Name a cross-encoder that was trained to rank passages.",
            )
        return model


def _words(passage: Passage) -> str:
    """A passage as the model reads it: where it stands, then what it says."""
    place = " › ".join(dict.fromkeys(part for part in (passage.title, *passage.heading_path) if part))
    return f"{place}\n{passage.text}"[:PASSAGE_CHARACTERS].strip()
