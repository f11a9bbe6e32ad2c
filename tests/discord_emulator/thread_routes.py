"""REST: threads, their members, and the lists of those that are open or archived.

discord.com/developers/docs/resources/channel#start-thread-from-message and what follows it
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tests.discord_emulator import payloads
from tests.discord_emulator.access import channel_of, guild_of, message_of
from tests.discord_emulator.bodies import Json, inner
from tests.discord_emulator.clock import snowflake_time
from tests.discord_emulator.drafting import draft
from tests.discord_emulator.errors import DiscordError, Form, unknown
from tests.discord_emulator.model import FORUM, NEWS, PRIVATE_THREAD, TEXT, Channel, Message
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes
from tests.discord_emulator.threads import join, leave, open_thread
from tests.discord_emulator.writing import post

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

routes = Routes()
P = Permission
CHANNEL, GUILD = "/channels/{channel_id}", "/guilds/{guild_id}"


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
    return 200, _listed(emulator, sorted(seen, key=lambda each: -each.id)) | {"has_more": False}


def _archived(emulator: "Emulator", call: Call, private: bool) -> Answer:
    """The archived threads of a channel before a time; they were archived when they began (see payloads)."""
    before = call.query.get("before")
    moment = datetime.fromisoformat(before).timestamp() if before else float("inf")
    return _page(emulator, call, private, lambda each: snowflake_time(each.id) < moment)


def _page(emulator: "Emulator", call: Call, private: bool, wanted: Callable[[Channel], bool]) -> Answer:
    parent = channel_of(emulator, call.id("channel_id"), P.READ_MESSAGE_HISTORY)
    threads = parent.guild.threads if parent.guild else []
    found = [each for each in threads if each.parent is parent and each.archived and wanted(each)]
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


@routes("GET", CHANNEL + "/users/@me/threads/archived/private")
def archived_private_joined(emulator: "Emulator", call: Call) -> Answer:
    """List a channel's archived private threads that the bot is in, before an id."""
    before = int(call.query.get("before", 1 << 63))
    bot = emulator.bot.id
    return _page(emulator, call, True, lambda each: bot in each.thread_members and each.id < before)
