"""chat.postMessage, and what else is done to messages (docs.slack.dev/reference/methods/chat.postMessage)."""

import time

from tests.slack_emulator.api.content import (
    announce,
    announce_change,
    app_file,
    by_app,
    content,
    customized,
    thread,
)
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Channel, Json, Message
from tests.slack_emulator.payloads import message as message_json

_CONTENT = "text markdown_text blocks:array attachments:array"
_LOOKS = (
    "username icon_emoji icon_url parse link_names:bool mrkdwn:bool unfurl_links:bool unfurl_media:bool as_user:bool"
)


def _postable(asking: Asking) -> Channel:
    channel = asking.channel(by_user=True)
    if channel.archived:
        raise RefusedError("is_archived")
    if channel.kind == "im" and not asking.world.app.messages_tab:
        raise RefusedError("messages_tab_disabled")
    if asking.bot not in channel.members and not (
        channel.kind == "public" and "chat:write.public" in asking.installation.scopes
    ):
        raise RefusedError("not_in_channel")
    return channel


@method(
    "chat.postMessage",
    f"channel! {_CONTENT} {_LOOKS} thread_ts reply_broadcast:bool metadata:object container_id client_msg_id",
    "chat:write",
    tier=0,
)
async def post_message(asking: Asking) -> Json:
    """Post a message."""
    customized(asking)
    channel = _postable(asking)
    given = content(asking)
    if not (given.text or given.blocks or given.attachments):
        raise RefusedError("no_text")
    root = thread(asking, channel)
    message = by_app(asking, channel, given, thread_ts=root, broadcast=bool(root and asking.get("reply_broadcast")))
    message.subtype = "thread_broadcast" if message.broadcast else ""
    asking.world.post(message)
    asking.world.pinged_by(message, asking.text("parse"), bool(asking.get("link_names")))
    announce(asking.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message_json(message, asking.world)}


@method("chat.postEphemeral", f"channel! user! {_CONTENT} {_LOOKS} thread_ts", "chat:write", tier=4)
async def post_ephemeral(asking: Asking) -> Json:
    """Show a message to one person of a channel, until they look away."""
    customized(asking)
    channel = asking.joined()
    user = asking.text("user")
    if user not in asking.world.accounts:
        raise RefusedError("user_not_found")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    given = content(asking, "ephemeral")
    if not (given.text or given.blocks or given.attachments):
        raise RefusedError("no_text")
    message = by_app(asking, channel, given, thread_ts=thread(asking, channel), ephemeral_to=user)
    asking.world.post(message)
    asking.world.pinged_by(message, asking.text("parse"), bool(asking.get("link_names")))
    return {"ok": True, "message_ts": message.ts}


@method(
    "chat.update",
    f"channel! ts! {_CONTENT} {_LOOKS} metadata:object reply_broadcast:bool file_ids:array unfurled_attachments:array",
    "chat:write",
    tier=3,
)
async def update(asking: Asking) -> Json:
    """Change a message of one's own."""
    channel = asking.channel()
    message = own(asking, channel, "cant_update_message")
    if message.streaming:
        raise RefusedError("streaming_state_conflict")
    given = content(asking, longest=4000)
    files = [app_file(asking, str(one)) for one in asking.get("file_ids", [])]
    if given.text is None and given.blocks is None and given.attachments is None and not files:
        raise RefusedError("no_text")
    before = message_json(message, asking.world)
    _apply(message, given.text, given.blocks, given.attachments)
    message.files = files or message.files
    message.metadata = message.metadata if given.metadata is None else given.metadata
    if given.blocks is None:
        message.edited = {"user": message.user, "ts": f"{int(time.time())}.000000"}
    asking.world.reads_now(message)
    asking.world.pinged_by(message, asking.text("parse"), bool(asking.get("link_names")))
    announce_change(asking.world, message, before)
    shown = message_json(message, asking.world)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def _apply(message: Message, text: str | None, blocks: list[Json] | None, attachments: list[Json] | None) -> None:
    # Text alone takes the blocks away; blocks alone keep the text (chat.update's documentation).
    if blocks is not None:
        message.blocks = blocks
    elif text is not None:
        message.blocks = []
    message.text = message.text if text is None else text
    message.attachments = message.attachments if attachments is None else attachments


def own(asking: Asking, channel: Channel, error: str) -> Message:
    """The message of `ts`, which must be the app's own."""
    message = asking.message(channel, asking.text("ts"))
    if message.bot_id != asking.installation.bot_id:
        raise RefusedError(error)
    return message


@method("chat.delete", "channel! ts! as_user:bool", "chat:write", tier=3)
async def delete(asking: Asking) -> Json:
    """Take a message of one's own away."""
    channel = asking.channel()
    message = own(asking, channel, "cant_delete_message")
    before = message_json(message, asking.world)
    asking.world.delete(message)
    announce_change(asking.world, message, before, deleted=True)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


@method("chat.getPermalink", "channel! message_ts!", tier=-1, takes_json=False)
async def permalink(asking: Asking) -> Json:
    """The address of a message."""
    channel = asking.channel()
    message = asking.message(channel, asking.text("message_ts"))
    link = f"https://{channel.team.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"ok": True, "channel": channel.id, "permalink": link}
