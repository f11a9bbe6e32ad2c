"""REST: channels, threads, guilds, members, users and the application itself.

discord.com/developers/docs/resources/channel, .../guild, .../user, .../application
"""

from typing import TYPE_CHECKING

from tests.discord_emulator import payloads
from tests.discord_emulator.access import channel_of, guild_of, message_of
from tests.discord_emulator.bodies import Json, inner
from tests.discord_emulator.drafting import draft
from tests.discord_emulator.errors import DiscordError, Form, missing_access, unknown
from tests.discord_emulator.model import FORUM, NEWS, PRIVATE_THREAD, TEXT, Channel, Message
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes
from tests.discord_emulator.threading import join, leave, open_thread, show_thread
from tests.discord_emulator.writing import post

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


def _thread_parent(emulator: "Emulator", call: Call, private: bool) -> Channel:
    wanted = P.CREATE_PRIVATE_THREADS if private else P.CREATE_PUBLIC_THREADS
    parent = channel_of(emulator, call.id("channel_id"))
    if parent.kind not in (TEXT, NEWS, FORUM) or (private and parent.kind != TEXT):
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    return channel_of(emulator, parent.id, P.SEND_MESSAGES if parent.kind == FORUM else wanted)


def _check_thread(body: Json) -> None:
    form = Form()
    form.text("name", body.get("name"), 100, 1, required=True)
    if body.get("auto_archive_duration") is not None:
        form.choice("auto_archive_duration", body["auto_archive_duration"], (60, 1440, 4320, 10080))
    form.check()


@routes("POST", CHANNEL + "/messages/{message_id}/threads")
def thread_from_message(emulator: "Emulator", call: Call) -> Answer:
    """Open a thread from a message; its id is the message's."""
    parent = _thread_parent(emulator, call, private=False)
    message = message_of(parent, call.id("message_id"))
    _check_thread(call.json)
    if message.thread is not None:
        raise DiscordError(400, 160004, "A thread has already been created for this message")
    thread = open_thread(emulator, parent, call.json["name"], emulator.bot, message=message)
    return 201, payloads.channel(thread, emulator.bot)


@routes("POST", CHANNEL + "/threads")
def thread_without_message(emulator: "Emulator", call: Call) -> Answer:
    """Open a thread by itself, or in a forum with its first message."""
    body: Json = call.json or {}
    private = body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD
    kind = emulator.channels.get(call.id("channel_id"))
    forum = kind is not None and kind.kind == FORUM
    parent = _thread_parent(emulator, call, private and not forum)
    _check_thread(body)
    if not forum:
        thread = open_thread(emulator, parent, body["name"], emulator.bot, private)
        return 201, payloads.channel(thread, emulator.bot)
    first: Json = inner(body, "message")
    parts = draft(emulator, parent, first, call.files)
    thread = open_thread(emulator, parent, body["name"], emulator.bot)
    message = Message(thread.id, thread, emulator.bot, application_id=emulator.application.id, **parts)
    post(emulator, message, first.get("allowed_mentions"))
    return 201, payloads.channel(thread, emulator.bot) | {"message": payloads.message(message, emulator.bot)}


def _thread_of(emulator: "Emulator", call: Call) -> Channel:
    found = channel_of(emulator, call.id("channel_id"))
    if not found.is_thread:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    return found


@routes("PUT", CHANNEL + "/thread-members/@me")
def join_thread(emulator: "Emulator", call: Call) -> Answer:
    """Join a thread."""
    found = _thread_of(emulator, call)
    if found.archived:
        raise DiscordError(400, 50083, "Thread is archived")
    join(emulator, found, emulator.bot)
    return 204, None


@routes("DELETE", CHANNEL + "/thread-members/@me")
def leave_thread(emulator: "Emulator", call: Call) -> Answer:
    """Leave a thread."""
    leave(emulator, _thread_of(emulator, call), emulator.bot)
    return 204, None


@routes("PUT", CHANNEL + "/thread-members/{user_id}")
def add_to_thread(emulator: "Emulator", call: Call) -> Answer:
    """Add somebody to a thread."""
    found, added = _thread_of(emulator, call), emulator.users.get(call.id("user_id"))
    if added is None:
        raise unknown("User")
    join(emulator, found, added)
    return 204, None


@routes("GET", CHANNEL + "/thread-members")
def thread_members(emulator: "Emulator", call: Call) -> Answer:
    """List a thread's members."""
    found = _thread_of(emulator, call)
    shown = [payloads.thread_member(found, each) for each in found.thread_members]
    if call.query.get("with_member") in ("1", "true", "True") and found.guild:
        members = found.guild.members
        shown = [each | {"member": payloads.member(members[int(each["user_id"])])} for each in shown]
    return 200, shown


@routes("GET", CHANNEL + "/thread-members/{user_id}")
def thread_member(emulator: "Emulator", call: Call) -> Answer:
    """Give a thread's member."""
    found, id_ = _thread_of(emulator, call), call.id("user_id")
    if id_ not in found.thread_members:
        raise unknown("Member")
    return 200, payloads.thread_member(found, id_)


def _listed(emulator: "Emulator", threads: list[Channel]) -> Json:
    joined = [each for each in threads if emulator.bot.id in each.thread_members]
    return {
        "threads": [payloads.channel(each, emulator.bot) for each in threads],
        "members": [payloads.thread_member(each, emulator.bot.id) for each in joined],
    }


@routes("GET", GUILD + "/threads/active")
def active_threads(emulator: "Emulator", call: Call) -> Answer:
    """List the threads that are not archived and that the bot sees."""
    guild = guild_of(emulator, call.id("guild_id"))
    seen = [each for each in guild.threads if not each.archived and in_channel(each, emulator.bot) & P.VIEW_CHANNEL]
    return 200, _listed(emulator, sorted(seen, key=lambda each: -each.id))


def _archived(emulator: "Emulator", call: Call, private: bool) -> Answer:
    parent = channel_of(emulator, call.id("channel_id"), P.READ_MESSAGE_HISTORY)
    threads = parent.guild.threads if parent.guild else []
    found = [each for each in threads if each.parent is parent and each.archived]
    found = [each for each in found if (each.kind == PRIVATE_THREAD) == private]
    limit = call.number("limit", 50, 1, 100)
    return 200, _listed(emulator, sorted(found, key=lambda each: -each.id)[:limit]) | {"has_more": len(found) > limit}


@routes("GET", CHANNEL + "/threads/archived/public")
def archived_public(emulator: "Emulator", call: Call) -> Answer:
    """List a channel's archived public threads."""
    return _archived(emulator, call, private=False)


@routes("GET", CHANNEL + "/threads/archived/private")
def archived_private(emulator: "Emulator", call: Call) -> Answer:
    """List a channel's archived private threads, for those who manage threads."""
    channel_of(emulator, call.id("channel_id"), P.MANAGE_THREADS)
    return _archived(emulator, call, private=True)


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
