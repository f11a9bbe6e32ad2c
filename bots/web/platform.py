"""The page as a platform, made from the settings: for a worker, or for the process that serves it."""

from adapters.web.adapter import WebAdapter
from adapters.web.board import Board
from adapters.web.files import WebFiles
from core.application import Application
from core.knowledge.loaders import MOST_BYTES
from core.knowledge.loaders.sniffing import HEAD_BYTES, kind_of


async def web(application: Application) -> WebAdapter | None:
    """The adapter; None where no address is set."""
    return await adapter_with(application) if application.settings.web_address else None


async def adapter_with(application: Application) -> WebAdapter:
    """The adapter, wherever it is served.

    Raises:
        SettingsError: who may get in does not follow from the settings.
    """
    from bots.web.door.directory import Directory  # it needs FastAPI, which a worker without the page does without

    directory = await Directory.of(application)
    store = await application.conversations()
    most = min(application.settings.web_upload_mb * 1_000_000, MOST_BYTES)
    files = WebFiles(store.redis, store.keys, store.keep_picture, reads=_reads, most=most)
    return WebAdapter(Board(store.redis, store.keys), files, directory.principals)


def _reads(name: str, data: bytes) -> bool:
    return kind_of(data[:HEAD_BYTES], name, whole=data) is not None
