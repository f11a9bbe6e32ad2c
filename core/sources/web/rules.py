"""What a site asks of robots: its robots.txt (RFC 9309), and what a page or its headers say for the page alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from protego import Protego
from yarl import URL

from core.errors import AddressError
from core.fetching.answers import Fetched
from core.fetching.guard import Fetcher

AGENT = "Lorelens"
MOST_BYTES = 2**20
"""Of a robots.txt; RFC 9309 asks for at least 500 KiB."""
LONGEST_DELAY = 60.0
"""Seconds; a site that asks for longer ones between two pages is asked once a minute."""

_AGENTS = ("", "robots", AGENT.lower())


@dataclass(frozen=True)
class Rules:
    """What is asked for one page: not to be found, not to be followed, or that its pictures are not."""

    noindex: bool = False
    nofollow: bool = False
    noimageindex: bool = False

    def __or__(self, other: "Rules") -> "Rules":
        return Rules(
            self.noindex or other.noindex,
            self.nofollow or other.nofollow,
            self.noimageindex or other.noimageindex,
        )


def rules_of(said: Iterable[tuple[str, str]]) -> Rules:
    """The rules of pairs of whom they are for ("robots", "lorelens", or nobody in particular) and what they ask."""
    asked = {
        word.strip().lower() for agent, text in said if agent.strip().lower() in _AGENTS for word in text.split(",")
    }
    everything = "none" in asked
    return Rules(everything or "noindex" in asked, everything or "nofollow" in asked, "noimageindex" in asked)


def rules_of_headers(answer: Fetched) -> Rules:
    """What X-Robots-Tag asks; each of the headers may begin with the robot that it is for."""
    said: list[tuple[str, str]] = []
    for header in answer.headers.getall("X-Robots-Tag", []):
        agent = ""
        for part in header.split(","):
            name, colon, rest = part.partition(":")
            if colon and name.strip().lower() not in ("unavailable_after", "max-snippet", "max-image-preview"):
                agent, part = name, rest
            said.append((agent, part))
    return rules_of(said)


class Robots:
    """The robots.txt of the hosts that are asked, each fetched once."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: dict[str, Protego] = {}

    async def allow(self, url: URL) -> bool:
        """Whether a page may be asked for.

        Raises:
            SiteUnavailableError: the site does not say now, and nothing of it may be asked for until it does.
            AddressError: nothing is fetched from there.
        """
        return (await self._of(url)).can_fetch(str(url), AGENT)

    async def sitemaps(self, url: URL) -> tuple[str, ...]:
        """The sitemaps that a page's site names. Raises as `allow`."""
        return tuple((await self._of(url)).sitemaps)

    async def _of(self, url: URL) -> Protego:
        origin = str(url.origin())
        if origin not in self._known:
            self._known[origin] = Protego.parse(await self._text(url))
            delay = self._known[origin].crawl_delay(AGENT)
            if delay and url.host:
                self._fetcher.pace.slow_down(url.host, min(float(delay), LONGEST_DELAY))
        return self._known[origin]

    async def _text(self, url: URL) -> str:
        """The robots.txt; empty where there is none (RFC 9309, 2.3.1.3)."""
        address = str(url.origin().with_path("/robots.txt"))
        try:
            answer = await self._fetcher.fetch(address, most=MOST_BYTES)
        except AddressError as error:
            if error.reason in ("gone", "denied", "redirects"):
                return ""
            if error.reason == "large":
                return "User-agent: *\nDisallow: /\n"
            raise
        return answer.data.decode("utf-8-sig", errors="replace")
