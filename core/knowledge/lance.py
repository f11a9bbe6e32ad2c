"""The embedded knowledge index: LanceDB in the data folder.

Full text is BM25 over a column of terms that `core.knowledge.terms` makes, so that it ranks alike in every language and
in every index; vectors are compared exactly until there are so many that an approximate index pays.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import IndexUnavailableError
from core.knowledge.documents import Passage
from core.knowledge.fusion import fuse
from core.knowledge.index import (
    Count,
    Hit,
    ImageVector,
    IndexStatistics,
    SearchQuery,
    SourceStatistics,
    StoredPassage,
    Vectors,
)
from core.knowledge.lance_filters import literal, narrowed, seen_by
from core.knowledge.lance_table import (
    IMAGE,
    MADE_BY,
    NO_ENCODER,
    check_encoder,
    index_terms_column,
    index_vector_column,
    made_by,
    open_table,
    schema_of,
    untyped,
    with_audience,
)
from core.knowledge.passage_terms import passage_terms, query_terms

CANDIDATES = 60
DOCUMENTS_AT_ONCE = 64
PASSAGES_AT_ONCE = 4096
APPROXIMATE_FROM = 200_000
"""Vectors from which an approximate index pays; below, exact search is fast enough (tests/bench/latency.py)."""
PROBES, REFINE = 40, 8
"""How far an approximate index looks, and how many times the candidates are compared exactly; ignored without one."""


class LanceIndex:
    """A `KnowledgeIndex` in a folder. Several processes may have it open."""

    def __init__(self, database: Any, table: Any, folder: Path, dimension: int | None) -> None:
        self._database = database
        self._table = table
        self._folder = folder
        self._dimension = dimension

    @classmethod
    async def open(cls, folder: Path, dimension: int | None, encoder_name: str) -> "LanceIndex":
        """Open the index in `folder`, made if there is none, for vectors of one encoder (`dimension` None: none).

        Raises:
            SettingsError: the index was made with another encoder.
            IndexUnavailableError: the folder can't be read or written.
        """
        lancedb = untyped("lancedb")
        async with _clear_errors(folder):
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            # A worker that runs for weeks sees what was read in since: each read looks for the newest version.
            database = await lancedb.connect_async(str(folder), read_consistency_interval=timedelta(0))
            table = await open_table(database, schema_of(dimension, encoder_name or NO_ENCODER))
            check_encoder(await table.schema(), encoder_name or NO_ENCODER, folder)
            if not await table.list_indices():
                await index_terms_column(table)
            return cls(database, table, folder, dimension)

    async def upsert(self, passages: Sequence[Passage], vectors: Vectors | None, images: Vectors | None = None) -> None:
        """Write passages, replacing those with the same id."""
        if not passages:
            return
        pa = untyped("pyarrow")
        async with _clear_errors(self._folder):
            schema = await self._table.schema()
            rows = [_row(passage) for passage in passages]
            if self._dimension is not None:
                _add_vectors(rows, "vector", vectors)
            if IMAGE in schema.names:
                _add_vectors(rows, IMAGE, images)
            batch = pa.Table.from_pylist(rows, schema=schema)
            merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            await merge.execute(batch, on_bad_vectors="null")

    async def picture_encoder(self) -> str:
        """The encoder whose vectors `image` there is room for."""
        async with _clear_errors(self._folder):
            return made_by(await self._table.schema())

    async def hold_images(self, encoder: str, dimension: int) -> None:
        """Make room for the vectors `image` of an encoder; those of another one go."""
        pa = untyped("pyarrow")
        async with _clear_errors(self._folder):
            schema = await self._table.schema()
            if made_by(schema) == encoder:
                return
            if IMAGE in schema.names:
                await self._table.drop_columns([IMAGE])
            vectors = pa.list_(pa.float32(), dimension)
            await self._table.add_columns(pa.field(IMAGE, vectors, metadata={MADE_BY: encoder.encode()}))

    async def resume(self) -> None:
        """Nothing: each version of a table is whole, or is not there."""

    async def readdress(self, source: str, urls: Mapping[str, str]) -> int:
        """Give the text of documents other addresses; their vectors stay."""
        pa = untyped("pyarrow")
        paths, changed = sorted(urls), 0
        for first in range(0, len(paths), DOCUMENTS_AT_ONCE):
            some = ", ".join(map(literal, paths[first : first + DOCUMENTS_AT_ONCE]))
            where = f"source = {literal(source)} AND kind = 'text' AND path IN ({some})"
            async with _clear_errors(self._folder):
                rows = await self._table.query().where(where).to_arrow()
                moved: list[bool] = []
                passages: list[str] = []
                for written in rows.column("passage").to_pylist():
                    passage = Passage.model_validate_json(written)
                    moved.append(passage.url != urls[passage.path])
                    passages.append(passage.model_copy(update={"url": urls[passage.path]}).model_dump_json())
                at = rows.schema.get_field_index("passage")
                new = rows.set_column(at, rows.schema.field(at), pa.array(passages, pa.string())).filter(
                    pa.array(moved, pa.bool_())
                )
                if new.num_rows:
                    await self._table.merge_insert("id").when_matched_update_all().execute(new, on_bad_vectors="null")
                    changed += new.num_rows
        return changed

    async def set_audience(self, source: str, audience: Sequence[str]) -> int:
        """Change who may see what came from a source, some thousand passages at a time."""
        of_source, after, changed = f"source = {literal(source)}", "", 0
        while True:
            async with _clear_errors(self._folder):
                rows = await self._page(of_source, after, PASSAGES_AT_ONCE)
                if not rows.num_rows:
                    return changed
                new = with_audience(rows, audience)
                if new.num_rows:
                    await self._table.merge_insert("id").when_matched_update_all().execute(new, on_bad_vectors="null")
                    changed += new.num_rows
                after = rows.column("id")[-1].as_py()

    async def stored(self, after: str = "", limit: int = 256) -> list[StoredPassage]:
        """The next passages in the order of their ids."""
        async with _clear_errors(self._folder):
            rows = (await self._page("true", after, limit)).to_pylist()
        return [
            StoredPassage(
                passage=Passage.model_validate_json(row["passage"]),
                text=row.get("vector"),
                image=row.get(IMAGE),
                position=row["id"],
            )
            for row in rows
        ]

    async def _page(self, where: str, after: str, limit: int) -> Any:
        """Whole rows after an id, in order; ids alone are read to see where the page ends."""
        compute = untyped("pyarrow.compute")
        where = f"{where} AND id > {literal(after)}" if after else where
        ids = (await self._table.query().where(where).select(["id"]).to_arrow()).column("id")
        if len(ids) > limit:
            last = ids.take(compute.select_k_unstable(ids, limit, [("id", "ascending")]))[-1].as_py()
            where = f"{where} AND id <= {literal(last)}"
        return (await self._table.query().where(where).to_arrow()).sort_by("id")

    async def delete(self, source: str, path: str | None = None) -> int:
        """Delete what came from one document, or from a whole source."""
        where = f"source = {literal(source)}" + (f" AND path = {literal(path)}" if path is not None else "")
        return await self._delete(where)

    async def delete_passages(self, ids: Sequence[str]) -> int:
        """Delete passages by id."""
        return await self._delete(f"id IN ({', '.join(map(literal, ids))})") if ids else 0

    async def _delete(self, where: str) -> int:
        async with _clear_errors(self._folder):
            count = await self._table.count_rows(where)
            if count:
                await self._table.delete(where)
            return int(count)

    async def search(self, query: SearchQuery) -> list[Hit]:
        """The best passages by full text and vectors together."""
        where = narrowed(query)
        depth = max(query.limit, CANDIDATES)
        async with _clear_errors(self._folder):
            columns = await self._columns(query.image)
            lexical = await self._lexical(query, where, depth, columns)
            dense = await self._dense(query, where, depth, columns)
            image = await self._image(query.image, where, depth, columns)
        rows = {row["id"]: row for row in [*image, *dense, *lexical]}
        ids = ([row["id"] for row in ranking] for ranking in (lexical, dense, image))
        by_words, by_meaning, by_looks = ids
        weight = query.image_weight if image else 0.0
        scores = fuse(by_words, by_meaning, query.dense_weight, by_looks, weight)
        bm25 = {row["id"]: float(row["_score"]) for row in lexical}
        best = sorted(scores, key=lambda identity: (-scores[identity], identity))[: query.limit]
        return [
            Hit(
                passage=Passage.model_validate_json(rows[identity]["passage"]),
                score=scores[identity],
                lexical=bm25.get(identity),
                dense=_cosine(rows[identity].get("vector"), query.vector),
                image=_cosine(rows[identity].get(IMAGE), query.image.values if query.image else None),
            )
            for identity in best
        ]

    async def _lexical(
        self, query: SearchQuery, where: str, depth: int, columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        terms = query_terms(query.text)
        if not terms or query.dense_weight >= 1:
            return []
        search = self._table.query().nearest_to_text(" ".join(terms), columns=["terms"]).where(where)
        return await search.select([*columns, "_score"]).limit(depth).to_list()

    async def _dense(self, query: SearchQuery, where: str, depth: int, columns: Sequence[str]) -> list[dict[str, Any]]:
        if query.vector is None or self._dimension is None or query.dense_weight <= 0:
            return []
        return await self._nearest("vector", query.vector, where, depth, columns)

    async def _image(
        self, image: ImageVector | None, where: str, depth: int, columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        if image is None or IMAGE not in columns:
            return []
        return await self._nearest(IMAGE, image.values, where, depth, columns)

    async def _nearest(
        self, column: str, values: Sequence[float], where: str, depth: int, columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        vector = np.asarray(values, dtype=np.float32)
        if not vector.any():
            return []
        search = self._table.query().nearest_to(vector).column(column).distance_type("dot")
        search = search.where(f"{where} AND {column} IS NOT NULL").nprobes(PROBES).refine_factor(REFINE)
        return await search.select([*columns, "_distance"]).limit(depth).to_list()

    async def _columns(self, image: ImageVector | None) -> list[str]:
        """What is read of a row; vectors `image` only where they are of the space that the question is in."""
        columns = ["id", "passage"] if self._dimension is None else ["id", "passage", "vector"]
        if image is None:
            return columns
        schema = await self._table.schema()
        comparable = made_by(schema) == image.encoder and schema.field(IMAGE).type.list_size == len(image.values)
        return [*columns, IMAGE] if comparable else columns

    async def showing(self, sha256: str, audience: Sequence[str]) -> list[Passage]:
        """The passages of the picture with this hash that an audience may see."""
        where = f"{seen_by(audience)} AND kind = 'picture' AND passage LIKE {literal(f'%{chr(34)}{sha256}{chr(34)}%')}"
        async with _clear_errors(self._folder):
            rows = await self._table.query().where(where).select(["passage"]).to_list()
        passages = [Passage.model_validate_json(row["passage"]) for row in rows]
        shown = [one for one in passages if one.picture is not None and one.picture.sha256 == sha256]
        return sorted(shown, key=lambda one: one.id)

    async def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passage with those around it in its document, in order."""
        span = f"ordinal >= {passage.ordinal - before} AND ordinal <= {passage.ordinal + after}"
        return await self._of_document(passage.source, passage.path, f"kind = {literal(passage.kind)} AND {span}")

    async def passages(self, source: str, path: str) -> list[Passage]:
        """All passages of one document: its text in order, then its pictures."""
        return await self._of_document(source, path, "true")

    async def _of_document(self, source: str, path: str, where: str) -> list[Passage]:
        async with _clear_errors(self._folder):
            found = self._table.query().where(f"source = {literal(source)} AND path = {literal(path)} AND {where}")
            rows = await found.select(["passage"]).to_list()
        passages = [Passage.model_validate_json(row["passage"]) for row in rows]
        return sorted(passages, key=lambda one: (one.kind != "text", one.ordinal, one.id))

    async def statistics(self) -> IndexStatistics:
        """What the index holds."""
        async with _clear_errors(self._folder):
            table = await self._table.query().select(["source", "path", "kind"]).to_arrow()
        # Counted by Arrow: a million rows as Python's would take seconds and half a gigabyte.
        documents = table.group_by(["source", "path", "kind"]).aggregate([([], "count_all")]).to_pylist()
        sources: dict[str, list[dict[str, Any]]] = {}
        for row in documents:
            sources.setdefault(row["source"], []).append(row)
        counted = tuple(
            SourceStatistics(
                source=source,
                documents=len({row["path"] for row in rows}),
                passages=sum(row["count_all"] for row in rows),
                pictures=sum(row["count_all"] for row in rows if row["kind"] == "picture"),
            )
            for source, rows in sorted(sources.items())
        )
        return IndexStatistics(
            passages=sum(one.passages for one in counted),
            pictures=sum(one.pictures for one in counted),
            sources=counted,
            size=await asyncio.to_thread(_size, self._folder),
        )

    async def count(self, source: str) -> Count:
        """How many passages there are of a source."""
        of_source = f"source = {literal(source)}"
        async with _clear_errors(self._folder):
            texts, pictures = [
                await self._table.count_rows(f"{of_source} AND kind = '{kind}'") for kind in ("text", "picture")
            ]
        return Count(texts=texts, pictures=pictures)

    async def check(self) -> bool:
        """Make sure that the table can be read; whether there is anything in it."""
        async with _clear_errors(self._folder):
            return bool(await self._table.query().select(["id"]).limit(1).to_list())

    async def optimize(self) -> None:
        """Bring the indices up to date and compact what was replaced."""
        async with _clear_errors(self._folder):
            if self._dimension is not None and await self._table.count_rows("vector IS NOT NULL") >= APPROXIMATE_FROM:
                await self.approximate()
            await self._table.optimize()

    async def approximate(self) -> None:
        """Search vectors by an approximate index from now on, if it is not done already."""
        async with _clear_errors(self._folder):
            await index_vector_column(self._table)

    async def close(self) -> None:
        """Let go of the files."""
        self._table.close()
        self._database.close()


