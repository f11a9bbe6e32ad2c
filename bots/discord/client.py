"""discord.py's client as Lorelens uses it: every event is heard as Discord sends it, and little is remembered of it.

Intents (https://discord.com/developers/docs/events/gateway#gateway-intents): servers, messages in them, direct ones,
and what messages say, which is privileged: a reply in a thread it takes part in, and what is said around a question,
come without a mention. Members are not asked for: a message brings its author's roles along, and who else may read a
channel follows from its permissions, so the other privileged intent, and the memory for all members, can be spared.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import discord

from adapters.discord.addresses import Addressed, Addresses
from adapters.payloads import Payload
from bots.background import log_failure

HEARTBEAT_TIMEOUT = 60.0
"""Seconds without a sign of life after which a connection is given up and resumed; discord.py's own default."""

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing is spoken here

Heard = Callable[[Payload], object]
"""Is told of an event before discord.py makes anything of it; it must return at once."""
Told = Callable[..., Awaitable[object] | object]
"""Takes what discord.py makes of an event, as its `on_...` methods do."""


def intents() -> discord.Intents:
    """What Discord is asked to tell."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.guild_messages = True
    wanted.dm_messages = True
    wanted.message_content = True
    return wanted


class DiscordClient(Addressed, discord.AutoShardedClient):
    """As many connections as Discord recommends, or `shards`; after `login` alone it can ask and post.

    Messages are not remembered, and of members only Lorelens itself: what is kept grows with servers and channels.
    """

    def __init__(
        self,
        addresses: Addresses,
        *,
        shards: int = 0,
        heartbeat_timeout: float = HEARTBEAT_TIMEOUT,
        ready_timeout: float = 2.0,
    ) -> None:
        self._heard: dict[str, list[Heard]] = {}
        self._told: dict[str, list[Told]] = {}
        self._telling: set[asyncio.Future[Any]] = set()
        super().__init__(
            addresses=addresses,
            intents=intents(),
            shard_count=shards or None,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            heartbeat_timeout=heartbeat_timeout,
            guild_ready_timeout=ready_timeout,
        )

    def hear(self, event: str, listener: Heard) -> None:
        """Call `listener` with what Discord sends, by its name for it: "MESSAGE_CREATE", "GUILD_DELETE", ..."""
        self._heard.setdefault(event, []).append(listener)

    def listen(self, event: str, listener: Told) -> None:
        """Call `listener` with what discord.py makes of it, by its name without `on_`: "interaction", "resumed", ...

        There may be several for one event. What goes wrong in one is logged.
        """
        self._told.setdefault(event, []).append(listener)

    def interaction(self, sent: Payload) -> discord.Interaction[discord.Client]:
        """What discord.py makes of an interaction as Discord sent it; `listen` brings those that come."""
        return discord.Interaction(data=cast(Any, sent), state=cast(Any, self._connection))

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell the listeners; called by discord.py."""
        super().dispatch(event, *args, **kwargs)
        for listener in self._told.get(event, ()):
            self._run(f"Hearing of {event}", listener, *args, **kwargs)

    def _get_state(self, **options: Any) -> Any:
        """Hear every event before discord.py does; it knows them by the parsers of its state."""
        state = super()._get_state(**options)
        for name, parse in state.parsers.items():
            state.parsers[name] = partial(self._parse, name, parse)
        return state

    def _parse(self, name: str, parse: Callable[[Any], None], data: Any) -> None:
        for listener in self._heard.get(name, ()) if isinstance(data, dict) else ():
            self._run(f"Hearing of {name}", listener, data)
        # What discord.py can't read would end the connection to all servers, and their events would be lost.
        self._run(f"Reading {name}", parse, data)

    def _run(self, what: str, listener: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        try:
            result = listener(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the connection must not end by it
            log_failure(what, error)
            return
        if isinstance(result, Awaitable):
            telling: asyncio.Future[Any] = asyncio.ensure_future(cast("Awaitable[Any]", result))
            self._telling.add(telling)
            telling.add_done_callback(partial(self._told_of, what))

    def _told_of(self, what: str, telling: "asyncio.Future[Any]") -> None:
        self._telling.discard(telling)
        if not telling.cancelled() and isinstance(error := telling.exception(), Exception):
            log_failure(what, error)
