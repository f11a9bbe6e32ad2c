"""`KnowledgeIndex` in Weaviate: one collection of passages, a tenant for each workspace, two named vectors.

Who may see what is a filter inside every query, and the tenants are a second wall. A passage never stands in two
tenants for different people: it leaves the one before it comes into the other, or is closed to its old readers first.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter

from core.knowledge.documents import Passage
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
from core.knowledge.weaviate.collection import Objects
from core.knowledge.weaviate.connecting import connect
from core.knowledge.weaviate.errors import clear_errors
from core.knowledge.weaviate.moving import move, next_name, remove_left, resume
from core.knowledge.weaviate.queries import Ask, seen_by
from core.knowledge.weaviate.rows import (
    IMAGE,
    TEXT,
    audience_key,
    passage_of,
    properties_of,
    token,
    uuid_of,
    vector_of,
)
from core.knowledge.weaviate.schema import SCHEMA_VERSION, CollectionOptions, Notes, check_encoder, check_name
from core.knowledge.weaviate.tenants import SHARED, tenant_of, tenants_for

NO_ENCODER = "none"
REWRITTEN_AT_ONCE = 200
COUNTED_AT_ONCE = 1000
CHECK_SECONDS = 4.0


class WeaviateIndex:
    """A `KnowledgeIndex` in a Weaviate server. Several processes may have it open."""

    def __init__(self, objects: Objects, dimension: int | None) -> None:
        self._objects = objects
        self._dimension = dimension

    @classmethod
    async def open(
        cls,
        url: str,
        dimension: int | None,
        encoder_name: str,
        *,
        grpc_address: str = "",
        api_key: str = "",
        collection: str = "Lorelens",
        options: CollectionOptions | None = None,
    ) -> "WeaviateIndex":
        """Open the index behind the alias `collection`, made if there is none, for vectors of one encoder.

        Raises:
            SettingsError: it was made with another encoder, the key is refused, the server is too old, or lacks the
                tokenizer.
            IndexUnavailableError: the server can't be reached.
        """
        check_name(collection)
        options = options or CollectionOptions()
        objects = Objects(await connect(url, grpc_address, api_key), url, collection, options)
        wanted = Notes(encoder=encoder_name or NO_ENCODER, dimension=dimension, tokenizer=options.tokenizer)
        try:
            async with clear_errors(url):
                await _prepare(objects, wanted)
        except BaseException:
            await objects.client.close()
            raise
        return cls(objects, dimension)

    async def upsert(self, passages: Sequence[Passage], vectors: Vectors | None, images: Vectors | None = None) -> None:
        """Write passages, replacing those with the same id, also where those lie in another tenant."""
        if not passages:
            return
        async with self._objects.writing() as (collection, notes):
            words = notes.tokenizer != "terms"
            by_tenant: dict[str, dict[UUID, DataObject[Any, Any]]] = defaultdict(dict)
            for at, passage in {passage.id: (at, passage) for at, passage in enumerate(passages)}.values():
                vector: dict[str, list[float]] = {}
                if vectors is not None and self._dimension is not None and vectors[at].any():
                    vector[TEXT] = vectors[at].tolist()
                if images is not None and notes.picture_encoder and images[at].any():
                    vector[IMAGE] = images[at].tolist()
                identity = uuid_of(passage.id)
                by_tenant[tenant_of(passage.audience)][identity] = DataObject(
                    properties=properties_of(passage, words=words), uuid=identity, vector=vector or None
                )
            there = await self._objects.tenants(collection)
            for tenant, rows in by_tenant.items():
                for other in there:
                    if other != tenant:
                        await self._objects.delete_objects(collection, other, list(rows))
                if tenant not in there:
                    await self._objects.add_tenant(collection, tenant)
                await self._objects.insert(collection, tenant, list(rows.values()))

    async def picture_encoder(self) -> str:
        """The encoder whose vectors `image` there is room for."""
        async with clear_errors(self._objects.url):
            return (await self._objects.notes())[1].picture_encoder

    async def hold_images(self, encoder: str, dimension: int) -> None:
        """Make room for the vectors `image` of an encoder; for another one than before, in another collection."""
        async with clear_errors(self._objects.url):
            collection, notes = await self._objects.notes()
            held = {"picture_encoder": encoder, "picture_dimension": dimension, "lorelens": SCHEMA_VERSION}
            wanted = notes.model_copy(update=held)
            if notes.moving or notes.picture_encoder not in ("", encoder):
                await move(self._objects, wanted, images=notes.picture_encoder == encoder)
            elif notes.picture_encoder != encoder:
                await self._objects.note(collection, wanted)

    async def resume(self) -> None:
        """Go on with the filling of a collection that takes the place of this one."""
        async with clear_errors(self._objects.url):
            await resume(self._objects)

    async def readdress(self, source: str, urls: Mapping[str, str]) -> int:
        """Give the text of documents other addresses; their vectors stay."""
        changed = 0
        async with self._objects.writing() as (collection, notes):
            there = await self._objects.tenants()
            for path, url in sorted(urls.items()):
                where = _document(source, path) & Filter.by_property("kind").equal("text")
                rows: dict[str, list[DataObject[Any, Any]]] = defaultdict(list)
                for tenant, one in await self._objects.matching(there, where, vectors=True):
                    passage = passage_of(one)
                    if passage.url != url:
                        rows[tenant].append(_again(one, passage.model_copy(update={"url": url}), notes))
                for tenant, some in rows.items():
                    await self._objects.insert(collection, tenant, some)
                    changed += len(some)
        return changed

    async def set_audience(self, source: str, audience: Sequence[str]) -> int:
        """Change who may see what came from a source.

        Passages that belong into another tenant are first closed to those who may not see them any more, where they
        are, then written there and deleted here: whenever that is broken off, none is lost, and none is shown.
        """
        home, key, changed = tenant_of(audience), audience_key(audience), 0
        of_source = Filter.by_property("source").equal(token(source))
        others = of_source & Filter.by_property("audience_key").not_equal(key)
        async with self._objects.writing() as (collection, notes):
            there = await self._objects.tenants()
            for tenant in there:  # nobody waits for the moving of much to be kept out
                while page := await self._objects.matching([tenant], others, vectors=True, limit=REWRITTEN_AT_ONCE):
                    rows = [_readable_by(one, audience, notes) for _, one in page]
                    await self._objects.insert(collection, tenant, rows)
                    changed += len(rows)
            for tenant in there:
                if tenant == home:
                    continue
                while page := await self._objects.matching([tenant], of_source, vectors=True, limit=REWRITTEN_AT_ONCE):
                    rows = [_readable_by(one, audience, notes) for _, one in page]
                    await self._objects.add_tenant(collection, home)
                    await self._objects.insert(collection, home, rows)
                    await self._objects.delete_objects(collection, tenant, [one.uuid for _, one in page])
        return changed

    async def stored(self, after: str = "", limit: int = 256) -> list[StoredPassage]:
        """The next passages in the order of the tenants and of their UUIDs."""
        reached, _, last = after.partition(" ")
        async with clear_errors(self._objects.url):
            for tenant in await self._objects.tenants():
                if tenant < reached:
                    continue
                uuid = UUID(last) if tenant == reached and last else None
                if page := await self._objects.page(tenant, uuid, limit):
                    return [
                        StoredPassage(
                            passage=passage_of(one),
                            text=vector_of(one, TEXT),
                            image=vector_of(one, IMAGE),
                            position=f"{tenant} {one.uuid}",
                        )
                        for one in page
                    ]
        return []

    async def delete(self, source: str, path: str | None = None) -> int:
        """Delete what came from one document, or from a whole source."""
        where = Filter.by_property("source").equal(token(source)) if path is None else _document(source, path)
        async with self._objects.writing() as (collection, _):
            return sum(
                [await self._objects.delete(collection, tenant, where) for tenant in await self._objects.tenants()]
            )

    async def delete_passages(self, ids: Sequence[str]) -> int:
        """Delete passages by id."""
        if not ids:
            return 0
        uuids = [uuid_of(one) for one in dict.fromkeys(ids)]
        async with self._objects.writing() as (collection, _):
            return sum(
                [
                    await self._objects.delete_objects(collection, tenant, uuids)
                    for tenant in await self._objects.tenants()
                ]
            )

    async def search(self, query: SearchQuery) -> list[Hit]:
        """The best passages by full text and vectors together."""
        if not query.audience or query.sources == () or query.kinds == ():
            return []
        async with clear_errors(self._objects.url):
            tenants = await self._objects.existing(tenants_for(query.audience))
            comparable = query.image is not None and await self._comparable(query.image)
            ask = Ask(self._objects, tenants, query, dense=self._dimension is not None, image=comparable)
            return await ask.hits()

    async def _comparable(self, image: ImageVector) -> bool:
        _, notes = await self._objects.notes()
        return notes.picture_encoder == image.encoder and notes.picture_dimension == len(image.values)

    async def showing(self, sha256: str, audience: Sequence[str]) -> list[Passage]:
        """The passages of the picture with this hash that an audience may see."""
        if not audience:
            return []
        where = seen_by(audience) & Filter.by_property("sha256").equal(sha256)
        async with clear_errors(self._objects.url):
            tenants = await self._objects.existing(tenants_for(audience))
            found = await self._objects.matching(tenants, where)
        by_id = {passage.id: passage for passage in (passage_of(one) for _, one in found)}
        return [by_id[identity] for identity in sorted(by_id)]

    async def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passage with those around it in its document, in order."""
        ordinal = Filter.by_property("ordinal")
        around = ordinal.greater_or_equal(passage.ordinal - before) & ordinal.less_or_equal(passage.ordinal + after)
        of_kind = Filter.by_property("kind").equal(passage.kind)
        return await self._of_document(_document(passage.source, passage.path) & of_kind & around)

    async def passages(self, source: str, path: str) -> list[Passage]:
        """All passages of one document: its text in order, then its pictures."""
        return await self._of_document(_document(source, path))

    async def _of_document(self, where: Any) -> list[Passage]:
        async with clear_errors(self._objects.url):
            found = await self._objects.matching(await self._objects.tenants(), where)
        passages = {passage.id: passage for passage in (passage_of(one) for _, one in found)}
        return sorted(passages.values(), key=lambda one: (one.kind != "text", one.ordinal, one.id))

    async def statistics(self) -> IndexStatistics:
        """What the index holds; each passage is looked at, without its text."""
        sources: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        async with clear_errors(self._objects.url):
            for tenant in await self._objects.tenants():
                after: UUID | None = None
                names = ("source", "path", "kind")
                while page := await self._objects.page(tenant, after, COUNTED_AT_ONCE, properties=names):
                    for one in page:
                        sources[one.properties["source"]][one.properties["path"]].append(one.properties["kind"])
                    after = page[-1].uuid
        counted = tuple(
            SourceStatistics(
                source=source,
                documents=len(documents),
                passages=sum(map(len, documents.values())),
                pictures=sum(kinds.count("picture") for kinds in documents.values()),
            )
            for source, documents in sorted(sources.items())
        )
        return IndexStatistics(
            passages=sum(one.passages for one in counted),
            pictures=sum(one.pictures for one in counted),
            sources=counted,
        )

    async def optimize(self) -> None:
        """Nothing: the server keeps its indices up to date itself."""

    async def count(self, source: str) -> Count:
        """How many passages there are of a source, as the server counts them."""
        of_source = Filter.by_property("source").equal(token(source))
        kind = Filter.by_property("kind")
        async with clear_errors(self._objects.url):
            texts, pictures = [await self._objects.count(of_source & kind.equal(one)) for one in ("text", "picture")]
        return Count(texts=texts, pictures=pictures)

    async def check(self) -> bool:
        """Make sure that the server answers, the way that searches ask; whether there is anything in a tenant."""
        async with clear_errors(self._objects.url), asyncio.timeout(CHECK_SECONDS):
            if await self._objects.page(SHARED, None, 1, properties=("kind",)):
                return True
            for tenant in await self._objects.tenants():
                if await self._objects.page(tenant, None, 1, properties=("kind",)):
                    return True
        return False

    async def close(self) -> None:
        """Let go of the connections."""
        await self._objects.client.close()


