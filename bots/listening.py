"""A small web server of one process, at an address that the operator names."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from core.errors import SettingsError


@asynccontextmanager
async def listening(
    app: web.Application,
    address: str,
    *,
    what: str,
    setting: str,
    example: int,
    remedy: str = "",
    grace: float = 10.0,
) -> AsyncGenerator[str]:
    """Serve the app at host:port while the block runs; yields the URL.

    In the end nothing more is accepted, and what was begun has `grace` seconds.

    Raises:
        SettingsError: the address is none, or is taken; says which `setting` names another.
    """
    host, port = _parse(address, what, setting, example)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(
                f"The {what} endpoint can't listen at {address}: {error.strerror or error}.",
                hint=f"Name a free address with {setting}{remedy}.",
            ) from error
        bound_host, bound_port, *_ = runner.addresses[0]
        yield f"http://{bound_host}:{bound_port}"
    finally:
        await runner.cleanup()


def _parse(address: str, what: str, setting: str, example: int) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise SettingsError(
            f'The {what} address "{address}" is none.',
            hint=f"Write HOST:PORT into {setting}, for example 127.0.0.1:{example}.",
        )
    return host.strip("[]") or "127.0.0.1", int(port)
