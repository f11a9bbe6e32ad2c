"""gRPC on the wire: the five calls that the client makes and its health check, with keys, faults and the record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Never

import grpc
import grpc.aio
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
from tests.weaviate_emulator.refusals import Refused

if TYPE_CHECKING:
    from tests.weaviate_emulator.emulator import WeaviateEmulator

# The stubs of protobuf are generated, and partly untyped: messages are Any from here on.
Message = Any
Work = Callable[[Message], Message]


def handlers(server: WeaviateEmulator) -> tuple[grpc.GenericRpcHandler, ...]:
    """All of gRPC, for a grpc.aio server."""
    database = server.database
    pb: dict[str, Any] = {
        "Search": (search_get_pb2.SearchRequest, lambda request: rpc_searching.search(database, request)),
        "BatchObjects": (
            batch_pb2.BatchObjectsRequest,
            lambda request: rpc_writing.batch_objects(database, server.faults, request),
        ),
        "BatchDelete": (
            batch_delete_pb2.BatchDeleteRequest,
            lambda request: rpc_writing.batch_delete(database, request),
        ),
        "Aggregate": (
            aggregate_pb2.AggregateRequest,
            lambda request: rpc_aggregating.aggregate(database, request),
        ),
        "TenantsGet": (tenants_pb2.TenantsGetRequest, lambda request: rpc_writing.tenants(database, request)),
    }
    methods = {name: _method(server, name, message, work) for name, (message, work) in pb.items()}

    def health(_: Message) -> Message:
        serving: Any = health_weaviate_pb2.WeaviateHealthCheckResponse
        return serving(status=serving.SERVING)

    check = _method(server, "Health", health_weaviate_pb2.WeaviateHealthCheckRequest, health)
    return (
        grpc.method_handlers_generic_handler("weaviate.v1.Weaviate", methods),
        grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check}),
    )


def _method(server: WeaviateEmulator, name: str, message: Any, work: Work) -> grpc.RpcMethodHandler:
    async def answer(request: Message, context: Any) -> Message:
        server.calls.append(_call(name, request))
        fault = server.faults.next(name)
        if fault is not None and not fault.done_before:
            await _meet(server, context, fault)
        reply = await _checked(server, name, request, context, work)
        if fault is not None and fault.done_before:
            await _meet(server, context, fault)
        return reply

    handler: Callable[[Message, Any], Awaitable[Message]] = answer
    return grpc.unary_unary_rpc_method_handler(
        handler,  # pyright: ignore[reportArgumentType]  (typed for threads; grpc.aio takes coroutines)
        request_deserializer=message.FromString,
        response_serializer=lambda reply: reply.SerializeToString(),
    )


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
    except Refused as refused:
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
