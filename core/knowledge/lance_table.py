"""The table that the embedded knowledge index lies in: its columns, its indices, and which encoder it is of."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.knowledge.documents import Passage

TABLE = "passages"
SCHEMA_VERSION = "1"
NO_ENCODER = "none"
IMAGE = "image"
"""The column of the vectors named `image`; which encoder made them stands in the field's metadata."""
MADE_BY = b"lorelens.encoder"


def untyped(module: str) -> Any:
    """A library that says little of its types, imported when it is needed."""
    return importlib.import_module(module)


def schema_of(dimension: int | None, encoder_name: str) -> Any:
    """The columns; a passage is kept whole as JSON, so one that knows less, of an older version, is read as well."""
    pa = untyped("pyarrow")
    fields: list[Any] = [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("audience", pa.list_(pa.string()), nullable=False),
        pa.field("terms", pa.string(), nullable=False),
        pa.field("passage", pa.string(), nullable=False),
    ]
    if dimension is not None:
        fields.append(pa.field("vector", pa.list_(pa.float32(), dimension)))
    return pa.schema(fields, metadata={"lorelens.schema": SCHEMA_VERSION, "lorelens.encoder": encoder_name})


async def open_table(database: Any, schema: Any) -> Any:
    """The table, made if there is none; another process may make it at the same moment."""
    if TABLE not in (await database.list_tables()).tables:
        try:
            return await database.create_table(TABLE, schema=schema)
        except ValueError as error:
            if "already exists" not in str(error):
                raise
    return await database.open_table(TABLE)


def check_encoder(schema: Any, encoder_name: str, folder: Path) -> None:
    """Raises `SettingsError` for a table of another encoder, or of another version."""
    metadata: dict[bytes, bytes] = schema.metadata or {}
    made_with = metadata.get(b"lorelens.encoder", b"").decode()
    version = metadata.get(b"lorelens.schema", b"").decode()
    if version != SCHEMA_VERSION:
        raise SettingsError(
            f"The index in {folder} was made by another version of Lorelens.",
            hint="Delete that folder and read the documents in again with `lorelens ingest`.",
        )
    if made_with != encoder_name:
        raise SettingsError(
            f'The index in {folder} was made with the encoder "{made_with}", not with "{encoder_name}".',
            hint=f"Set LORELENS_ENCODER back, or delete {folder} and read the documents in again.",
        )


def made_by(schema: Any) -> str:
    """The encoder of the vectors `image`; empty where there is no such column."""
    if IMAGE not in schema.names:
        return ""
    metadata: dict[bytes, bytes] = schema.field(IMAGE).metadata or {}
    return metadata.get(MADE_BY, b"").decode()


def with_audience(rows: Any, audience: Sequence[str]) -> Any:
    """Those of the rows that another audience may see, with the new one."""
    pa = untyped("pyarrow")
    passages = [Passage.model_validate_json(written) for written in rows.column("passage").to_pylist()]
    moved = [one.audience != tuple(audience) for one in passages]
    written = [one.model_copy(update={"audience": tuple(audience)}).model_dump_json() for one in passages]
    for name, values in (("passage", written), ("audience", [list(audience)] * len(passages))):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))
    return rows.filter(pa.array(moved, pa.bool_()))


async def index_terms_column(table: Any) -> None:
    """Let the column of terms be searched by BM25, as the terms are."""
    from lancedb.index import FTS

    plain = FTS(
        base_tokenizer="whitespace",
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        max_token_length=None,
        with_position=False,
    )
    await table.create_index("terms", config=plain)


async def index_vector_column(table: Any) -> None:
    """Let vectors be searched by an approximate index, if they are not yet."""
    from lancedb.index import IvfPq

    if any(index.columns == ["vector"] for index in await table.list_indices()):
        return
    await table.create_index("vector", config=IvfPq(distance_type="dot"))
