"""REST: messages, pins, reactions and typing.

discord.com/developers/docs/resources/message
"""

import time
from typing import TYPE_CHECKING

from tests.discord_emulator import payloads
from tests.discord_emulator.access import channel_of, message_of, writable
from tests.discord_emulator.bodies import Json, inner
from tests.discord_emulator.clock import snowflake_time, timestamp
from tests.discord_emulator.drafting import amendment, draft
from tests.discord_emulator.errors import DiscordError, Form, missing_permissions
from tests.discord_emulator.model import DM, Channel, Message
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes
from tests.discord_emulator.writing import post, react, remove, revise, shows_content

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

routes = Routes()
P = Permission
MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = MESSAGES + "/{message_id}"
REACTIONS = MESSAGE + "/reactions/{emoji_name}"
NONCE_LIVES = 300.0
"""Seconds: "in the past few minutes", says Discord."""


def shown(emulator: "Emulator", message: Message) -> Json:
    """Return a message as REST shows it: without content where the application may not read it."""
    content = emulator.application.message_content or shows_content(emulator, message)
    return payloads.message(message, emulator.bot, content)


@routes("POST", MESSAGES)
def create(emulator: "Emulator", call: Call) -> Answer:
    """Post a message; the same nonce again, with enforce_nonce, gives the message that it made."""
    channel = writable(emulator, call.id("channel_id"))
    body: Json = call.json or {}
    nonce = body.get("nonce")
    if nonce is not None and body.get("enforce_nonce"):
        for each in reversed(channel.messages.values()):
            recent = emulator.clock.now() - snowflake_time(each.id) < NONCE_LIVES
            if recent and each.author is emulator.bot and each.nonce is not None and str(each.nonce) == str(nonce):
                return 200, shown(emulator, each)
    held = in_channel(channel, emulator.bot)
    if (call.files and not held & P.ATTACH_FILES) or (body.get("embeds") and not held & P.EMBED_LINKS):
        raise missing_permissions()
    reference = _reference(emulator, channel, body)
    message = Message(emulator.clock.snowflake(), channel, emulator.bot, **draft(emulator, channel, body, call.files))
    message.application_id = emulator.application.id
    message.nonce = nonce
    if body.get("message_reference") and (reference is not None):
        message.kind, message.reference = 19, reference
        where: Json = {"type": 0, "channel_id": str(channel.id), "message_id": str(reference.id)}
        message.reference_json = where | ({"guild_id": str(channel.guild.id)} if channel.guild else {})
    post(emulator, message, body.get("allowed_mentions"))
    return 200, shown(emulator, message)


