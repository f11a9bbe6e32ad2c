"""Reads a site into a mirror in a process of its own: `python -m tests.faults.reading_site ADDRESS FOLDER`."""

import asyncio
import sys
from pathlib import Path

from core.fetching.guard import Fetcher
from core.sources.connector import SourceSpec
from core.sources.mirror import Mirror
from core.sources.syncing import Unwatched
from core.sources.web.connector import WebConnector
from core.sources.web.options import choice_of


async def read(address: str, folder: Path) -> None:
    """Once, as a sync does."""
    spec = SourceSpec(name="site", kind="web", location=address, options={"allow": "127.0.0.1"})
    connector = WebConnector(spec, choice_of(spec), Fetcher(allow=("127.0.0.1",)))
    [part] = [part async for part in connector.parts()]
    await connector.fetch(part, Mirror(folder), Unwatched())
    await connector.close()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], Path(sys.argv[2])))
