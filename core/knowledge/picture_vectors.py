"""From pictures to their vectors `image`: made once for each picture and encoder, and kept."""

import asyncio
import logging
from collections.abc import Sequence

import numpy as np

from core.errors import LorelensError
from core.knowledge.index import Vectors
from core.knowledge.ingest_report import NotRead
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_notes import PictureNotes
from core.models.picture_encoder import PictureEncoder

AT_ONCE = 8

_log = logging.getLogger(__name__)


async def encode_pictures(
    encoder: PictureEncoder | None,
    sha256s: Sequence[str],
    pictures: PictureFiles,
    notes: PictureNotes,
    warnings: list[NotRead],
) -> Vectors | None:
    """Shape (len(sha256s), dimension), a row of zeros for what can't be encoded; None without an encoder.

    Raises:
        ModelUnavailableError: the encoder can't be loaded.
    """
    if encoder is None:
        return None
    made = {sha256: notes.vector(sha256, encoder.name) for sha256 in sha256s}
    missing = [sha256 for sha256, vector in made.items() if vector is None]
    for first in range(0, len(missing), AT_ONCE):
        batch = missing[first : first + AT_ONCE]
        data = [await asyncio.to_thread(pictures.get, sha256) for sha256 in batch]
        there = [(sha256, one) for sha256, one in zip(batch, data, strict=True) if one is not None]
        for sha256, vector in (await _encoded(encoder, there, warnings)).items():
            notes.keep_vector(sha256, encoder.name, vector)
            made[sha256] = vector
    known = [vector for vector in made.values() if vector is not None]
    if not known:
        return None
    return np.stack([vector if vector is not None else np.zeros_like(known[0]) for vector in made.values()])


async def _encoded(
    encoder: PictureEncoder, batch: Sequence[tuple[str, bytes]], warnings: list[NotRead]
) -> dict[str, Vectors]:
    """The vectors of a batch; where the encoder fails on it, of those pictures that it takes by themselves."""
    if not batch:
        return {}
    try:
        vectors = await asyncio.to_thread(encoder.encode_pictures, [data for _, data in batch])
    except LorelensError:
        raise
    except Exception as error:  # noqa: BLE001 - one picture never stops the others
        if len(batch) == 1:
            _log.exception("The picture %s could not be encoded", batch[0][0])
            warnings.append(NotRead(path=batch[0][0], reason=f"The picture encoder can't take this picture: {error}."))
            return {}
        alone = [await _encoded(encoder, [one], warnings) for one in batch]
        return {sha256: vector for one in alone for sha256, vector in one.items()}
    return {sha256: vector for (sha256, _), vector in zip(batch, vectors, strict=True)}
