"""The page as a platform, made from the settings: for a worker, or for the process that serves it."""

from adapters.web.adapter import WebAdapter
from core.application import Application


async def web(application: Application) -> WebAdapter | None:
    """The adapter; None where no address is set."""
    return await adapter_with(application) if application.settings.web_address else None


async def adapter_with(application: Application) -> WebAdapter:
    """The adapter, wherever it is served."""
    raise NotImplementedError
