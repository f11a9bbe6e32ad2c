"""From passages to objects in Weaviate, and back."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from core.knowledge.documents import Passage
from core.knowledge.passage_terms import passage_terms

TEXT, IMAGE = "text", "image"
"""The named vectors."""
_SPACE = uuid.UUID("6f1f0f8e-6d0b-5c0e-9a58-2a0b5b7b3c11")


def uuid_of(passage_id: str) -> uuid.UUID:
    """The object of a passage: the same id, the same object."""
    return uuid.uuid5(_SPACE, passage_id)


def token(value: str) -> str:
    """What a value is called in a field that is compared as a whole.

    Weaviate trims such a field ("field" tokenization), so a value with space around it is named by its hash.
    """
    return value if value and value == value.strip() else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def audience_key(audience: Sequence[str]) -> str:
    """One word for an audience, in order."""
    return hashlib.sha256("\0".join(audience).encode()).hexdigest()[:32]


def properties_of(passage: Passage, *, words: bool) -> dict[str, Any]:
    """The properties of a passage's object; with `words`, its text for one of the server's own tokenizers."""
    properties: dict[str, Any] = {
        "passage_id": token(passage.id),
        "source": token(passage.source),
        "path": token(passage.path),
        "kind": passage.kind,
        "ordinal": passage.ordinal,
        "audience": [token(principal) for principal in passage.audience],
        "audience_key": audience_key(passage.audience),
        "sha256": passage.picture.sha256 if passage.picture is not None else "",
        "passage": passage.model_dump_json(),
    }
    if words:
        place = dict.fromkeys([passage.title, *passage.heading_path])
        properties["words"] = " \n ".join([*place, passage.lead, passage.text])
    else:
        properties["terms"] = " ".join(passage_terms(passage))
    return properties


def passage_of(found: Any) -> Passage:
    """The passage of an object."""
    return Passage.model_validate_json(cast("str", found.properties["passage"]))


def vector_of(found: Any, name: str) -> tuple[float, ...] | None:
    """A named vector of an object, None where it has none."""
    vectors = cast("Mapping[str, Sequence[float]]", found.vector or {})
    values = vectors.get(name)
    return tuple(values) if values else None


def cosine(found: Any, name: str, query: Sequence[float] | None) -> float | None:
    """The cosine of a question's vector with a named one; both have length 1. None where either lacks."""
    values = vector_of(found, name)
    if values is None or query is None or len(values) != len(query):
        return None
    return float(np.dot(np.asarray(values, dtype=np.float32), np.asarray(query, dtype=np.float32)))
