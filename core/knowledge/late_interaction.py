"""Late interaction: the best pictures that were found, compared with a question word by word and patch by patch.

A picture and a question have a vector for each of their parts, and each part of the question counts by the part of the
picture that it is nearest to (Khattab and Zaharia, "ColBERT", 2020; Faysse et al., "ColPali", 2024). Pages as pictures
are read so, charts and tables in them above all. It is heavy and optional, so it sees only the best candidates.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingsError
from core.knowledge.index import Hit, Vectors
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_search import standard_scores
from core.models.sentence_models import load_sentence_model

JUDGED = 20
"""How many pictures it compares."""
QUESTION_CHARACTERS = 1000
AT_ONCE = 4
"""Pictures of one batch: a page has a thousand patches."""
WEIGHT = 2.0
"""How much its ranking counts beside the one before, both in standard scores; chosen, not fitted."""


class LateInteraction:
    """Any model that sentence-transformers loads as a `MultiVectorEncoder` of text and pictures.

    The vectors of a picture are made when it is first a candidate, and kept beside its file, in half precision: about
    256 KB for a thousand patches of 128 numbers. They go when the picture goes.
    """

    def __init__(self, name: str, pictures: PictureFiles) -> None:
        """`name` is one of the model hub, or a folder. Nothing heavy happens before the first question."""
        self.name = name
        self._pictures = pictures
        self._lock = Lock()

    def check(self) -> None:
        """Load the model now; raises as `rerank` does. Blocking."""
        with self._lock:
            _ = self._model

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same pictures, the first `JUDGED` ranked again and the others left behind them; scores are from 0 to 1.

        Blocking: call it in a thread. Questions wait for each other, as they would for the processor.

        Raises:
            MissingPartError: a part that the model needs is not installed.
            ModelUnavailableError: the model can't be loaded.
            SettingsError: it does not compare words with pictures.
        """
        judged, rest = list(hits[:JUDGED]), list(hits[JUDGED:])
        with self._lock:
            near = self._compare(question[:QUESTION_CHARACTERS], judged)
        if np.isnan(near).all():
            return list(hits)
        before = np.clip([hit.score for hit in judged], 1e-6, 1 - 1e-6)
        total = standard_scores(np.log(before / (1 - before))) + WEIGHT * standard_scores(near)
        order: list[int] = np.argsort(-total, kind="stable").tolist()
        scores = 1 / (1 + np.exp(-total[order] / (1 + WEIGHT)))
        # Those that were not compared stay in their order, below the last that was.
        unseen = np.array([hit.score for hit in rest])
        scores = np.concatenate([scores, scores[-1] * unseen / max(unseen.max(initial=0.0), 1e-12)])
        ranked = [*(judged[at] for at in order), *rest]
        return [hit.model_copy(update={"score": float(score)}) for hit, score in zip(ranked, scores, strict=True)]

    def _compare(self, question: str, hits: Sequence[Hit]) -> NDArray[np.float64]:
        """How near each picture is to the question, by the model's own measure; not a number where it is gone."""
        near = np.full(len(hits), np.nan)
        wanted = [hit.passage.picture.sha256 if hit.passage.picture else "" for hit in hits]
        vectors = dict(self._vectors(list(dict.fromkeys(filter(None, wanted)))))
        at = [place for place, sha256 in enumerate(wanted) if sha256 in vectors]
        if at:
            asked = self._model.encode_query([question], convert_to_numpy=True, show_progress_bar=False)
            compared = self._model.similarity(asked, [vectors[wanted[place]] for place in at])
            near[at] = np.asarray(compared.cpu(), dtype=np.float64)[0]
        return near

    def _vectors(self, sha256s: Sequence[str]) -> Iterator[tuple[str, Vectors]]:
        missing: list[tuple[str, bytes]] = []
        for sha256 in sha256s:
            kept, data = self._kept(sha256), self._pictures.get(sha256)
            if data is not None and kept is not None:
                yield sha256, kept
            elif data is not None:
                missing.append((sha256, data))
        for first in range(0, len(missing), AT_ONCE):
            batch = missing[first : first + AT_ONCE]
            made = self._model.encode_document(
                [_opened(data) for _, data in batch], convert_to_numpy=True, show_progress_bar=False, batch_size=AT_ONCE
            )
            for (sha256, _), vectors in zip(batch, made, strict=True):
                self._keep(sha256, vectors)
                yield sha256, np.asarray(vectors, dtype=np.float32)

    def _kept(self, sha256: str) -> Vectors | None:
        """What was kept of a picture by the same model; None where that is not so, or can't be read."""
        data = self._pictures.get_made(sha256)
        try:
            with np.load(io.BytesIO(data or b""), allow_pickle=False) as held:
                return held["vectors"].astype(np.float32) if str(held["model"]) == self.name else None
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def _keep(self, sha256: str, vectors: Vectors) -> None:
        data = io.BytesIO()
        np.savez(data, model=np.array(self.name), vectors=np.asarray(vectors, dtype=np.float16))
        self._pictures.put_made(sha256, data.getvalue())

    @cached_property
    def _model(self) -> Any:
        model = load_sentence_model(
            "MultiVectorEncoder",
            self.name,
            called="late-interaction model",
            without="without LORELENS_LATE_INTERACTION pictures are ranked as before.",
        )
        if not (model.supports("text") and model.supports("image")):
            raise SettingsError(
                f'The late-interaction model "{self.name}" encodes {" and ".join(model.modalities)}, not text and '
                "pictures.",
                hint="Set LORELENS_LATE_INTERACTION to a model of ColPali's kind, such as vidore/colqwen2-v1.0-hf.",
            )
        return model


def _opened(data: bytes) -> Any:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        return opened.convert("RGB")
