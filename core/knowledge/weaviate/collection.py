"""The passages in a Weaviate server as objects: what one call reads or writes, in which tenants, and under which name.

Searches go by the alias, so that they never miss a beat when another collection takes its place; all else goes by the
name of the collection that the alias stands for, looked up each time.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from weaviate.classes.config import ConsistencyLevel
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter
from weaviate.exceptions import UnexpectedStatusCodeError, WeaviateInsertManyAllFailedError

from core.errors import IndexUnavailableError
from core.knowledge.weaviate.errors import WRITE_SECONDS, clear_errors, patiently
from core.knowledge.weaviate.rows import IMAGE, TEXT
from core.knowledge.weaviate.schema import CollectionOptions, Notes, create_collection, read_notes
from core.knowledge.weaviate.tenants import SHARED

OBJECTS_AT_ONCE = 100
"""Objects in one call that writes: some hundred kilobytes with their vectors."""
MOST = 10_000
"""As many as a query may answer (QUERY_MAXIMUM_RESULTS), and one call may delete."""
VECTORS = [TEXT, IMAGE]


class Objects:
    """The objects of one Lorelens in a server; `alias` is what its collection is called."""

    def __init__(self, client: Any, url: str, alias: str, options: CollectionOptions) -> None:
        self.client = client
        self.url = url
        self.alias = alias
        self.options = options
        self._known: frozenset[str] = frozenset()

    async def target(self) -> str:
        """The collection that the alias stands for; empty if there is none."""
        found = await patiently(lambda: self.client.alias.get(alias_name=self.alias))
        return str(found.collection) if found is not None else ""

    async def notes(self) -> tuple[str, Notes]:
        """The collection that the alias stands for, and what is noted of it."""
        name = await self.target()
        return name, await self.notes_of(name)

    async def notes_of(self, collection: str) -> Notes:
        """What is noted of a collection."""
        config = await patiently(lambda: self.client.collections.use(collection).config.get(simple=True))
        return read_notes(config.description, collection)

    async def note(self, collection: str, notes: Notes) -> None:
        """Note something else of a collection."""
        settings = self.client.collections.use(collection).config
        await patiently(lambda: settings.update(description=notes.model_dump_json()))

    async def make(self, collection: str, notes: Notes) -> None:
        """Make a collection with its shared tenant; another process may make it at the same moment."""
        try:
            await create_collection(self.client, collection, notes, self.options)
        except UnexpectedStatusCodeError:
            if not await self.client.collections.exists(collection):
                raise
        await self.add_tenant(collection, SHARED)

    async def add_tenant(self, collection: str, tenant: str) -> None:
        """Make a tenant, if it is not there yet."""
        tenants = self.client.collections.use(collection).tenants
        if tenant not in await patiently(tenants.get):
            try:
                await tenants.create(tenant)
            except UnexpectedStatusCodeError:
                if tenant not in await patiently(tenants.get):
                    raise

    async def tenants(self, collection: str = "") -> list[str]:
        """The tenants of a collection, by name; of that which the alias stands for, if none is named."""
        name = collection or await self.target()
        found = sorted(await patiently(self.client.collections.use(name).tenants.get))
        if not collection:
            self._known = frozenset(found)
        return found

    async def existing(self, wanted: Iterable[str]) -> list[str]:
        """Those of the tenants that there are. They are never removed, so they are only asked for when one lacks."""
        names = frozenset(wanted)
        if not names <= self._known:
            await self.tenants()
        return sorted(names & self._known)

    def of(self, tenant: str, collection: str = "") -> Any:
        """A collection in one tenant, by its own name or the alias; read and written by a majority of its replicas."""
        found = self.client.collections.use(collection or self.alias).with_tenant(tenant)
        return found.with_consistency_level(ConsistencyLevel.QUORUM) if self.options.replicas > 1 else found

    async def matching(
        self, tenants: Sequence[str], where: Any, *, vectors: bool = False, limit: int = MOST
    ) -> list[tuple[str, Any]]:
        """Objects that a filter matches, each with its tenant."""

        async def of(tenant: str) -> list[tuple[str, Any]]:
            query = self.of(tenant).query
            found = await patiently(
                lambda: query.fetch_objects(filters=where, limit=limit, include_vector=VECTORS if vectors else False)
            )
            return [(tenant, one) for one in found.objects]

        return [pair for pairs in await asyncio.gather(*map(of, tenants)) for pair in pairs]

    async def count(self, where: Any) -> int:
        """How many objects a filter matches, in all tenants."""

        async def of(tenant: str) -> int:
            objects = self.of(tenant).aggregate
            return (await patiently(lambda: objects.over_all(filters=where, total_count=True))).total_count or 0

        return sum(await asyncio.gather(*map(of, await self.tenants())))

    async def page(
        self, tenant: str, after: UUID | None, limit: int, *, collection: str = "", properties: Sequence[str] = ()
    ) -> list[Any]:
        """Objects of a tenant in the order of their UUIDs; with `properties`, those alone and no vectors."""
        query = self.of(tenant, collection).query
        found = await patiently(
            lambda: query.fetch_objects(
                limit=limit,
                after=after,
                include_vector=False if properties else VECTORS,
                return_properties=list(properties) or None,
            )
        )
        return list(found.objects)

    async def insert(self, collection: str, tenant: str, objects: Sequence[DataObject[Any, Any]]) -> None:
        """Write objects, replacing those with the same UUID. Raises `IndexUnavailableError` if one of them failed."""
        data = self.of(tenant, collection).data
        for first in range(0, len(objects), OBJECTS_AT_ONCE):
            some = objects[first : first + OBJECTS_AT_ONCE]
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    written = await data.insert_many(some)
            except WeaviateInsertManyAllFailedError as error:
                raise self._not_taken(len(some), len(some), error.message) from error
            if written.has_errors:
                reason = next(iter(written.errors.values())).message
                raise self._not_taken(len(written.errors), len(some), reason)

    def _not_taken(self, failed: int, sent: int, reason: str) -> IndexUnavailableError:
        return IndexUnavailableError(
            f"Weaviate at {self.url} did not take {failed} of {sent} passages: {reason[:300]}",
            hint="Run it again when that is mended; nothing that was written is lost.",
        )

    async def delete(self, collection: str, tenant: str, where: Any) -> int:
        """Delete what a filter matches, as many at a time as the server does; answer how many went."""
        data, gone = self.of(tenant, collection).data, 0
        while True:
            result = await patiently(lambda: data.delete_many(where), WRITE_SECONDS)
            gone += result.successful
            if result.failed:
                raise IndexUnavailableError(
                    f"Weaviate at {self.url} did not delete {result.failed} of {result.matches} passages.",
                    hint="Run it again; what was deleted stays deleted.",
                )
            if not result.successful:
                return gone

    async def delete_objects(self, collection: str, tenant: str, uuids: Sequence[UUID]) -> int:
        """Delete objects by UUID; answer how many there were."""
        gone = 0
        for first in range(0, len(uuids), OBJECTS_AT_ONCE):
            some = uuids[first : first + OBJECTS_AT_ONCE]
            gone += await self.delete(collection, tenant, Filter.by_id().contains_any(some))
        return gone

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[tuple[str, Notes]]:
        """The collection to write to, with its notes. What was written while another took its place is not done.

        Raises:
            IndexUnavailableError: another collection is about to take its place.
        """
        async with clear_errors(self.url):
            name, notes = await self.notes()
            self._refuse_while_moving(notes)
            yield name, notes
            after, notes = await self.notes()
            if after != name or notes.moving:
                self._refuse_while_moving(notes.model_copy(update={"moving": after}))

    def _refuse_while_moving(self, notes: Notes) -> None:
        if notes.moving:
            raise IndexUnavailableError(
                f"The knowledge in Weaviate at {self.url} is being moved to the collection {notes.moving}.",
                hint="Questions are answered as before. Run this again in a while; if nobody moves it any more, "
                "`lorelens ingest` goes on with it.",
            )