def _row(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "source": passage.source,
        "path": passage.path,
        "kind": passage.kind,
        "ordinal": passage.ordinal,
        "audience": list(passage.audience),
        "terms": " ".join(passage_terms(passage)),
        "passage": passage.model_dump_json(),
    }


def _add_vectors(rows: Sequence[dict[str, Any]], column: str, vectors: Vectors | None) -> None:
    """What the encoder can't read has no vector at all, so that search by vectors never finds it."""
    for at, row in enumerate(rows):
        row[column] = vectors[at] if vectors is not None and vectors[at].any() else None


def _cosine(row: Any, query: tuple[float, ...] | None) -> float | None:
    if row is None or query is None:
        return None
    return float(np.dot(np.asarray(row, dtype=np.float32), np.asarray(query, dtype=np.float32)))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@asynccontextmanager
async def _clear_errors(folder: Path) -> AsyncGenerator[None]:
    """Errors of LanceDB and of the file system as ours."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        text = str(error)
        hint = "Make room on the disk and run the command again; nothing that was written is lost."
        if "No space left" not in text and "os error 28" not in text:
            hint = f"Check that {folder} can be read and written, and that the disk is not full."
        raise IndexUnavailableError(f"The knowledge index can't be used: {text[:300]}.", hint=hint) from error
