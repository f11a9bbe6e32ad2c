"""Where an operator's tools ask how a worker is: /livez, /readyz and /metrics."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from bots.metrics import Metrics
from core.errors import LorelensError, SettingsError, StoreUnavailableError
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
    host, port = _parse(address)

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
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(
                f"The health endpoint can't listen at {address}: {error.strerror or error}.",
                hint="Name a free address with LORELENS_HEALTH_ADDRESS, or leave it empty.",
            ) from error
        bound_host, bound_port, *_ = runner.addresses[0]
        yield f"http://{bound_host}:{bound_port}"
    finally:
        await runner.cleanup()


async def _fault(check: Check) -> str:
    try:
        return await check()
    except LorelensError as error:
        return str(error)


def _parse(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise SettingsError(
            f'The health address "{address}" is none.', hint="Write HOST:PORT, for example 127.0.0.1:9464."
        )
    return host.strip("[]") or "127.0.0.1", int(port)
