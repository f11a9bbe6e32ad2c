"""REST: channels, guilds, members, users and the application itself.

discord.com/developers/docs/resources/channel, .../guild, .../user, .../application
"""

from typing import TYPE_CHECKING

from tests.discord_emulator import payloads
from tests.discord_emulator.access import channel_of, guild_of
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.errors import DiscordError, Form, missing_access, unknown
from tests.discord_emulator.permissions import Permission
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes
from tests.discord_emulator.threads import show_thread

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

routes = Routes()
P = Permission
CHANNEL, GUILD = "/channels/{channel_id}", "/guilds/{guild_id}"


@routes("GET", "/gateway")
def gateway(emulator: "Emulator", _: Call) -> Answer:
    """Tell where the gateway is."""
    return 200, {"url": emulator.gateway_url}


@routes("GET", "/gateway/bot")
def gateway_bot(emulator: "Emulator", _: Call) -> Answer:
    """Tell where the gateway is, and how many shards it wants."""
    limit = {
        "total": 1000,
        "remaining": 1000 - emulator.gateway.identified,
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return 200, {"url": emulator.gateway_url, "shards": emulator.gateway.shards, "session_start_limit": limit}


@routes("GET", "/oauth2/applications/@me")
@routes("GET", "/applications/@me")
def application(emulator: "Emulator", _: Call) -> Answer:
    """Give the application."""
    joined = sum(emulator.bot.id in each.members for each in emulator.guilds.values())
    return 200, payloads.application(emulator.application, joined)


@routes("GET", "/applications/{application_id}/emojis")
def emojis(emulator: "Emulator", _: Call) -> Answer:
    """Give the application's emojis."""
    return 200, {"items": emulator.application.emojis}


@routes("GET", "/users/@me")
def me(emulator: "Emulator", _: Call) -> Answer:
    """Give the bot's own user."""
    own: Json = {"verified": True, "mfa_enabled": True, "email": None, "locale": "en-US", "bio": ""}
    return 200, payloads.user(emulator.bot) | own | {"banner": None, "accent_color": None}


@routes("GET", "/users/@me/guilds")
def my_guilds(emulator: "Emulator", call: Call) -> Answer:
    """List the guilds that the bot is in."""
    after, limit = int(call.query.get("after", 0)), call.number("limit", 200, 1, 200)
    found = sorted(id_ for id_, each in emulator.guilds.items() if id_ > after and emulator.bot.id in each.members)
    shown: list[Json] = [
        {
            "id": str(id_), "name": emulator.guilds[id_].name, "icon": None, "banner": None, "owner": False,
            "permissions": str(int(emulator.guild_permissions(emulator.guilds[id_], emulator.bot))), "features": [],
        }
        for id_ in found[:limit]
    ]  # fmt: skip
    return 200, shown


@routes("POST", "/users/@me/channels")
def open_dm(emulator: "Emulator", call: Call) -> Answer:
    """Open a direct channel; whether anything may be sent there shows when it is."""
    user = emulator.users.get(int(call.json["recipient_id"]))
    if user is None or user is emulator.bot:
        raise DiscordError(400, 50033, "Invalid Recipient(s)")
    return 200, payloads.channel(emulator.dm(user), emulator.bot)


@routes("GET", "/users/{user_id}")
def user(emulator: "Emulator", call: Call) -> Answer:
    """Give a user."""
    found = emulator.users.get(call.id("user_id"))
    if found is None:
        raise unknown("User")
    return 200, payloads.user(found) | {"banner": None, "accent_color": None}


@routes("GET", CHANNEL)
def channel(emulator: "Emulator", call: Call) -> Answer:
    """Give a channel or thread."""
    return 200, payloads.channel(channel_of(emulator, call.id("channel_id")), emulator.bot)


@routes("PATCH", CHANNEL)
def edit_channel(emulator: "Emulator", call: Call) -> Answer:
    """Rename, archive or lock a thread; rename a channel."""
    found = channel_of(emulator, call.id("channel_id"))
    body: Json = call.json or {}
    own = found.is_thread and found.owner is emulator.bot and "locked" not in body
    if body == {"archived": False} and found.is_thread and not found.locked:
        own = bool(channel_of(emulator, found.id, P.SEND_MESSAGES_IN_THREADS))  # whoever may write there may reopen it
    if not own:
        channel_of(emulator, found.id, P.MANAGE_THREADS if found.is_thread else P.MANAGE_CHANNELS)
    form = Form()
    form.text("name", body.get("name"), 100, 1)
    form.check()
    found.name = body.get("name") or found.name
    found.topic = body.get("topic", found.topic)
    found.archived = body.get("archived", found.archived)
    found.locked = body.get("locked", found.locked)
    if found.is_thread:
        show_thread(emulator, found, "THREAD_UPDATE")
    elif found.guild:
        emulator.gateway.emit("CHANNEL_UPDATE", payloads.channel(found), found.guild.id)
    return 200, payloads.channel(found, emulator.bot)


@routes("GET", GUILD)
def guild(emulator: "Emulator", call: Call) -> Answer:
    """Give a guild."""
    found = guild_of(emulator, call.id("guild_id"))
    counts: Json = {"approximate_member_count": len(found.members), "approximate_presence_count": 0}
    return 200, payloads.guild(found) | (counts if call.query.get("with_counts") in ("1", "true") else {})


@routes("GET", GUILD + "/channels")
def channels(emulator: "Emulator", call: Call) -> Answer:
    """List a guild's channels, without threads."""
    found = guild_of(emulator, call.id("guild_id"))
    return 200, [payloads.channel(each, emulator.bot) for each in found.channels.values() if not each.is_thread]


@routes("GET", GUILD + "/roles")
def roles(emulator: "Emulator", call: Call) -> Answer:
    """List a guild's roles."""
    return 200, [payloads.role(each) for each in guild_of(emulator, call.id("guild_id")).roles.values()]


@routes("GET", GUILD + "/members")
def members(emulator: "Emulator", call: Call) -> Answer:
    """List a guild's members, where the Server Members intent is switched on."""
    found = guild_of(emulator, call.id("guild_id"))
    if not emulator.application.server_members:
        raise missing_access()
    after, limit = int(call.query.get("after", 0)), call.number("limit", 1, 1, 1000)
    ids = [each for each in sorted(found.members) if each > after][:limit]
    return 200, [payloads.member(found.members[each]) for each in ids]


@routes("GET", GUILD + "/members/{user_id}")
def member(emulator: "Emulator", call: Call) -> Answer:
    """Give a guild's member."""
    found = guild_of(emulator, call.id("guild_id"))
    one = found.members.get(call.id("user_id"))
    if one is None:
        raise unknown("Member")
    return 200, payloads.member(one)


@routes("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(emulator: "Emulator", call: Call) -> Answer:
    """Leave a guild."""
    emulator.remove_bot(guild_of(emulator, call.id("guild_id")))
    return 204, None
