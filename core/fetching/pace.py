"""How fast one host is asked: an interval between requests, longer where it asks to be left alone."""

import asyncio
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 120.0
"""Seconds for which a host's wish to be left alone is waited for; after longer ones it is tried another time."""


class Pace:
    """Lets requests to a host through one after another, `interval` seconds apart; shared by all who ask it.

    An interval of 0 lets everything through that no host objected to.
    """

    def __init__(self, interval: float = 0.0) -> None:
        self._interval = interval
        self._of_host: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def slow_down(self, host: str, interval: float) -> None:
        """Ask a host no more often than this: what its robots.txt says as Crawl-delay."""
        self._of_host[host] = max(interval, self._of_host.get(host, 0.0))

    def leave_alone(self, host: str, seconds: float) -> None:
        """Ask a host nothing for some time: what its answer says as Retry-After."""
        self._next[host] = max(self._next.get(host, 0.0), asyncio.get_running_loop().time() + seconds)

    def wait_of(self, host: str) -> float:
        """Seconds until a host may be asked again."""
        return max(0.0, self._next.get(host, 0.0) - asyncio.get_running_loop().time())

    async def wait(self, host: str) -> None:
        """Wait for one's turn with a host."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next.get(host, 0.0))
        self._next[host] = turn + max(self._interval, self._of_host.get(host, 0.0))
        if turn > now:
            await asyncio.sleep(turn - now)


def retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3: seconds or a date); None where it says nothing.

    `now` is the time of day in seconds since 1970.
    """
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - now())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
