"""A client of the conversation store's Redis, embedded or by URL, and what Redis's errors mean to a person."""

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, RedisClusterException, RedisError, ResponseError

from core.conversation_keys import Command
from core.errors import SettingsError, StoreUnavailableError
from core.redis_server import EmbeddedRedis

_log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.0
ANSWER_TIMEOUT = 10.0
"""Seconds. Whoever blocks in Redis on purpose must ask for less, or for a client of its own."""
CONNECTIONS = 64
"""At most; who comes when all are busy waits for one, up to the time of an answer."""
CLUSTER_CONNECTIONS = 512
"""To each node of a cluster, where who comes when all are busy is refused."""
CLUSTER = "+cluster"
"""What the scheme of a cluster's URL ends in: redis+cluster://, rediss+cluster://. Any of its nodes will do."""

_PAUSE = 0.01

_MEANINGS = (
    ("OOM", "is out of memory", "Raise its maxmemory, or forget old conversations and pictures."),
    ("MISCONF", "can't write to its disk", "Make room on its disk, and see its log."),
    ("READONLY", "is a read-only replica", "Point LORELENS_REDIS_URL at the primary."),
    ("LOADING", "is still loading its data", "Try again in a moment."),
    ("MASTERDOWN", "is a replica without its primary", "Point LORELENS_REDIS_URL at the primary."),
    ("CLUSTERDOWN", "is a cluster that is down", "See the state of the cluster's nodes."),
    ("NOPERM", "does not allow this user what is needed", "Give the user all commands on keys lorelens:*."),
    ("NOAUTH", "asks for a password", "Put it into LORELENS_REDIS_URL: redis://user:password@host:port."),
    ("WRONGPASS", "does not accept the user and password", "Check them in LORELENS_REDIS_URL."),
)
"""The code of an error of Redis, what happened, and what the person can do. Within a script it stands in the text."""


_IS_IT_THERE = "Is it running, and reachable from here? Then try again."


class ConnectedRedis:
    """A client that answered a PING, and the embedded server behind it, if it is one. Answers come as bytes."""

    def __init__(self, client: "Redis | RedisCluster", where: str, embedded: EmbeddedRedis | None = None) -> None:
        self.client = client
        self.where = where
        self.embedded = embedded

    async def execute(self, *command: str | bytes | float) -> Any:
        """One command, and Redis's plain answer to it."""
        with self.errors():
            return cast(Any, await self.client.execute_command(*command))  # pyright: ignore[reportUnknownMemberType]

    async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """Commands sent together, not as one transaction, and the answers to them.

        The last is carried out after all others, also where they go to several nodes of a cluster.
        """
        if isinstance(self.client, RedisCluster) and len(commands) > 1:
            return [*await self._pipelined(commands[:-1]), await self.execute(*commands[-1])]
        return await self._pipelined(commands) if commands else []

    async def _pipelined(self, commands: Sequence[Command]) -> list[Any]:
        with self.errors():
            # A cluster's pipeline is no transaction unless it is asked for; there `False` is not taken.
            cluster = isinstance(self.client, RedisCluster)
            async with self.client.pipeline() if cluster else self.client.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
                # Not raised there: redis-py would put the command, and so what it carries, into the error's text.
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
            for answer in answers:
                if isinstance(answer, RedisError):
                    raise answer
        return answers

    async def erase(self) -> None:
        """Let what was deleted vanish from an embedded server's files too, where deletion only appends to them.

        Waits for it, since a server that ends meanwhile gives it up. A Redis by URL does this in its own time.
        """
        if self.embedded is None:
            return
        while not await self._begins_to_rewrite():
            await self._until_rewritten()  # what is under way may have begun before the deletion
        if await self._until_rewritten() != "ok":
            raise StoreUnavailableError(
                f"What was forgotten is still in the files of the {self.where}.", hint=self.embedded.advice()
            )

    async def _begins_to_rewrite(self) -> bool:
        with self.errors():
            try:
                await self.client.execute_command("BGREWRITEAOF")  # pyright: ignore[reportUnknownMemberType]
            except ResponseError as error:
                if "in progress" in str(error):
                    return False
                raise
        return True

    async def _until_rewritten(self) -> str:
        """Wait until the append-only file is not being rewritten; answer how the last time went."""
        while True:
            state = await self.execute("INFO", "persistence")
            if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
                return str(state["aof_last_bgrewrite_status"])
            await asyncio.sleep(_PAUSE)

    async def close(self) -> None:
        """Close the connections; an embedded server ends with its last user."""
        try:
            if isinstance(self.client, RedisCluster):
                await self.client.aclose()
            else:
                await self.client.aclose(close_connection_pool=True)
        finally:
            if self.embedded is not None:
                await self.embedded.stop()

    @contextmanager
    def errors(self) -> Generator[None]:
        """Turn what redis-py raises into a `StoreUnavailableError` that says what to do."""
        task = asyncio.current_task()
        cancelled_before = task.cancelling() if task is not None else 0
        try:
            yield
        except RedisError as error:
            cause = error.__cause__  # what goes wrong while connecting is wrapped
            if isinstance(cause, StoreUnavailableError):
                raise cause from error
            raise _meaning(cause if isinstance(cause, RedisError) else error, self) from error
        except RedisClusterException as error:  # no RedisError: no node of the cluster could be asked
            raise StoreUnavailableError(
                f"The {self.where} could not be used: {str(error).rstrip('.')}.", hint=_IS_IT_THERE
            ) from error
        finally:
            # redis-py sends within `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes
            # just when the sending is done (cpython issue 86296).
            if task is not None and task.cancelling() > cancelled_before:
                raise asyncio.CancelledError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _EmbeddedConnection(UnixDomainSocketConnection):
    """Starts the embedded server again where it was killed, instead of failing until the process is restarted."""

    def __init__(self, *, embedded: EmbeddedRedis, **options: Any) -> None:
        super().__init__(path=embedded.socket, **options)  # pyright: ignore[reportUnknownMemberType]
        self._embedded = embedded

    async def _connect(self) -> None:
        try:
            await super()._connect()
        except OSError as error:
            _log.warning("The embedded Redis at %s does not answer (%s); it is started again.", self.path, error)
            await self._embedded.revive()
            self.path = self._embedded.socket
            await super()._connect()


