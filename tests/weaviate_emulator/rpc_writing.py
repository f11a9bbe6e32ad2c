"""gRPC for what changes objects: batches, deletions by filter; and the list of tenants."""

from typing import Any
from uuid import UUID

import numpy as np
from weaviate.proto.v1 import batch_delete_pb2, batch_pb2, tenants_pb2

from tests.weaviate_emulator import objects
from tests.weaviate_emulator.database import Database
from tests.weaviate_emulator.faults import Faults
from tests.weaviate_emulator.filters import matching
from tests.weaviate_emulator.names import object_id
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.shards import Vector

MAXIMUM_RESULTS = 10_000
"""QUERY_MAXIMUM_RESULTS: how many objects one deletion takes, and how deep a search goes."""
WRITES: Any = batch_pb2
DELETES: Any = batch_delete_pb2
TENANTS: Any = tenants_pb2


def batch_objects(database: Database, faults: Faults, request: Any) -> Any:
    """Keep a batch, object by object: what fails is named by its place in the batch, the others are kept."""
    errors: list[Any] = []
    for index, wanted in enumerate(request.objects):
        try:
            collection = database.resolve(wanted.collection)
            uuid = object_id(wanted.uuid)
            if reason := faults.object_fails(uuid):
                raise RefusedError(reason)
            objects.put(collection, wanted.tenant, uuid, _properties(wanted.properties), _vectors(wanted))
        except RefusedError as refused:
            errors.append(WRITES.BatchObjectsReply.BatchError(index=index, error=refused.message))
    return WRITES.BatchObjectsReply(took=0.001, errors=errors)


def batch_delete(database: Database, request: Any) -> Any:
    """Delete what a filter matches, 10,000 objects at most; see "Delete objects: Delete multiple objects".

    `matches` counts all that match, however many of them go.
    """
    collection = database.resolve(request.collection)
    if not request.HasField("filters"):
        raise RefusedError("no filters in batch delete request")
    shard = collection.reading(request.tenant)
    matches = matching(collection.definition, shard.ordered(), request.filters)
    found = matches[:MAXIMUM_RESULTS]
    if not request.dry_run:
        for stored in found:
            shard.delete(stored.uuid)
    shown = [DELETES.BatchDeleteObject(uuid=UUID(stored.uuid).bytes, successful=True) for stored in found]
    return DELETES.BatchDeleteReply(
        took=0.001,
        failed=0,
        matches=len(matches),
        successful=len(found),
        objects=shown if request.verbose else [],
    )


def tenants(database: Database, request: Any) -> Any:
    """The tenants of a collection, all or those asked for that are there."""
    collection = database.own(request.collection)
    if not collection.definition.multi_tenant:
        raise RefusedError(f'multi-tenancy is not enabled for class "{collection.name}"')
    names = sorted(collection.statuses)
    if request.HasField("names"):
        names = [name for name in names if name in set(request.names.values)]
    statuses = {
        "ACTIVE": TENANTS.TENANT_ACTIVITY_STATUS_ACTIVE,
        "INACTIVE": TENANTS.TENANT_ACTIVITY_STATUS_INACTIVE,
    }
    shown = [TENANTS.Tenant(name=name, activity_status=statuses[collection.statuses[name]]) for name in names]
    return TENANTS.TenantsGetReply(took=0.001, tenants=shown)


def _vectors(wanted: Any) -> dict[str, Vector]:
    found: dict[str, Vector] = {}
    for each in wanted.vectors:
        if each.type == 2:
            raise RefusedError(f"vector {each.name}: multi vectors are not configured")
        found[each.name] = np.frombuffer(each.vector_bytes, np.float32).copy()
    if wanted.vector_bytes:
        found[""] = np.frombuffer(wanted.vector_bytes, np.float32).copy()
    return found


def _properties(wanted: Any) -> dict[str, Any]:
    if wanted.single_target_ref_props or wanted.multi_target_ref_props:
        raise RefusedError("references are not emulated")
    if wanted.object_properties or wanted.object_array_properties:
        raise RefusedError("objects within objects are not emulated")
    found: dict[str, Any] = {name: _plain(value) for name, value in wanted.non_ref_properties.fields.items()}
    for each in (*wanted.text_array_properties, *wanted.int_array_properties, *wanted.boolean_array_properties):
        found[each.prop_name] = list(each.values)
    for each in wanted.number_array_properties:
        packed = np.frombuffer(each.values_bytes, np.float64).tolist()
        found[each.prop_name] = packed or list(each.values)
    return found | {name: [] for name in wanted.empty_list_props}


def _plain(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "null_value":
            return None
        case "struct_value" | "list_value":
            raise RefusedError("objects within objects are not emulated")
        case kind:
            return getattr(value, kind)
