"""Who is in which channel, asked of Slack, remembered briefly and followed by events."""

import asyncio
import logging
from dataclasses import dataclass

from adapters.lookups import Lookups
from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Clients, Installed, ask, pages
from adapters.slack.people import FRESH, People, Person
from core.errors import PlatformRefusedError, PlatformUnavailableError

MEMBERS_FRESH = 10.0
"""Seconds for which it is remembered who is in which channel: so long may somebody who was taken out of one still be
answered from it, where no event told of it, or told another process. Slack allows these methods about a hundred
(`conversations.members`) and fifty (`users.conversations`) calls a minute and workspace
(https://docs.slack.dev/apis/web-api/rate-limits)."""
CHANNELS_FRESH = 30.0
"""Seconds for which it is remembered what a channel is, and which are public: they are asked for more dearly."""
MOST_MEMBERS = 20_000
"""Of a channel with more people it is not asked who they are."""
PATIENCE = 0.5
"""Seconds that a name or a language is waited for before a message is taken without it: Slack waits no more than
three for the acknowledgement."""
_PAGE = 1000
_MOST_CHANNELS = 5000
_TYPES = ("public_channel,private_channel,mpim", "public_channel,private_channel", "public_channel")
"""Slack refuses the whole list where the scope for one kind is missing; then it is asked for fewer kinds."""
_CHANGES = {
    "channel_archive",
    "channel_convert_to_private",
    "channel_convert_to_public",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "shared_channel_invite_accepted",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Channel:
    """A conversation of Slack; `is_foreign` says that other organizations or workspaces share it."""

    id: str
    name: str = ""
    is_private: bool = True
    is_direct: bool = False
    is_foreign: bool = False


class Membership:
    """Channels, who is in them, and which a person is in.

    What it remembers it remembers for `fresh` seconds at most in one process, and memberships for `MEMBERS_FRESH`:
    events reach only the process that receives them, and the others must not be wrong for long. All that asks raises
    as `SlackClient` does.
    """

    def __init__(self, clients: Clients, people: People, *, fresh: float = FRESH) -> None:
        self.people = people
        self._clients = clients
        brief, longer = min(fresh, MEMBERS_FRESH), min(fresh, CHANNELS_FRESH)
        self._channels = Lookups[tuple[str, str], Channel](seconds=longer, most=2000)
        self._members = Lookups[tuple[str, str], frozenset[str] | None](seconds=brief, most=300)
        self._channels_of = Lookups[tuple[str, str], frozenset[str]](seconds=brief, most=2000)
        self._public = Lookups[str, frozenset[str]](seconds=longer, most=50)

    async def person(self, installed: Installed, user: str) -> Person | None:
        """Who it is, or None if that can't be learned quickly; it is a courtesy that no message waits for."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.people.person(installed, user)
        except (TimeoutError, PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Slack does not say who %s is: %s", user, error or "it takes too long")
            return None

    async def named(self, installed: Installed, channel: str) -> Channel | None:
        """The channel, or None if it can't be learned quickly."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.channel(installed, channel)
        except (TimeoutError, PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Slack does not say which channel %s is: %s", channel, error or "it takes too long")
            return None

    async def channel(self, installed: Installed, channel: str) -> Channel:
        """What `conversations.info` says of it."""

        async def look() -> Channel:
            client = await self._clients.client(installed.team, installed.enterprise)
            answer = await ask(client, "conversations.info", channel=channel)
            return as_channel(mapping(answer.get("channel")), channel)

        return await self._channels.get((installed.team, channel), look)

    async def members(self, installed: Installed, channel: str) -> frozenset[str] | None:
        """Everybody in a channel, bots too; None if they are more than `MOST_MEMBERS`."""

        async def look() -> frozenset[str] | None:
            client = await self._clients.client(installed.team, installed.enterprise)
            found: set[str] = set()
            most = MOST_MEMBERS // _PAGE
            where = {"channel": channel}
            async for page in pages(
                client, "conversations.members", "members", most=most + 1, size=_PAGE, arguments=where
            ):
                found.update(map(string, page))
                if len(found) > MOST_MEMBERS:
                    return None
            return frozenset(found - {""})

        return await self._members.get((installed.team, channel), look)

    async def channels_of(self, installed: Installed, user: str) -> frozenset[str]:
        """The channels a person is in, as far as the app can see them: public ones, and private ones that it is in.

        `users.conversations` for another user gives just these (https://docs.slack.dev/reference/methods/users.conversations).
        """

        async def look() -> frozenset[str]:
            for types in _TYPES[:-1]:
                try:
                    return await self._listed(installed, "users.conversations", types=types, user=user)
                except PlatformRefusedError as error:
                    if error.reason != "missing_scope":
                        raise
                    _log.warning("Not all channels of people can be asked for: %s", error)
            return await self._listed(installed, "users.conversations", types=_TYPES[-1], user=user)

        return await self._channels_of.get((installed.team, user), look)

    async def public(self, installed: Installed) -> frozenset[str]:
        """The public channels of a workspace, archived ones too: every full member can read them."""

        async def look() -> frozenset[str]:
            return await self._listed(installed, "conversations.list", types="public_channel")

        return await self._public.get(installed.team, look)

    def heard(self, installed: Installed, event: Payload) -> None:
        """An event that may tell of people or channels: what was known of them is forgotten."""
        self.people.heard(installed, event)
        kind = string(event.get("type"))
        if kind == "channel_created":
            self._public.forget(installed.team)
        if kind not in _CHANGES:
            return
        given = event.get("channel")
        channel = string(given) or string(mapping(given).get("id"))
        self._members.forget((installed.team, channel))
        if kind.startswith("member_"):
            self._channels_of.forget((installed.team, string(event.get("user"))))
            return
        self._channels.forget((installed.team, channel))
        self._public.forget(installed.team)
        self._channels_of.forget_where(lambda key: key[0] == installed.team)

    async def close(self) -> None:
        """Ask no further."""
        for lookups in (self._channels, self._members, self._channels_of, self._public):
            await lookups.close()
        await self.people.close()

    async def _listed(self, installed: Installed, method: str, **arguments: str) -> frozenset[str]:
        client = await self._clients.client(installed.team, installed.enterprise)
        if installed.enterprise:
            arguments["team_id"] = installed.team
        found: set[str] = set()
        most = _MOST_CHANNELS // _PAGE
        async for page in pages(client, method, "channels", most=most, size=_PAGE - 1, arguments=arguments):
            found.update(string(channel.get("id")) for channel in mappings(page))
        return frozenset(found - {""})


def as_channel(channel: Payload, channel_id: str) -> Channel:
    """A conversation object (https://docs.slack.dev/reference/objects/conversation-object).

    What Slack does not say counts as private and shared.
    """
    is_direct = bool(channel.get("is_im"))
    shared = ("is_ext_shared", "is_shared", "is_org_shared", "is_pending_ext_shared")
    return Channel(
        id=channel_id,
        name=string(channel.get("name")),
        is_private=channel.get("is_private") is not False or bool(channel.get("is_mpim") or is_direct),
        is_direct=is_direct,
        is_foreign=any(channel.get(flag) for flag in shared),
    )
