"""The server: starts and stops what listens, and keeps what it holds meanwhile."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Self

import grpc
import grpc.aio
from aiohttp import web

from tests.weaviate_emulator.database import Database
from tests.weaviate_emulator.faults import Call, Faults
from tests.weaviate_emulator.rest import application
from tests.weaviate_emulator.rpc import handlers

MAX_MESSAGE = 104_858_000
"""Bytes of one gRPC message, as the server says in /v1/meta."""
HOST = "127.0.0.1"


class WeaviateEmulator:
    """One server on loopback.

    Args:
        api_key: The key that every call must bear; None lets everybody in.
        tokenizers: Those of gse, gse_ch, kagome_ja, kagome_kr that the server was started with.
        version: What it says it is. The client refuses aliases below 1.32.
    """

    def __init__(self, api_key: str | None = None, tokenizers: Iterable[str] = (), version: str = "1.34.0") -> None:
        self.api_key = api_key
        self.version = version
        self.database = Database(frozenset(tokenizers))
        self.faults = Faults()
        self.calls: list[Call] = []
        self.http_port = 0
        self.grpc_port = 0
        self._runner: web.AppRunner | None = None
        self._grpc: Any = None

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    @property
    def http_url(self) -> str:
        """Where REST is served."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def grpc_address(self) -> str:
        """Where gRPC is served, host and port."""
        return f"{HOST}:{self.grpc_port}"

    @property
    def connect_with(self) -> dict[str, Any]:
        """The arguments that weaviate.use_async_with_custom and weaviate.connect_to_custom take."""
        return {
            "http_host": HOST,
            "http_port": self.http_port,
            "http_secure": False,
            "grpc_host": HOST,
            "grpc_port": self.grpc_port,
            "grpc_secure": False,
            "skip_init_checks": True,
        }

    @property
    def meta(self) -> dict[str, Any]:
        """What /v1/meta answers."""
        return {
            "hostname": "http://[::]:8080",
            "version": self.version,
            "modules": {},
            "grpcMaxMessageSize": MAX_MESSAGE,
        }

    @asynccontextmanager
    async def away(self) -> AsyncGenerator[None]:
        """Let nothing listen while the block runs; afterwards the server is back at the same ports."""
        await self._close()
        try:
            yield
        finally:
            await self._listen()

    async def _listen(self) -> None:
        self._runner = web.AppRunner(application(self), access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.http_port, reuse_address=True)
        await site.start()
        addresses: list[Any] = list(self._runner.addresses)
        self.http_port = addresses[0][1]
        options = [
            ("grpc.max_send_message_length", MAX_MESSAGE),
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.so_reuseport", 0),
        ]
        self._grpc = grpc.aio.server(options=options)
        self._grpc.add_generic_rpc_handlers(handlers(self))
        self.grpc_port = self._grpc.add_insecure_port(f"{HOST}:{self.grpc_port}")
        await self._grpc.start()

    async def _close(self) -> None:
        self.faults.released.set()
        if self._grpc is not None:
            await self._grpc.stop(None)
        if self._runner is not None:
            await self._runner.cleanup()
        self._grpc = self._runner = None
