"""The seam to where passages live: LanceDB on one machine, Weaviate where a team outgrows it.

Every implementation passes `tests/contract/knowledge_index.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.knowledge.documents import Passage
from core.messages import EVERYONE, Value

Vectors = NDArray[np.float32]
"""Shape (number of texts, dimension), each row of length 1; a row of zeros stands for a text the encoder can't read."""


class ImageVector(Value):
    """Words or a picture, encoded into the space that the picture encoder of this name makes."""

    encoder: str
    values: tuple[float, ...]


class SearchQuery(Value):
    """A question to the index.

    `vector` is the encoded question, or None where there is no encoder; `dense_weight` (0 to 1) is how far its ranking
    is trusted against the full-text one, 0 for a language the encoder does not read. `image` is compared with the
    vectors named `image`, if the index holds those of the same encoder, and `image_weight` (0 to 1) is the share of
    that ranking. Only passages whose audience shares a principal with `audience` are looked at; `sources` and `kinds`
    narrow further.
    """

    text: str
    vector: tuple[float, ...] | None = None
    dense_weight: float = 0.5
    image: ImageVector | None = None
    image_weight: float = 0.5
    limit: int = 10
    audience: tuple[str, ...] = (EVERYONE,)
    sources: tuple[str, ...] | None = None
    kinds: tuple[Literal["text", "picture"], ...] | None = None


class Hit(Value):
    """A passage that was found: `score` orders hits of one search; `lexical` is BM25.

    `dense` and `image` are the cosines (-1 to 1) with its vectors `text` and `image`, None where there is no such one.
    `first_rank` is its place, from 1, before the hits were ranked again; None where they were not. `also_in` are the
    paths of documents that say the same and are not shown beside it.
    """

    passage: Passage
    score: float
    lexical: float | None = None
    dense: float | None = None
    image: float | None = None
    first_rank: int | None = None
    also_in: tuple[str, ...] = ()


class SourceStatistics(Value):
    """What the index holds of one source."""

    source: str
    documents: int
    passages: int
    pictures: int


class IndexStatistics(Value):
    """What the index holds, and in how many bytes on disk (None where it is not ours to know)."""

    passages: int
    pictures: int
    sources: tuple[SourceStatistics, ...]
    size: int | None = None


class Count(Value):
    """How many passages there are: of texts, and of pictures."""

    texts: int = 0
    pictures: int = 0


class StoredPassage(Value):
    """A passage as an index holds it, with its vectors: None where it has none of that name.

    `position` is where it stands in the index's own order; it means something to that index alone.
    """

    passage: Passage
    text: tuple[float, ...] | None = None
    image: tuple[float, ...] | None = None
    position: str


class KnowledgeIndex(Protocol):
    """Where passages are kept and found. All methods raise `IndexUnavailableError` when it can't be reached.

    A passage has up to two named vectors: `text`, of its words, and `image`, of the picture that it is.
    """

    async def upsert(self, passages: Sequence[Passage], vectors: Vectors | None, images: Vectors | None = None) -> None:
        """Write passages with their vectors `text` and `image`, replacing those with the same id.

        Durable when it returns. `images` are left out where the index has no room for them; see `hold_images`.
        """
        ...

    async def picture_encoder(self) -> str:
        """The name of the encoder whose vectors `image` the index has room for; empty if it has none."""
        ...

    async def hold_images(self, encoder: str, dimension: int) -> None:
        """Make room for the vectors `image` of an encoder; those of another go. Nothing is done if it is so already."""
        ...

    async def resume(self) -> None:
        """Go on with what a writer that was killed had begun; nothing is done if there is nothing.

        Only for the one who writes (`ingest_lock`): whoever began it may be alive otherwise.
        """
        ...

    async def readdress(self, source: str, urls: Mapping[str, str]) -> int:
        """Give the text of documents, by path, other addresses and leave all else as it is; answer how many passages
        changed. Durable when it returns."""
        ...

    async def set_audience(self, source: str, audience: Sequence[str]) -> int:
        """Change who may see what came from a source, and leave all else as it is; answer how many passages changed.

        From when it returns on, nobody finds a passage of it who is not in the new audience; durable then. Where it
        fails half way, calling it again finishes it.
        """
        ...

    async def stored(self, after: str = "", limit: int = 256) -> list[StoredPassage]:
        """The next passages in the index's own order, which stays the same: all of them, asked for again and again.

        `after` is the `position` of the last one that was seen, empty to begin. What is written meanwhile may lack.
        """
        ...

    async def delete(self, source: str, path: str | None = None) -> int:
        """Delete what came from one document, or from a whole source; answer how many passages went."""
        ...

    async def delete_passages(self, ids: Sequence[str]) -> int:
        """Delete passages by id; answer how many there were."""
        ...

    async def search(self, query: SearchQuery) -> list[Hit]:
        """The best passages, best first, by full text and vectors together."""
        ...

    async def showing(self, sha256: str, audience: Sequence[str]) -> list[Passage]:
        """The passages of the picture with this hash that an audience may see, in the order of their ids."""
        ...

    async def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passage with those around it in its document, in order."""
        ...

    async def passages(self, source: str, path: str) -> list[Passage]:
        """All passages of one document in order: its text, then its pictures."""
        ...

    async def statistics(self) -> IndexStatistics:
        """What the index holds."""
        ...

    async def count(self, source: str) -> Count:
        """How many passages there are of a source, without looking at each."""
        ...

    async def check(self) -> bool:
        """Make sure that it can be asked; whether it holds anything. Costs little however much that is."""
        ...

    async def optimize(self) -> None:
        """Bring full-text and vector indices up to date after writes and compact what was replaced."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...
