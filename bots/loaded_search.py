"""Search over the knowledge, for listeners: what it needs is loaded where that holds up nobody."""

import asyncio

from core.application import Application
from core.knowledge.search import KnowledgeSearch


async def loaded_search(application: Application) -> KnowledgeSearch:
    """Search over the index; its encoders take a while to load, which a thread of its own does."""
    await asyncio.to_thread(lambda: (application.encoder, application.picture_encoder))
    return await application.knowledge()
