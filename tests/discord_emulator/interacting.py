"""How an interaction begins: its payload with all that Discord documents, and its 3 seconds.

discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
"""

import asyncio
import secrets

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.drafting import upload_limit
from tests.discord_emulator.interaction import RESPOND_WITHIN, Interaction
from tests.discord_emulator.model import Channel, Message, User
from tests.discord_emulator.permissions import in_channel
from tests.discord_emulator.world import World


def owners(world: World, channel: Channel, user: User) -> Json:
    """Return by whose installation (0 a guild's, 1 a person's) the application is here."""
    told: Json = {}
    if channel.guild is None:
        told["0"] = "0"
    elif channel.guild.installed:
        told["0"] = str(channel.guild.id)
    if user.installed:
        told["1"] = str(user.id)
    return told


def begin(
    world: World,
    kind: int,
    user: User,
    channel: Channel,
    data: Json,
    message: Message | None = None,
    source: Interaction | None = None,
) -> Interaction:
    """Send an interaction to the bot; `source` is the one whose modal is submitted."""
    guild = channel.guild
    id_ = world.clock.snowflake()
    token = secrets.token_urlsafe(120)
    one = Interaction(id_, kind, token, user, channel, guild, data, world.clock.now(), world.next_change, message)
    by = owners(world, channel, user)
    one.metadata = {"id": str(id_), "type": kind, "user": payloads.user(user), "authorizing_integration_owners": by}
    if kind == 3 and message is not None:
        one.metadata["interacted_message_id"] = str(message.id)
    if kind == 5 and source is not None:
        one.metadata["triggering_interaction_metadata"] = source.metadata
    world.interactions[token] = one
    payload = _payload(world, one, by)
    world.gateway.emit("INTERACTION_CREATE", payload, guild.id if guild else None)
    asyncio.get_running_loop().call_later(RESPOND_WITHIN, _give_up, world, one)
    return one


def _give_up(world: World, one: Interaction) -> None:
    if one.state == "waiting":
        one.state = "failed"
        world.touch()


def _payload(world: World, one: Interaction, by: Json) -> Json:
    guild, channel = one.guild, one.channel
    held = in_channel(channel, one.user)
    told: Json = {
        "id": str(one.id),
        "application_id": str(world.application.id),
        "type": one.kind,
        "data": one.data,
        "channel": payloads.channel(channel, world.bot) | {"permissions": str(int(held))},
        "channel_id": str(channel.id),
        "token": one.token,
        "version": 1,
        "app_permissions": str(int(in_channel(channel, world.bot))),
        "locale": one.user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": by,
        "context": 0 if guild else 1,
        "attachment_size_limit": upload_limit(channel),
    }
    if guild is not None:
        told |= {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": payloads.member(guild.members[one.user.id]) | {"permissions": str(int(held))},
        }
    else:
        told["user"] = payloads.user(one.user)
    if one.message is not None:
        told["message"] = payloads.message(one.message, world.bot)
    return told
