"""A Weaviate server on loopback: REST and gRPC on the wire, exact search, faults on demand.

The real, unmodified weaviate-client 4.23 connects to it, async or sync:

    async with WeaviateEmulator(api_key=None, tokenizers=(), version="1.34.0") as server:
        client = weaviate.use_async_with_custom(**server.connect_with)   # or read server.http_url, .grpc_address
        async with client: ...

**Ours, not Weaviate's.** It is written after the documentation and what the server says in public; where the two left
a doubt, it is the stricter one: unknown properties are refused (as with AUTOSCHEMA_ENABLED=false). Nothing is kept on
disk. Search by vectors is exact (a real HNSW index is approximate); GSE and Kagome have no dictionaries here and cut
pairs of characters; references, objects within objects, modules, offloading and BatchStream are not there.

    server.http_url         "http://127.0.0.1:PORT"
    server.grpc_address     "127.0.0.1:PORT"
    server.connect_with     the arguments of weaviate.use_async_with_custom and connect_to_custom (`skip_init_checks`
                            keeps the client from asking PyPI for its newest version)
    server.database         what it holds (database.py): collections, aliases, shards
    server.calls            every call that was made, oldest first (faults.Call)
    server.faults           what goes wrong on demand (faults.py):
        .add("Search" | "BatchObjects" | "BatchDelete" | "Aggregate" | "TenantsGet" | "Health" | "POST /v1/sch" | "*",
             "unavailable" | "deadline" | "404" | "429" | "500" | "503" | "reset" | "hang" | "slow",
             count=, skip=, seconds=, done_before=)
        .fail_objects(count, reason, uuids=)   single objects of a batch
        .ready = False                         /v1/.well-known/ready answers 503
        .clear()
    async with server.away(): ...   nothing listens: connections are refused; then it is back with all it held
"""

from tests.weaviate_emulator.emulator import WeaviateEmulator
from tests.weaviate_emulator.faults import Call, Fault, Faults

__all__ = ["Call", "Fault", "Faults", "WeaviateEmulator"]
