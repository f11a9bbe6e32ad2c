"""What is remembered of servers, channels and people follows what Discord tells of them."""

from adapters.discord.heard import snowflake
from adapters.payloads import Payload, listing, mapping
from bots.discord.desk import Desk

_OF_SERVERS = (
    *("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"),
    *("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE"),
)
_OF_CHANNELS = (
    *("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"),
    *("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_MEMBERS_UPDATE", "THREAD_LIST_SYNC"),
)
_OF_PEOPLE = ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE")
"""Without the privileged intent for members, told of Lorelens itself alone."""
_OF_DOING = ("MESSAGE_CREATE", "INTERACTION_CREATE")


async def register(desk: Desk) -> None:
    """Listen for whatever changes who may see what."""
    servers = desk.platform.intake.servers

    def server(payload: Payload) -> None:
        servers.heard(guild=_number(payload.get("guild_id")) or _number(payload.get("id")))

    def channel(payload: Payload) -> None:
        servers.heard(guild=_number(payload.get("guild_id")), channel=_number(payload.get("id")))

    def person(payload: Payload) -> None:
        user = _number(mapping(payload.get("user")).get("id"))
        servers.heard(guild=_number(payload.get("guild_id")), user=user)

    def seen(payload: Payload) -> None:
        """What somebody says or does brings their roles along."""
        member = mapping(payload.get("member"))
        guild = _number(payload.get("guild_id"))
        user = _number(mapping(member.get("user") or payload.get("author")).get("id"))
        if guild and user and isinstance(member.get("roles"), list):
            roles = frozenset(role for one in listing(member["roles"]) if (role := _number(one)))
            servers.heard_roles(guild, user, roles)

    for events, listener in ((_OF_SERVERS, server), (_OF_CHANNELS, channel), (_OF_PEOPLE, person), (_OF_DOING, seen)):
        for event in events:
            desk.client.hear(event, listener)


def _number(value: object) -> int | None:
    return int(found) if (found := snowflake(value)) else None
