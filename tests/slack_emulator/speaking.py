"""Messages of people as Slack's clients send them, and the events that follow."""

import mimetypes
import re
import secrets
import uuid
from collections.abc import Sequence

from tests.slack_emulator.api.content import announce_change
from tests.slack_emulator.model import Account, Channel, File, Json, Message, Upload
from tests.slack_emulator.payloads import message as message_json
from tests.slack_emulator.world import World

_PARTS = re.compile(
    r"<@([UW]\w+)>|<!subteam\^(S\w+)>|<!(channel|here|everyone)>|<#(C\w+)(?:\|[^>]*)?>|<(https?://[^|>]+)>"
)
_KINDS = {"public": "C", "private": "G", "im": "D", "mpim": "G"}


def rich_text(text: str) -> Json:
    """The block that a client makes of what was typed."""
    elements: list[Json] = []
    last = 0
    for match in _PARTS.finditer(text):
        if match.start() > last:
            elements.append({"type": "text", "text": _decoded(text[last : match.start()])})
        elements.append(_part(match))
        last = match.end()
    if last < len(text):
        elements.append({"type": "text", "text": _decoded(text[last:])})
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": secrets.token_urlsafe(4), "elements": [section]}


def _part(match: re.Match[str]) -> Json:
    user, group, everyone, channel, url = match.groups()
    if user:
        return {"type": "user", "user_id": user}
    if group:
        return {"type": "usergroup", "usergroup_id": group}
    if everyone:
        return {"type": "broadcast", "range": everyone}
    return {"type": "channel", "channel_id": channel} if channel else {"type": "link", "url": url}


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class Speaking:
    """Lets people say things."""

    def __init__(self, world: World) -> None:
        self._world = world

    def keep(self, who: Account, upload: Upload, channel: Channel | None = None) -> File:
        """Take a file that a person brings."""
        kind = upload.mimetype or mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        team = channel.team if channel is not None else who.team
        file = File(self._world.new_id("F"), team, who.id, upload.name, upload.name, kind, upload.content)
        file.alt, file.channels = upload.alt, [channel.id] if channel is not None else []
        self._world.files[file.id] = file
        return file

    def say(
        self,
        who: Account,
        channel: Channel,
        text: str,
        *,
        files: Sequence[File | Upload] = (),
        thread: str = "",
        broadcast: bool = False,
        subtype: str = "",
    ) -> Message:
        """Post a message of a person (or of another bot), and tell the app."""
        kept = [one if isinstance(one, File) else self.keep(who, one, channel) for one in files]
        message = Message(channel, self._world.new_ts(), who.id, text=text, files=kept, thread_ts=thread)
        message.broadcast = broadcast
        message.subtype = subtype or ("file_share" if kept else "thread_broadcast" if broadcast else "")
        message.bot_id, message.app_id = who.bot_id, who.app_id
        if not who.bot_id:
            message.client_msg_id = str(uuid.uuid4())
            message.blocks = [rich_text(text)] if text else []
        self._world.post(message)
        self._told(message)
        return message

    def _told(self, message: Message) -> None:
        settings, channel = self._world.settings, message.channel
        event = message_json(message, self._world) | {"channel": channel.id, "event_ts": message.ts}
        events = [event | {"channel_type": channel.event_type}]
        if self._calls_app(message):
            mention = {key: value for key, value in event.items() if key != "subtype"} | {"type": "app_mention"}
            events = _ordered(events[0], mention, settings.mention_order)
            if message.files and settings.mention_files != "both":
                bare = "app_mention" if settings.mention_files == "only message" else "message"
                events = [_without_files(one) if one["type"] == bare else one for one in events]
        for one in events:
            self._world.happened(one, channel, channel.team)
        for file in message.files:
            shared = {"type": "file_shared", "file_id": file.id, "user_id": message.user, "file": {"id": file.id}}
            self._world.happened(shared | {"channel_id": channel.id}, channel, channel.team)

    def _calls_app(self, message: Message) -> bool:
        # Direct messages bring no app_mention, as documented.
        if message.channel.kind == "im" or message.subtype in ("channel_join", "me_message"):
            return False
        return any(f"<@{one.bot_user.id}" in message.text for one in self._world.bots_of(message.channel))

    def edit(self, who: Account, message: Message, text: str) -> None:
        """Let a person change what they said."""
        assert message.user == who.id, "only one's own messages can be edited"
        before = message_json(message, self._world)
        message.text, message.blocks = text, [rich_text(text)]
        message.edited = {"user": who.id, "ts": self._world.new_ts()}
        self._world.reads_now(message)
        announce_change(self._world, message, before)

    def delete(self, who: Account, message: Message) -> None:
        """Let a person take back what they said; a thread's root leaves a tombstone."""
        assert message.user == who.id, "only one's own messages can be deleted"
        before = message_json(message, self._world)
        has_replies = len(self._world.replies(message.channel, message.ts)) > 1
        if not has_replies:
            self._world.delete(message)
            announce_change(self._world, message, before, deleted=True)
            return
        message.subtype, message.text, message.user = "tombstone", "This message was deleted.", "USLACKBOT"
        message.blocks, message.files, message.metadata = [], [], {}
        self._world.reads_now(message)
        announce_change(self._world, message, before)

    def join(self, who: Account, channel: Channel, inviter: str = "") -> None:
        """Let a person or a bot come into a channel."""
        channel.members[who.id] = None
        event: Json = {"type": "member_joined_channel", "user": who.id, "channel": channel.id}
        event |= {"channel_type": _KINDS[channel.kind], "team": who.team.id} | ({"inviter": inviter} if inviter else {})
        self._world.happened(event, channel, channel.team)
        if not who.bot_id:
            kind = "channel_join" if channel.kind == "public" else "group_join"
            self.say(who, channel, f"<@{who.id}> has joined the channel", subtype=kind)

    def leave(self, who: Account, channel: Channel) -> None:
        """Let a person or a bot go out of a channel."""
        event: Json = {"type": "member_left_channel", "user": who.id, "channel": channel.id}
        event |= {"channel_type": _KINDS[channel.kind], "team": who.team.id}
        if who.bot_id:
            kind = "channel_left" if channel.kind == "public" else "group_left"
            left = {"type": kind, "channel": channel.id, "actor_id": "", "event_ts": self._world.new_ts()}
            self._world.happened(left, channel, channel.team)
        self._world.happened(event, channel, channel.team)
        channel.members.pop(who.id, None)
        self._world.records.changed()


def _ordered(message: Json, mention: Json, order: str) -> list[Json]:
    orders = {
        "both": [mention, message],
        "mention first": [mention, message],
        "message first": [message, mention],
        "only message": [message],
        "only mention": [mention],
    }
    return orders[order]


def _without_files(event: Json) -> Json:
    return {key: value for key, value in event.items() if key not in ("files", "upload", "display_as_bot", "subtype")}
