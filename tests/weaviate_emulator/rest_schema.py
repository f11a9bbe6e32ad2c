"""REST for definitions: collections, their properties and tenants, aliases, and the state of the nodes."""

from copy import deepcopy
from typing import Any

from aiohttp import web

from tests.weaviate_emulator import schema
from tests.weaviate_emulator.database import Collection, Database
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Json

MAX_TENANTS = 100
"""How many tenants may be changed in one call."""


async def body(request: web.Request) -> Any:
    """The JSON of a request."""
    try:
        return await request.json()
    except ValueError as bad:
        raise RefusedError(f"parsing body body from failed, because {bad}", 400) from None


def add_routes(app: web.Application, database: Database) -> None:
    """Add what changes and shows definitions."""
    _add_collections(app, database)
    _add_tenants(app, database)
    _add_aliases(app, database)


def nodes(database: Database, version: str) -> Json:
    """What /v1/nodes answers: one healthy node."""
    objects = sum(len(shard.objects) for each in database.collections.values() for shard in each.shards.values())
    shards = sum(len(each.shards) for each in database.collections.values())
    node: Json = {
        "name": "node1",
        "status": "HEALTHY",
        "version": version,
        "gitHash": "0000000",
        "stats": {"objectCount": objects, "shardCount": shards},
        "batchStats": {"queueLength": 0, "ratePerSecond": 0},
        "shards": None,
    }
    return {"nodes": [node]}


def _found(database: Database, request: web.Request) -> Collection:
    """By its own name: aliases stand for collections where objects are read and written, and nowhere else."""
    return database.own(request.match_info["name"])


def _add_collections(app: web.Application, database: Database) -> None:
    async def every(_: web.Request) -> web.Response:
        return web.json_response({"classes": [each.definition.json for each in database.collections.values()]})

    async def create(request: web.Request) -> web.Response:
        return web.json_response(database.create(await body(request)).definition.json)

    async def one(request: web.Request) -> web.Response:
        try:
            return web.json_response(_found(database, request).definition.json)
        except RefusedError:
            return web.Response(status=404)

    async def change(request: web.Request) -> web.Response:
        collection = _found(database, request)
        collection.definition = schema.change(collection.definition, await body(request), database.tokenizers)
        return web.json_response(collection.definition.json)

    async def drop(request: web.Request) -> web.Response:
        database.drop(request.match_info["name"])
        return web.Response()

    async def add_property(request: web.Request) -> web.Response:
        collection = _found(database, request)
        prop = schema.fill_property(await body(request), database.tokenizers)
        if prop["name"].lower() in {name.lower() for name in collection.definition.properties}:
            raise RefusedError(
                f"class {collection.name}: conflict for property {prop['name']!r}: "
                "already in use or provided multiple times"
            )
        json = deepcopy(collection.definition.json)
        json["properties"].append(prop)
        collection.definition = schema.read(json)
        return web.json_response(prop)

    async def shards(request: web.Request) -> web.Response:
        names = list(_found(database, request).shards)
        return web.json_response([{"name": name or "shard", "status": "READY", "vectorQueueSize": 0} for name in names])

    app.router.add_get("/v1/schema", every)
    app.router.add_post("/v1/schema", create)
    app.router.add_get("/v1/schema/{name}", one)
    app.router.add_put("/v1/schema/{name}", change)
    app.router.add_delete("/v1/schema/{name}", drop)
    app.router.add_post("/v1/schema/{name}/properties", add_property)
    app.router.add_get("/v1/schema/{name}/shards", shards)


def _add_tenants(app: web.Application, database: Database) -> None:
    def shown(collection: Collection, tenant: str) -> Json:
        return {"name": tenant, "activityStatus": collection.statuses[tenant]}

    async def every(request: web.Request) -> web.Response:
        collection = _found(database, request)
        return web.json_response([shown(collection, each) for each in sorted(collection.statuses)])

    async def add(request: web.Request) -> web.Response:
        collection = _found(database, request)
        wanted: list[Json] = await body(request)
        for each in wanted:
            collection.add_tenant(each["name"], each.get("activityStatus") or "ACTIVE")
        return web.json_response([shown(collection, each["name"]) for each in wanted])

    async def change(request: web.Request) -> web.Response:
        collection = _found(database, request)
        wanted: list[Json] = await body(request)
        if len(wanted) > MAX_TENANTS:
            raise RefusedError(f"maximum number of tenants allowed to be updated simultaneously is {MAX_TENANTS}")
        for each in wanted:
            collection.set_status(each["name"], each["activityStatus"])
        return web.json_response([shown(collection, each["name"]) for each in wanted])

    async def drop(request: web.Request) -> web.Response:
        collection = _found(database, request)
        for name in await body(request):
            collection.drop_tenant(name)
        return web.Response()

    async def one(request: web.Request) -> web.Response:
        collection = _found(database, request)
        tenant = request.match_info["tenant"]
        if tenant not in collection.statuses:
            raise RefusedError(f'tenant not found: "{tenant}"', 404)
        return web.json_response(shown(collection, tenant))

    app.router.add_get("/v1/schema/{name}/tenants", every)
    app.router.add_post("/v1/schema/{name}/tenants", add)
    app.router.add_put("/v1/schema/{name}/tenants", change)
    app.router.add_delete("/v1/schema/{name}/tenants", drop)
    app.router.add_get("/v1/schema/{name}/tenants/{tenant}", one)


def _add_aliases(app: web.Application, database: Database) -> None:
    async def every(request: web.Request) -> web.Response:
        of = request.query.get("class", "")
        shown = [{"alias": key, "class": value} for key, value in database.aliases.items() if of in ("", value)]
        return web.json_response({"aliases": shown})

    async def create(request: web.Request) -> web.Response:
        wanted: Json = await body(request)
        return web.json_response(database.create_alias(wanted["alias"], wanted["class"]))

    async def one(request: web.Request) -> web.Response:
        return web.json_response(database.alias(request.match_info["name"]))

    async def point(request: web.Request) -> web.Response:
        wanted: Json = await body(request)
        return web.json_response(database.point(request.match_info["name"], wanted["class"]))

    async def drop(request: web.Request) -> web.Response:
        database.drop_alias(request.match_info["name"])
        return web.Response(status=204)

    app.router.add_get("/v1/aliases", every)
    app.router.add_post("/v1/aliases", create)
    app.router.add_get("/v1/aliases/{name}", one)
    app.router.add_put("/v1/aliases/{name}", point)
    app.router.add_delete("/v1/aliases/{name}", drop)
