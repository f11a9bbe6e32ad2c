"""REST for single objects: made, read, replaced, merged, deleted; and lists of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from aiohttp import web

from tests.weaviate_emulator import objects
from tests.weaviate_emulator.database import Collection, Database
from tests.weaviate_emulator.faults import Faults
from tests.weaviate_emulator.names import object_id
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.rest_schema import body
from tests.weaviate_emulator.schema import Json
from tests.weaviate_emulator.shards import Stored, Vector

DEFAULT_LIMIT = 10


def add_routes(app: web.Application, database: Database, faults: Faults) -> None:
    """Add what works on single objects."""
    _add_writing(app, database)
    _add_reading(app, database)
    _add_batch(app, database, faults)


def _vectors(wanted: Json) -> dict[str, Vector]:
    named: Mapping[str, Any] = wanted.get("vectors") or {}
    found = {name: np.asarray(vector, np.float32) for name, vector in named.items()}
    if wanted.get("vector"):
        found[""] = np.asarray(wanted["vector"], np.float32)
    return found


def _shown(collection: Collection, tenant: str, stored: Stored) -> Json:
    shown: Json = {
        "class": collection.name,
        "id": stored.uuid,
        "properties": dict(stored.properties),
        "creationTimeUnix": stored.created,
        "lastUpdateTimeUnix": stored.updated,
        "vectors": {name: vector.tolist() for name, vector in stored.vectors.items() if name},
    }
    if "" in stored.vectors:
        shown["vector"] = stored.vectors[""].tolist()
    if tenant:
        shown["tenant"] = tenant
    return shown


def _place(database: Database, request: web.Request) -> tuple[Collection, str, str]:
    collection = database.resolve(request.match_info["name"])
    return collection, request.query.get("tenant", ""), object_id(request.match_info["uuid"])


def _add_writing(app: web.Application, database: Database) -> None:
    async def create(request: web.Request) -> web.Response:
        wanted: Json = await body(request)
        collection, tenant = database.resolve(wanted["class"]), wanted.get("tenant", "")
        uuid = object_id(wanted["id"])
        if uuid in collection.writing(tenant).objects:
            raise RefusedError(f"id '{uuid}' already exists")
        objects.put(collection, tenant, uuid, wanted.get("properties") or {}, _vectors(wanted))
        return web.json_response(_shown(collection, tenant, collection.reading(tenant).objects[uuid]))

    async def replace(request: web.Request) -> web.Response:
        wanted: Json = await body(request)
        collection = database.resolve(request.match_info["name"])
        tenant, uuid = wanted.get("tenant", ""), object_id(request.match_info["uuid"])
        if uuid not in collection.writing(tenant).objects:
            raise RefusedError(f"no object with id '{uuid}'")
        objects.put(collection, tenant, uuid, wanted.get("properties") or {}, _vectors(wanted))
        return web.json_response(_shown(collection, tenant, collection.reading(tenant).objects[uuid]))

    async def merge(request: web.Request) -> web.Response:
        wanted: Json = await body(request)
        collection = database.resolve(request.match_info["name"])
        tenant, uuid = wanted.get("tenant", ""), object_id(request.match_info["uuid"])
        stored = collection.writing(tenant).objects.get(uuid)
        if stored is None:
            return web.Response(status=404)
        objects.merge(collection, tenant, stored, wanted.get("properties") or {}, _vectors(wanted))
        return web.Response(status=204)

    async def delete(request: web.Request) -> web.Response:
        collection, tenant, uuid = _place(database, request)
        return web.Response(status=204 if collection.reading(tenant).delete(uuid) else 404)

    app.router.add_post("/v1/objects", create)
    app.router.add_put("/v1/objects/{name}/{uuid}", replace)
    app.router.add_patch("/v1/objects/{name}/{uuid}", merge)
    app.router.add_delete("/v1/objects/{name}/{uuid}", delete)


def _add_reading(app: web.Application, database: Database) -> None:
    async def exists(request: web.Request) -> web.Response:
        collection, tenant, uuid = _place(database, request)
        return web.Response(status=204 if uuid in collection.reading(tenant).objects else 404)

    async def one(request: web.Request) -> web.Response:
        collection, tenant, uuid = _place(database, request)
        stored = collection.reading(tenant).objects.get(uuid)
        if stored is None:
            return web.Response(status=404)
        return web.json_response(_shown(collection, tenant, stored))

    async def every(request: web.Request) -> web.Response:
        collection, tenant = database.resolve(request.query.get("class", "")), request.query.get("tenant", "")
        after, limit = request.query.get("after", ""), int(request.query.get("limit", DEFAULT_LIMIT))
        page = [stored for stored in collection.reading(tenant).ordered() if stored.uuid > after][:limit]
        shown = [_shown(collection, tenant, stored) for stored in page]
        return web.json_response({"objects": shown, "totalResults": len(shown), "deprecations": None})

    app.router.add_head("/v1/objects/{name}/{uuid}", exists)
    app.router.add_route("GET", "/v1/objects/{name}/{uuid}", one)
    app.router.add_route("GET", "/v1/objects", every)


def _add_batch(app: web.Application, database: Database, faults: Faults) -> None:
    def put(wanted: Json) -> Json:
        try:
            collection = database.resolve(wanted["class"])
            if reason := faults.object_fails(wanted["id"]):
                raise RefusedError(reason)
            tenant = wanted.get("tenant", "")
            objects.put(collection, tenant, wanted["id"], wanted.get("properties") or {}, _vectors(wanted))
        except RefusedError as refused:
            return {**wanted, "result": {"status": "FAILED", "errors": {"error": [{"message": refused.message}]}}}
        now = datetime.now(UTC).isoformat()
        return {**wanted, "lastUpdateTime": now, "result": {"status": "SUCCESS"}}

    async def batch(request: web.Request) -> web.Response:
        return web.json_response([put(each) for each in (await body(request))["objects"]])

    app.router.add_post("/v1/batch/objects", batch)
