"""Copying everything from one index into another, with its vectors, so that nothing is read or encoded again.

How far it is stands in a file beside the indices, so that whoever goes on after a kill begins there.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np

from core.errors import IndexUnavailableError
from core.knowledge.index import KnowledgeIndex, Vectors
from core.messages import Value
from core.whole_files import write_whole

AT_ONCE = 256


class Copied(Value):
    """How far a copying is: passages so far, and the position in the index that is read."""

    passages: int = 0
    after: str = ""


async def copy(source: KnowledgeIndex, target: KnowledgeIndex, progress: Path) -> AsyncGenerator[Copied]:
    """Copy all passages, those that the target has not yet seen of an earlier run; yields how far it is.

    The target holds the same passages then and no others of the sources that were copied; they are counted on both
    sides.

    Raises:
        IndexUnavailableError: one of them can't be reached, or the counts differ.
    """
    if encoder := await source.picture_encoder():
        dimension = await _picture_dimension(source)
        if dimension:
            await target.hold_images(encoder, dimension)
    done = await asyncio.to_thread(_read, progress)
    yield done
    while page := await source.stored(done.after, AT_ONCE):
        passages = [one.passage for one in page]
        await target.upsert(passages, _rows([one.text for one in page]), _rows([one.image for one in page]))
        done = Copied(passages=done.passages + len(page), after=page[-1].position)
        await asyncio.to_thread(write_whole, progress, done.model_dump_json().encode())
        yield done
    await target.optimize()
    here, there = (await source.statistics()).passages, (await target.statistics()).passages
    await asyncio.to_thread(progress.unlink, missing_ok=True)
    if here != there:
        raise IndexUnavailableError(
            f"{here} passages are in the one index, and {there} in the other.",
            hint="If the other one held something before, forget that there (`lorelens forget`); else run it again.",
        )


async def _picture_dimension(source: KnowledgeIndex) -> int:
    """The dimension of the vectors `image`; 0 if there is none."""
    after = ""
    while page := await source.stored(after, AT_ONCE):
        for one in page:
            if one.image is not None:
                return len(one.image)
        after = page[-1].position
    return 0


def _rows(vectors: Sequence[tuple[float, ...] | None]) -> Vectors | None:
    """Vectors as rows, zeros where there is none; None where there is none at all."""
    dimension = next((len(one) for one in vectors if one is not None), 0)
    if not dimension:
        return None
    return np.asarray([one or (0.0,) * dimension for one in vectors], dtype=np.float32)


def _read(progress: Path) -> Copied:
    try:
        return Copied.model_validate(json.loads(progress.read_text("utf-8")))
    except FileNotFoundError:
        return Copied()
    except ValueError:  # a file that can't be read says nothing; from the beginning is always right
        return Copied()
