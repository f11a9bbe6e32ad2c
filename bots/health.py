"""Where an operator's tools ask how a worker is: /livez, /readyz and /metrics."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from bots.listening import listening
from bots.metrics import Metrics
from core.errors import LorelensError, StoreUnavailableError
from core.mailbox import Mailbox

Check = Callable[[], Awaitable[str]]
"""Says what is not ready, or nothing; may raise a `LorelensError`."""


@asynccontextmanager
async def health_endpoint(
    address: str, *, metrics: Metrics, mailboxes: Sequence[Mailbox], checks: Sequence[Check]
) -> AsyncGenerator[str]:
    """Answer at this address (host:port) while the block runs; yields the URL, empty where the address is.

    Raises:
        SettingsError: the address is none, or is taken.
    """
    if not address:
        yield ""
        return

    async def livez(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        faults = [fault for check in checks if (fault := await _fault(check))]
        return web.Response(text="\n".join(faults or ["ok"]) + "\n", status=503 if faults else 200)

    async def show_metrics(request: web.Request) -> web.Response:
        for mailbox in mailboxes:
            with suppress(StoreUnavailableError):  # what the worker itself counted is told all the same
                await metrics.look(mailbox)
        return web.Response(body=metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", show_metrics)])
    endpoint = listening(
        app,
        address,
        what="health",
        setting="LORELENS_HEALTH_ADDRESS",
        example=9464,
        remedy=", or leave it empty",
    )
    async with endpoint as url:
        yield url


async def _fault(check: Check) -> str:
    try:
        return await check()
    except LorelensError as error:
        return str(error)
