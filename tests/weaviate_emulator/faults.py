"""What goes wrong on demand, and what was asked of the server."""

import asyncio
from dataclasses import dataclass, field

import grpc

CODES = {
    "unavailable": grpc.StatusCode.UNAVAILABLE,
    "reset": grpc.StatusCode.UNAVAILABLE,
    "503": grpc.StatusCode.UNAVAILABLE,
    "deadline": grpc.StatusCode.DEADLINE_EXCEEDED,
    "404": grpc.StatusCode.NOT_FOUND,
    "429": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "500": grpc.StatusCode.INTERNAL,
}
STATUSES = {"unavailable": 503, "503": 503, "deadline": 504, "404": 404, "429": 429, "500": 500}
KINDS = (*CODES, "hang", "slow")


@dataclass(frozen=True)
class Call:
    """One call: `name` is an RPC ("Search") or "METHOD /v1/path"; of which collection and tenant, where it says."""

    name: str
    collection: str = ""
    tenant: str = ""
    objects: int = 0


@dataclass(eq=False)
class Fault:
    """One fault, for `count` calls whose name is or begins with `call` ("*": all); see `Faults.add`."""

    call: str
    kind: str
    count: int
    skip: int = 0
    seconds: float = 0.0
    done_before: bool = False
    hits: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first call meets the fault."""


@dataclass(eq=False)
class FailingObjects:
    """The next `count` objects of batches that fail, each with `reason`; only `uuids` where there are some."""

    count: int
    reason: str
    uuids: frozenset[str]


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self.ready = True
        """Whether /v1/.well-known/ready says so."""
        self._faults: list[Fault] = []
        self._objects: list[FailingObjects] = []
        self.released = asyncio.Event()
        """Set when what hangs may end: when faults are cleared and when the server stops."""

    def add(
        self, call: str, kind: str, *, count: int = 1, skip: int = 0, seconds: float = 0.0, done_before: bool = False
    ) -> Fault:
        """Let calls go wrong.

        Kinds: "unavailable", "deadline", "404", "429", "500", "503": that status, in REST and in gRPC; "reset": the
        connection ends (gRPC sees UNAVAILABLE); "hang": no answer until `clear`; "slow": an answer after `seconds`.
        `skip`: how many calls go well before. `done_before`: the server does what it is asked for, then it goes wrong.
        """
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        fault = Fault(call, kind, count, skip, seconds, done_before)
        self._faults.append(fault)
        return fault

    def fail_objects(self, count: int = 1, reason: str = "shard is read-only", *, uuids: frozenset[str] = frozenset()):
        """Let single objects of batches fail, while the batch itself is answered."""
        self._objects.append(FailingObjects(count, reason, uuids))

    def clear(self) -> None:
        """Let nothing go wrong any more, and let go what hangs."""
        self._faults.clear()
        self._objects.clear()
        self.ready = True
        self.released.set()
        self.released = asyncio.Event()

    def next(self, call: str) -> Fault | None:
        """The fault that this call meets."""
        for fault in self._faults:
            if fault.call != "*" and not call.startswith(fault.call):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.hits < fault.count:
                fault.hits += 1
                fault.met.set()
                return fault
        return None

    def object_fails(self, uuid: str) -> str:
        """Why this object of a batch fails, or "" where it does not."""
        for failing in self._objects:
            if failing.count > 0 and (not failing.uuids or uuid in failing.uuids):
                failing.count -= 1
                return failing.reason
        return ""