async def connect(redis_url: str, data: Path) -> ConnectedRedis:
    """A client of the Redis at this URL (redis://, rediss://, unix://), or of the embedded one where it is empty.

    `redis+cluster://` and `rediss+cluster://` name a node of a Redis Cluster.

    Raises `SettingsError` for a URL that is none, `StoreUnavailableError` where nothing answers; neither tells the
    password.
    """
    connected = _by_url(redis_url) if redis_url else await _embedded(data)
    try:
        await connected.execute("PING")
    except BaseException:
        await connected.close()
        raise
    return connected


async def _embedded(data: Path) -> ConnectedRedis:
    embedded = await EmbeddedRedis.start(data)
    pool = BlockingConnectionPool(connection_class=_EmbeddedConnection, embedded=embedded, **_options(retries=1))
    return ConnectedRedis(Redis(connection_pool=pool), f"embedded Redis in {embedded.path}", embedded)


def _by_url(url: str) -> ConnectedRedis:
    try:
        where = _without_secrets(url)
        if urlsplit(url).scheme.endswith(CLUSTER):
            options = _options(retries=2) | {"max_connections": CLUSTER_CONNECTIONS}
            del options["timeout"]
            cluster = RedisCluster.from_url(url.replace(CLUSTER, "", 1), **options)
            return ConnectedRedis(cluster, f"Redis Cluster at {where}")
        pool = BlockingConnectionPool.from_url(url, **_options(retries=2))  # pyright: ignore[reportUnknownMemberType]
    except ValueError:
        # Not chained: what the parser says may quote the password.
        raise SettingsError(
            "LORELENS_REDIS_URL is not the URL of a Redis.",
            hint="It reads redis://user:password@host:6379/0, rediss:// for TLS, redis+cluster:// for a cluster, "
            "or unix:///path/to/redis.sock; special characters in the password are percent-encoded.",
        ) from None
    return ConnectedRedis(Redis(connection_pool=pool), f"Redis at {where}")


def _options(retries: int) -> dict[str, Any]:
    return {
        "max_connections": CONNECTIONS,
        "timeout": ANSWER_TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": ANSWER_TIMEOUT,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries),
        "decode_responses": False,
    }


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or 6379}{parts.path}"


def _meaning(error: RedisError, connected: ConnectedRedis) -> StoreUnavailableError:
    said = str(error)
    name = f"The {connected.where}"
    code = error.status_code or said.split(" ")[0]
    for mark, happened, hint in _MEANINGS:
        if code == mark or f"-{mark} " in said:
            return StoreUnavailableError(f"{name} {happened}.", hint=hint)
    hint = _IS_IT_THERE
    if isinstance(error, AuthenticationError):
        hint = "Check the user and password in LORELENS_REDIS_URL."
    elif connected.embedded is not None:
        hint = connected.embedded.advice()
    return StoreUnavailableError(f"{name} could not be used: {said.rstrip('.')}.", hint=hint)
