"""Asking Discord for what can wait: after what answers need, and with the pauses that Discord wants."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from discord.http import HTTPClient

from adapters.discord.addresses import Rest
from adapters.discord.api import ask
from core.errors import PlatformUnavailableError

LONGEST_PAUSE = 120.0
"""Seconds of a pause that is sat out; of a longer one, or of more than `TRIES` in a row, whoever asked is told."""
TRIES = 5

_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]


class Patience:
    """Asks as `adapters.discord.api.ask` does; `sleep` sits a pause out, and is for tests."""

    def __init__(self, http: HTTPClient, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self._sleep = sleep

    async def ask(self, path: str, *, query: Mapping[str, str | int] | None = None, **parameters: Any) -> Any:
        """What Discord answers to a GET; raises as `adapters.discord.api.ask` does."""
        for attempt in range(1, TRIES + 1):
            if isinstance(self._http, Rest) and (pause := self._http.pause_before("GET", path, **parameters)):
                await self._sleep(min(pause, LONGEST_PAUSE))
            try:
                return await ask(self._http, path, query=query, **parameters)
            except PlatformUnavailableError as error:
                pause = error.retry_after
                if pause is None or pause > LONGEST_PAUSE or attempt == TRIES:
                    raise
                _log.info("Reading Discord's channels goes on in %.0f s: %s", pause, error.message)
                await self._sleep(pause)
        raise AssertionError("unreachable")