def _reference(emulator: "Emulator", channel: Channel, body: Json) -> Message | None:
    said: Json = inner(body, "message_reference")
    if not said or said.get("type"):
        return None
    if not in_channel(channel, emulator.bot) & P.READ_MESSAGE_HISTORY:
        raise DiscordError(400, 160002, "Cannot reply without permission to read message history")
    found = channel.messages.get(int(said["message_id"]))
    if found is not None and found.ephemeral:
        found = None
    if found is None and said.get("fail_if_not_exists", True):
        form = Form()
        form.wrong("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        form.check()
    if found is not None and found.kind not in (0, 19, 20, 23):
        form = Form()
        form.wrong("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message")
        form.check()
    return found


@routes("GET", MESSAGES)
def list_messages(emulator: "Emulator", call: Call) -> Answer:
    """List messages, newest first."""
    channel = channel_of(emulator, call.id("channel_id"))
    limit = call.number("limit", 50, 1, 100)
    if not in_channel(channel, emulator.bot) & P.READ_MESSAGE_HISTORY:
        return 200, []
    standing = [each for each in channel.messages.values() if not each.ephemeral]
    standing.sort(key=lambda each: each.id)
    if "around" in call.query:
        around = int(call.query["around"])
        before = [each for each in standing if each.id < around][-(limit // 2) :] if limit > 1 else []
        found = before + [each for each in standing if each.id >= around][: limit - len(before)]
    elif "after" in call.query:
        found = [each for each in standing if each.id > int(call.query["after"])][:limit]
    else:
        found = [each for each in standing if "before" not in call.query or each.id < int(call.query["before"])][
            -limit:
        ]
    return 200, [shown(emulator, each) for each in reversed(found)]


@routes("GET", MESSAGES + "/pins")
def list_pins(emulator: "Emulator", call: Call) -> Answer:
    """List what is pinned."""
    channel = channel_of(emulator, call.id("channel_id"), P.READ_MESSAGE_HISTORY)
    pinned = [
        {"pinned_at": timestamp(snowflake_time(each.id)), "message": shown(emulator, each)}
        for each in reversed(channel.pins)
    ]
    return 200, {"items": pinned, "has_more": False}


@routes("PUT", MESSAGES + "/pins/{message_id}")
def pin(emulator: "Emulator", call: Call) -> Answer:
    """Pin a message."""
    channel = channel_of(emulator, call.id("channel_id"), P.PIN_MESSAGES)
    message = message_of(channel, call.id("message_id"))
    if message not in channel.pins:
        channel.pins.append(message)
        _pins_changed(emulator, channel)
    return 204, None


@routes("DELETE", MESSAGES + "/pins/{message_id}")
def unpin(emulator: "Emulator", call: Call) -> Answer:
    """Unpin a message."""
    channel = channel_of(emulator, call.id("channel_id"), P.PIN_MESSAGES)
    message = message_of(channel, call.id("message_id"))
    if message in channel.pins:
        channel.pins.remove(message)
        _pins_changed(emulator, channel)
    return 204, None


def _pins_changed(emulator: "Emulator", channel: Channel) -> None:
    told: Json = {"channel_id": str(channel.id), "last_pin_timestamp": timestamp(emulator.clock.now())}
    told |= {"guild_id": str(channel.guild.id)} if channel.guild else {}
    emulator.gateway.emit("CHANNEL_PINS_UPDATE", told, channel.guild.id if channel.guild else None)


@routes("POST", MESSAGES + "/bulk-delete")
def delete_many(emulator: "Emulator", call: Call) -> Answer:
    """Delete 2 to 100 messages of the last two weeks."""
    channel = channel_of(emulator, call.id("channel_id"), P.MANAGE_MESSAGES)
    ids = [int(each) for each in call.json["messages"]]
    form = Form()
    form.count("messages", len(ids), 100, 2)
    form.check()
    if any(emulator.clock.now() - snowflake_time(each) > 14 * 86_400 for each in ids):
        raise DiscordError(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    if found := [channel.messages[each] for each in ids if each in channel.messages]:
        remove(emulator, found)
    return 204, None


@routes("GET", MESSAGE)
def get(emulator: "Emulator", call: Call) -> Answer:
    """Give one message."""
    channel = channel_of(emulator, call.id("channel_id"), P.READ_MESSAGE_HISTORY)
    return 200, shown(emulator, message_of(channel, call.id("message_id")))


@routes("PATCH", MESSAGE)
def edit(emulator: "Emulator", call: Call) -> Answer:
    """Edit one of the bot's own messages."""
    channel = channel_of(emulator, call.id("channel_id"))
    message = message_of(channel, call.id("message_id"))
    body: Json = call.json or {}
    if message.author is not emulator.bot:
        raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    if channel.archived:
        raise DiscordError(400, 50083, "Thread is archived")
    held = in_channel(channel, emulator.bot)
    if (call.files and not held & P.ATTACH_FILES) or (body.get("embeds") and not held & P.EMBED_LINKS):
        raise missing_permissions()
    changes = amendment(emulator, message, body, call.files)
    return 200, shown(emulator, revise(emulator, message, changes, body.get("allowed_mentions")))


@routes("DELETE", MESSAGE)
def delete(emulator: "Emulator", call: Call) -> Answer:
    """Delete the bot's own message, or another's where it may manage messages."""
    channel = channel_of(emulator, call.id("channel_id"))
    message = message_of(channel, call.id("message_id"))
    if message.author is not emulator.bot:
        if channel.kind == DM:
            raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        if not in_channel(channel, emulator.bot) & P.MANAGE_MESSAGES:
            raise missing_permissions()
    remove(emulator, [message])
    return 204, None


@routes("PUT", REACTIONS + "/@me")
def add_reaction(emulator: "Emulator", call: Call) -> Answer:
    """React; ADD_REACTIONS is needed where nobody has reacted so."""
    channel = channel_of(emulator, call.id("channel_id"), P.READ_MESSAGE_HISTORY)
    message = message_of(channel, call.id("message_id"))
    emoji = call.params["emoji_name"]
    if emoji not in message.reactions and not in_channel(channel, emulator.bot) & P.ADD_REACTIONS:
        raise missing_permissions()
    if emoji.isascii() and ":" not in emoji:
        raise DiscordError(400, 10014, "Unknown Emoji")
    react(emulator, message, emulator.bot, emoji)
    return 204, None


@routes("DELETE", REACTIONS + "/@me")
def take_reaction(emulator: "Emulator", call: Call) -> Answer:
    """Take the bot's reaction back."""
    channel = channel_of(emulator, call.id("channel_id"))
    react(emulator, message_of(channel, call.id("message_id")), emulator.bot, call.params["emoji_name"], gone=True)
    return 204, None


@routes("GET", REACTIONS)
def list_reactions(emulator: "Emulator", call: Call) -> Answer:
    """List who reacted so."""
    channel = channel_of(emulator, call.id("channel_id"))
    message = message_of(channel, call.id("message_id"))
    users = message.reactions.get(call.params["emoji_name"], [])
    return 200, [payloads.user(each) for each in users[: call.number("limit", 25, 1, 100)]]


@routes("POST", "/channels/{channel_id}/typing")
def typing(emulator: "Emulator", call: Call) -> Answer:
    """Show that the bot writes."""
    channel = writable(emulator, call.id("channel_id"))
    emulator.typing.append((channel, time.monotonic()))
    return 204, None
