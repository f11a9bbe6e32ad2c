"""The web page and the API, served (`bots.serve_platforms` runs it)."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from adapters.web.adapter import WebAdapter
from bots.web.app import web_app
from bots.web.desk import WebDesk
from bots.web.door.directory import Directory
from bots.web.door.rules import DEFAULT_ADDRESS
from bots.web.platform import adapter_with
from core.application import Application
from core.errors import SettingsError

GRACE = 5.0
"""Seconds for which requests may go on after SIGTERM; answers that are streamed are taken up by the browser again."""

_log = logging.getLogger(__name__)


async def adapter_of(application: Application) -> WebAdapter | None:
    """The page; it needs nothing to be set up."""
    return await adapter_with(application)


def not_set_up() -> SettingsError:
    """What is missing for it."""
    return SettingsError("The web page is not set up.", hint="Set LORELENS_WEB_ADDRESS; see docs/web.md.")


async def ingress_of(application: Application, adapter: WebAdapter) -> "Ingress":
    """What takes in from the page.

    Raises:
        SettingsError: who may get in does not follow from the settings.
    """
    await (await Directory.of(application)).check()
    return Ingress(await WebDesk.of(application, adapter))


class Ingress:
    """The page's server."""

    def __init__(self, desk: WebDesk) -> None:
        self._desk = desk
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.url = ""
        """Where it is reached, once it is."""

    async def is_listening(self) -> str:
        """For /readyz."""
        return "" if self._server is not None and self._server.started else "The web page is not served yet."

    async def ended(self) -> None:
        """Never by itself."""
        await asyncio.Event().wait()

    @asynccontextmanager
    async def taking_in(self) -> AsyncGenerator[None]:
        """Serve while the block runs.

        Raises:
            SettingsError: the address is none, or is taken.
        """
        listening = _listening(self._desk.application.settings.web_address or DEFAULT_ADDRESS)
        host, port = listening.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        config = uvicorn.Config(
            web_app(self._desk),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=round(GRACE),
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve([listening]), name="Serving the web page")
        try:
            up = asyncio.ensure_future(self._server.is_up.wait())
            await asyncio.wait({up, self._serving}, return_when=asyncio.FIRST_COMPLETED)
            up.cancel()
            if self._serving.done():
                self._serving.result()
            _log.info("Listening to the web page at %s", self.url)
            if sys.stdout.isatty():  # for whoever tries it out; a log is no place to look for an address
                print(f"Open {self.url} in a browser. Ctrl-C ends it.", flush=True)
            yield
        finally:
            self._desk.watching.stop()
            self._server.should_exit = True
            await asyncio.gather(self._serving, return_exceptions=True)
            listening.close()
            await self._desk.background.close(GRACE)


class _Server(uvicorn.Server):
    """A server that leaves signals to the process that it is a part of; `is_up` is set once it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def _listening(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or int(port) > 65_535:
        raise SettingsError(
            f'The web page\'s address "{address}" is none.',
            hint=f"Write HOST:PORT into LORELENS_WEB_ADDRESS, for example {DEFAULT_ADDRESS}.",
        )
    found: socket.socket | None = None
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, int(port)))
        found.listen(1024)
        found.setblocking(False)
    except OSError as error:
        if found is not None:
            found.close()
        raise SettingsError(
            f"The web page can't be served at {address}: {error.strerror or error}.",
            hint="Name a free address with LORELENS_WEB_ADDRESS.",
        ) from error
    return found
