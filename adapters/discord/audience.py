"""On what an answer may draw: what everybody may see who will be able to read it.

In a server's channel that is what its members may see: what guests may, what everybody may, the server, this channel,
and every channel that @everyone may read there, with no overwrite that keeps a role or somebody out. A private thread
has a principal of its own beside its channel's. On a server that Lorelens is not on (it was installed by a person), and
between several people without one, it is no more than what guests may see, and that channel.
Directly, an answer draws on what the asker may see: the servers that they share with Lorelens, and the channels there
that they may read, by their roles and the channels' overwrites.

What it costs, when nothing is remembered and there is no gateway: for a server two calls; directly, one call for the
list of servers, and for up to `MOST_SERVERS` of them one for the membership and two for the channels where there is
one. It is given `PATIENCE`; where Discord takes longer or refuses, the answer draws on less, which is logged, and what
was asked is there for the next one.
"""

import asyncio
import logging
from collections.abc import Awaitable

from adapters.discord.servers import PRIVATE_THREAD, Servers
from adapters.learning import learn_all
from adapters.payloads import string
from core import audience as principals
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.messages import Place
from core.question import Question

PATIENCE = 10.0
"""Seconds that an answer waits for what Discord says of servers and people."""
MOST_SERVERS = 50
"""In so many servers it is looked whether the asker is there."""
_AT_ONCE = 5
_DISCORD = "discord"

_log = logging.getLogger(__name__)


async def audience(question: Question, servers: Servers) -> tuple[str, ...]:
    """The principals on which the answer may draw, by the rules above; never fails."""
    draws = _Audience(servers)
    place = question.message.place
    if place.visibility == "direct":
        here = string(question.delivery.get("guild"))
        await draws.within_patience(draws.directly(question.message.author.id, place, here))
    else:
        await draws.within_patience(draws.in_channel(place))
    return tuple(sorted(draws.principals))


class _Audience:
    """What an answer may draw on, growing as Discord answers: what is not learned in time is not in it."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.principals = {principals.GUESTS}

    async def within_patience(self, growing: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await growing
        except (TimeoutError, ValueError, PlatformRefusedError, PlatformUnavailableError) as error:
            _log.warning("An answer draws on less than it might: %s", str(error) or "Discord takes too long")

    def _add_server(self, guild: str, channels: frozenset[str]) -> None:
        self.principals |= {principals.EVERYONE, principals.workspace(_DISCORD, guild)}
        self.principals |= {principals.channel(_DISCORD, guild, channel) for channel in channels}

    async def in_channel(self, place: Place) -> None:
        """What all who can read the channel may see: they are all members of the server."""
        if place.workspace == "@me":
            return  # between several people without a server: nobody knows who they are
        self.principals.add(principals.channel(_DISCORD, place.workspace, place.channel))
        await learn_all(self._thread(place), self._open_channels(place.workspace))

    async def _thread(self, place: Place) -> None:
        thread = place.thread or ""
        if place.visibility == "private" and thread.isdecimal():
            spot = await self._servers.spot(thread)
            if spot.kind == PRIVATE_THREAD:
                self.principals.add(principals.channel(_DISCORD, place.workspace, thread))

    async def _open_channels(self, guild: str) -> None:
        server = await self._servers.server(guild)
        self._add_server(guild, server.open)

    async def directly(self, asker: str, place: Place, here: str) -> None:
        """What the asker may see; `here` is the server that they ask in, if they do."""
        self.principals.add(principals.person(_DISCORD, place.workspace, asker))
        self.principals.add(principals.person(_DISCORD, "@me", asker))
        every = [guild for guild in await self._servers.all() if guild != here]
        if len(every) > MOST_SERVERS:
            _log.warning(
                "An answer draws on less than it might: it is looked for its asker in %d servers", MOST_SERVERS
            )
        looked_at = [here, *every[:MOST_SERVERS]] if here else every[:MOST_SERVERS]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(guild: str) -> None:
            async with gate:
                await self._shared(guild, asker)

        await learn_all(*(one(guild) for guild in looked_at))

    async def _shared(self, guild: str, asker: str) -> None:
        member = await self._servers.member(guild, asker)
        if member is None:
            return
        server = await self._servers.server(guild)
        self.principals.add(principals.person(_DISCORD, guild, asker))
        self._add_server(guild, server.readable(member))
