"""What one tenant holds: its objects, their terms property by property, and their vectors."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.weaviate_emulator.refusals import RefusedError

Vector = NDArray[np.float32]


@dataclass(eq=False)
class Stored:
    """One object. A replaced object gets a new `doc_id`, as the server's inverted index wants it."""

    uuid: str
    doc_id: int
    properties: Mapping[str, Any]
    vectors: Mapping[str, Vector]
    created: int
    updated: int
    """Milliseconds since 1970."""
    terms: Mapping[str, Counter[str]]
    """The terms of its searchable properties, how often each."""


@dataclass(eq=False)
class Postings:
    """Where the terms of one property are. `length` is the sum of all its texts' lengths, in terms."""

    objects: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    lengths: dict[str, int] = field(default_factory=dict[str, int])
    length: int = 0


class Shard:
    """The objects of one tenant, or of a collection without tenants."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.postings: dict[str, Postings] = defaultdict(Postings)
        self._dimensions: dict[str, int] = {}
        self._doc_ids = 0
        self._matrices: dict[str, tuple[list[Stored], Vector]] = {}

    def put(
        self,
        uuid: str,
        properties: Mapping[str, Any],
        vectors: Mapping[str, Vector],
        terms: Mapping[str, Counter[str]],
    ) -> None:
        """Keep an object, whole: what was under this UUID before is gone with all its vectors."""
        for name, vector in vectors.items():
            self._check_dimension(uuid, name, len(vector))
        now = time.time_ns() // 1_000_000
        before = self.objects.get(uuid)
        self.delete(uuid)
        for name, vector in vectors.items():
            self._dimensions.setdefault(name, len(vector))
        self._doc_ids += 1
        created = before.created if before else now
        self.objects[uuid] = Stored(uuid, self._doc_ids, dict(properties), dict(vectors), created, now, terms)
        for name, counted in terms.items():
            postings = self.postings[name]
            postings.lengths[uuid] = counted.total()
            postings.length += counted.total()
            for term, count in counted.items():
                postings.objects[term][uuid] = count

    def delete(self, uuid: str) -> bool:
        """Forget an object; whether there was one."""
        stored = self.objects.pop(uuid, None)
        self._matrices.clear()
        if stored is None:
            return False
        for name, counted in stored.terms.items():
            postings = self.postings[name]
            postings.length -= postings.lengths.pop(uuid, 0)
            for term in counted:
                of_term = postings.objects[term]
                of_term.pop(uuid, None)
                if not of_term:
                    del postings.objects[term]
        return True

    def ordered(self) -> list[Stored]:
        """All objects in the order of their UUIDs, as the server's store has them."""
        return [self.objects[uuid] for uuid in sorted(self.objects)]

    def dimension(self, name: str) -> int:
        """How long the vectors of this name are; 0 as long as there was none."""
        return self._dimensions.get(name, 0)

    def matrix(self, name: str) -> tuple[list[Stored], Vector]:
        """All objects that have a vector of this name, and these vectors, (objects, dimension)."""
        if name not in self._matrices:
            having = [stored for stored in self.objects.values() if name in stored.vectors]
            rows = np.stack([stored.vectors[name] for stored in having]) if having else np.zeros((0, 0), np.float32)
            self._matrices[name] = (having, rows)
        return self._matrices[name]

    def _check_dimension(self, uuid: str, name: str, length: int) -> None:
        before = self._dimensions.get(name, length)
        if before != length:
            raise RefusedError(
                f"Validate vector index {name!r} for {uuid}: new node has a vector with length {length}. "
                f"Existing nodes have vectors with length {before}: "
                "vector dimensions do not match the index dimensions",
                500,
            )
