"""The collection in Weaviate: its properties, its vectors, what is noted of it, and the alias it stands behind."""

import json
import re
from typing import Any, Literal

from weaviate.classes.config import (
    Configure,
    DataType,
    Property,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
    VectorFilterStrategy,
)

from core.errors import SettingsError
from core.knowledge.weaviate.rows import IMAGE, TEXT
from core.messages import Value

SCHEMA_VERSION = 1
_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,199}")
Tokenizer = Literal["terms", "gse", "trigram", "word", "kagome_ja", "kagome_kr"]
Quantization = Literal["none", "rq", "bq", "sq", "pq"]


class CollectionOptions(Value):
    """How a new collection is made; one that is there stays as it is."""

    replicas: int = 1
    quantization: Quantization = "none"
    tokenizer: Tokenizer = "terms"


class Notes(Value):
    """What is noted of a collection, in its description.

    `moving` is the collection that takes this one's place, while it is filled; `filled` is how far it is.
    """

    lorelens: int = SCHEMA_VERSION
    encoder: str = ""
    dimension: int | None = None
    picture_encoder: str = ""
    picture_dimension: int = 0
    tokenizer: Tokenizer = "terms"
    moving: str = ""
    filled: str = ""


def check_name(collection: str) -> None:
    """Raises `SettingsError` for a name that Weaviate does not take as it is: it writes the first letter large.

    "Collection definition: Naming": a capital letter, then letters, digits and "_". Versions are told by what follows.
    """
    if not _NAME.fullmatch(collection):
        raise SettingsError(
            f'"{collection}" is no name for a collection in Weaviate.',
            hint="Set LORELENS_WEAVIATE_COLLECTION to a capital letter, followed by letters, digits and _.",
        )


def read_notes(description: str | None, collection: str) -> Notes:
    """The notes in a description. Raises `SettingsError` for a collection that is not ours."""
    try:
        return Notes.model_validate(json.loads(description or ""))
    except ValueError as error:
        raise SettingsError(
            f"The collection {collection} in Weaviate was not made by Lorelens, or by another version.",
            hint="Give LORELENS_WEAVIATE_COLLECTION another name.",
        ) from error


def check_encoder(notes: Notes, encoder: str, collection: str) -> None:
    """Raises `SettingsError` for a collection of another encoder, or of a newer version."""
    if notes.lorelens > SCHEMA_VERSION:
        raise SettingsError(
            f"The index in {collection} was made by another version of Lorelens.",
            hint="Run the newer version, or give LORELENS_WEAVIATE_COLLECTION another name.",
        )
    if notes.encoder != encoder:
        raise SettingsError(
            f'The index in {collection} was made with the encoder "{notes.encoder}", not with "{encoder}".',
            hint="Set LORELENS_ENCODER back, or give LORELENS_WEAVIATE_COLLECTION another name and read the documents "
            "in again.",
        )


async def create_collection(client: Any, name: str, notes: Notes, options: CollectionOptions) -> None:
    """Make a collection of passages.

    BM25 reads terms that we made ourselves, cut at white space and nothing left out, so that both indices rank alike;
    where a tokenizer of the server is chosen, it reads the words themselves.
    """
    await client.collections.create(
        name=name,
        description=notes.model_dump_json(),
        properties=_properties(notes.tokenizer),
        vector_config=[_vector(TEXT, options.quantization), _vector(IMAGE, options.quantization)],
        multi_tenancy_config=Configure.multi_tenancy(
            enabled=True, auto_tenant_creation=True, auto_tenant_activation=True
        ),
        inverted_index_config=Configure.inverted_index(bm25_b=0.75, bm25_k1=1.2, stopwords_preset=StopwordsPreset.NONE),
        replication_config=Configure.replication(factor=options.replicas),
    )


def _vector(name: str, quantization: Quantization) -> Any:
    quantizers = Configure.VectorIndex.Quantizer
    quantizer: Any = {
        "none": quantizers.none,
        "rq": quantizers.rq,
        "bq": quantizers.bq,
        "sq": quantizers.sq,
        "pq": quantizers.pq,
    }[quantization]()
    # The dot product of unit vectors is their cosine, and leaves them as they are, so that they are copied exactly.
    index = Configure.VectorIndex.hnsw(
        distance_metric=VectorDistances.DOT, filter_strategy=VectorFilterStrategy.ACORN, quantizer=quantizer
    )
    return Configure.Vectors.self_provided(name=name, vector_index_config=index)


def _properties(tokenizer: Tokenizer) -> list[Property]:
    read = Property(
        name=read_property(tokenizer),
        data_type=DataType.TEXT,
        tokenization=Tokenization.WHITESPACE if tokenizer == "terms" else Tokenization(tokenizer),
        index_filterable=False,
        index_searchable=True,
    )
    whole = [
        Property(
            name=name,
            data_type=DataType.TEXT_ARRAY if name == "audience" else DataType.TEXT,
            tokenization=Tokenization.FIELD,
            index_filterable=True,
            index_searchable=False,
        )
        for name in ("passage_id", "source", "path", "kind", "audience", "audience_key", "sha256")
    ]
    ordinal = Property(name="ordinal", data_type=DataType.INT, index_filterable=True)
    passage = Property(
        name="passage",
        data_type=DataType.TEXT,
        tokenization=Tokenization.FIELD,
        index_filterable=False,
        index_searchable=False,
    )
    return [*whole, ordinal, read, passage]


def read_property(tokenizer: Tokenizer) -> str:
    """The property that BM25 reads."""
    return "terms" if tokenizer == "terms" else "words"