async def _prepare(objects: Objects, wanted: Notes) -> None:
    """Let the alias stand for a collection of this version and encoder."""
    collection = await objects.target()
    if not collection:
        collection = next_name("", objects.alias)
        await objects.make(collection, wanted)
        try:
            await objects.client.alias.create(alias_name=objects.alias, target_collection=collection)
        except Exception:
            if not await objects.target():  # another process was no faster
                raise
        collection = await objects.target()
    notes = await objects.notes_of(collection)
    check_encoder(notes, wanted.encoder, objects.alias)
    objects.options = objects.options.model_copy(update={"tokenizer": notes.tokenizer})
    if notes.lorelens < SCHEMA_VERSION:
        newer = notes.model_copy(update={"lorelens": SCHEMA_VERSION})
        await move(objects, newer, images=True)
    await remove_left(objects, collection)


def _document(source: str, path: str) -> Any:
    return Filter.by_property("source").equal(token(source)) & Filter.by_property("path").equal(token(path))


def _again(one: Any, passage: Passage, notes: Notes) -> DataObject[Any, Any]:
    """An object with another passage and the vectors it has."""
    vector = {name: list(values) for name in (TEXT, IMAGE) if (values := vector_of(one, name))}
    properties = properties_of(passage, words=notes.tokenizer != "terms")
    return DataObject(properties=properties, uuid=one.uuid, vector=vector or None)


def _readable_by(one: Any, audience: Sequence[str], notes: Notes) -> DataObject[Any, Any]:
    return _again(one, passage_of(one).model_copy(update={"audience": tuple(audience)}), notes)
