"""A Redis Cluster of three nodes on loopback, for tests: started in a folder, gone with its block."""

import random
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from core.redis_server import choose_binary

NODES = 3
SLOTS = 16_384
BUS = 10_000
"""A node's bus listens this many ports above the node."""


@contextmanager
def redis_cluster(folder: Path) -> Generator[str]:
    """The URL of a running cluster that keeps its files in `folder`."""
    ports = _free_ports()
    with ExitStack() as started:
        for port in ports:
            started.callback(_end, _start(folder / str(port), port))
        _form(ports)
        yield f"redis+cluster://127.0.0.1:{ports[0]}"


def _free_ports() -> list[int]:
    found: list[int] = []
    for port in random.sample(range(20_000, 50_000), 500):
        if _is_free(port) and _is_free(port + BUS):
            found.append(port)
        if len(found) == NODES:
            return found
    raise RuntimeError("no free ports for a cluster")


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    options = {"port": port, "bind": "127.0.0.1", "dir": folder, "cluster-enabled": "yes", "appendonly": "yes"}
    command = [
        str(choose_binary().path),
        *(str(word) for pair in options.items() for word in ("--" + pair[0], pair[1])),
    ]
    return subprocess.Popen([*command, "--save", "", "--logfile", str(folder / "log")])


def _end(node: subprocess.Popen[bytes]) -> None:
    node.kill()
    node.wait()


def _form(ports: Sequence[int]) -> None:
    # redis-py's commands carry no types.
    nodes: list[Any] = [Redis(port=port, decode_responses=True) for port in ports]
    share = SLOTS // NODES + 1
    for at, node in enumerate(nodes):
        _until(node.ping)
        node.execute_command("CLUSTER", "ADDSLOTS", *range(at * share, min(SLOTS, (at + 1) * share)))
        if at:
            nodes[0].execute_command("CLUSTER", "MEET", "127.0.0.1", ports[at])
    for node in nodes:
        _until(lambda node=node: _knows_all(node))
        node.close()


def _knows_all(node: Any) -> bool:
    state = node.cluster("info")
    return state["cluster_state"] == "ok" and state["cluster_known_nodes"] == str(NODES)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while True:
        with suppress(RedisError):
            if holds():
                return
        assert time.monotonic() < deadline, "the cluster did not come up"
        time.sleep(0.02)
