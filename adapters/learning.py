"""Learning several things of a platform at a time, each as far as it comes."""

import asyncio
import logging
from collections.abc import Awaitable

from core.errors import PlatformRefusedError, PlatformUnavailableError

_log = logging.getLogger(__name__)


async def learn_all(*growing: Awaitable[None]) -> None:
    """All of them: that one fails must not keep the others from what they learn for an answer."""
    for failed in await asyncio.gather(*growing, return_exceptions=True):
        if isinstance(failed, (PlatformRefusedError, PlatformUnavailableError)):
            _log.warning("An answer draws on less than it might: %s", failed)
        elif failed is not None:
            raise failed
