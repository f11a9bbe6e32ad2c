"""gRPC on the wire: the five calls that the client makes and its health check, with keys, faults and the record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Never

import grpc
from weaviate.proto.v1 import (
    aggregate_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    search_get_pb2,
    tenants_pb2,
)

from tests.weaviate_emulator import rpc_aggregating, rpc_searching, rpc_writing
from tests.weaviate_emulator.faults import CODES, Call, Fault
from tests.weaviate_emulator.refusals import RefusedError

if TYPE_CHECKING:
    from tests.weaviate_emulator.emulator import WeaviateEmulator

# The stubs of protobuf are generated, and partly untyped: messages are Any from here on.
Message = Any
Work = Callable[[Message], Message]


def handlers(server: WeaviateEmulator) -> tuple[grpc.GenericRpcHandler, ...]:
    """All of gRPC, for a grpc.aio server."""
    database = server.database
    faults = server.faults

    def batch_objects(request: Message) -> Message:
        return rpc_writing.batch_objects(database, faults, request)

    works: dict[str, tuple[Any, Work]] = {
        "Search": (search_get_pb2.SearchRequest, partial(rpc_searching.search, database)),
        "BatchObjects": (batch_pb2.BatchObjectsRequest, batch_objects),
        "BatchDelete": (batch_delete_pb2.BatchDeleteRequest, partial(rpc_writing.batch_delete, database)),
        "Aggregate": (aggregate_pb2.AggregateRequest, partial(rpc_aggregating.aggregate, database)),
        "TenantsGet": (tenants_pb2.TenantsGetRequest, partial(rpc_writing.tenants, database)),
    }
    methods = {name: _method(server, name, message, work) for name, (message, work) in works.items()}

    def health(_: Message) -> Message:
        serving: Any = health_weaviate_pb2.WeaviateHealthCheckResponse
        return serving(status=serving.SERVING)

    check = _method(server, "Health", health_weaviate_pb2.WeaviateHealthCheckRequest, health)
    return (
        grpc.method_handlers_generic_handler("weaviate.v1.Weaviate", methods),
        grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check}),
    )


def _method(server: WeaviateEmulator, name: str, message: Any, work: Work) -> grpc.RpcMethodHandler[Message, Message]:
    async def answer(request: Message, context: Any) -> Message:
        server.calls.append(_call(name, request))
        fault = server.faults.next(name)
        if fault is not None and not fault.done_before:
            await _meet(server, context, fault)
        reply = await _checked(server, name, request, context, work)
        if fault is not None and fault.done_before:
            await _meet(server, context, fault)
        return reply

    def serialized(reply: Message) -> bytes:
        return reply.SerializeToString()

    # Typed for a server of threads; grpc.aio's server takes coroutines.
    handler: Any = answer
    return grpc.unary_unary_rpc_method_handler(handler, message.FromString, serialized)


def _call(name: str, request: Message) -> Call:
    if name == "BatchObjects":
        first = request.objects[0] if request.objects else None
        return Call(name, first.collection if first else "", first.tenant if first else "", len(request.objects))
    return Call(name, getattr(request, "collection", ""), getattr(request, "tenant", ""))


async def _checked(server: WeaviateEmulator, name: str, request: Message, context: Any, work: Work) -> Message:
    if server.api_key is not None and name != "Health":
        metadata: dict[str, str] = {key: value for key, value in context.invocation_metadata() or ()}
        if "authorization" not in metadata:
            await _refuse(context, grpc.StatusCode.UNAUTHENTICATED, "extract auth: unauthorized: no auth header")
        if metadata["authorization"] != f"Bearer {server.api_key}":
            await _refuse(context, grpc.StatusCode.UNAUTHENTICATED, "extract auth: unauthorized: invalid api key")
    try:
        return work(request)
    except RefusedError as refused:
        await _refuse(context, refused.code, refused.message)


async def _refuse(context: Any, code: grpc.StatusCode, message: str) -> Never:
    await context.abort(code, message)
    raise AssertionError("abort raises")


async def _meet(server: WeaviateEmulator, context: Any, fault: Fault) -> None:
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "hang":
        await server.faults.released.wait()
    else:
        await _refuse(context, CODES[fault.kind], "Socket closed" if fault.kind == "reset" else "as was asked for")
