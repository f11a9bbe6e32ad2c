"""What a message of an app may consist of, checked: text, blocks, attachments, markdown, metadata."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.slack_emulator.blocks import MARKDOWN_IN_ALL, MOST_IN_MESSAGE, TEXT_IN_ALL, characters, check
from tests.slack_emulator.calling import Asking, RefusedError
from tests.slack_emulator.model import Channel, File, Json, Message
from tests.slack_emulator.payloads import message as message_json
from tests.slack_emulator.world import World

LONGEST_TEXT = 40_000
LONGEST_METADATA = 16_000


@dataclass(frozen=True)
class Content:
    """Checked content; None is what was not given."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None


def content(asking: Asking, surface: str = "message", longest: int = LONGEST_TEXT) -> Content:
    """The content that was given, or the error that Slack has for it."""
    text, blocks = asking.get("text"), asking.get("blocks")
    markdown = asking.get("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise RefusedError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_IN_ALL:
            raise RefusedError("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}] if markdown else None
    if text is not None and len(text) > longest:
        raise RefusedError("msg_too_long")
    if blocks is not None:
        blocks = checked_blocks(asking, blocks, surface)
    attachments = asking.get("attachments")
    if attachments is not None:
        _check_attachments(asking, attachments, surface)
    return Content(text, blocks, attachments, metadata(asking))


def checked_blocks(asking: Asking, blocks: list[Json], surface: str = "message") -> list[Json]:
    """The blocks with an id each, or invalid_blocks."""
    problems = check(blocks, asking.find_file, surface)
    if problems:
        raise RefusedError("invalid_blocks", *problems, errors=problems)
    if characters(blocks) > TEXT_IN_ALL:
        raise RefusedError("msg_blocks_too_long")
    return with_ids(blocks)


def with_ids(blocks: Sequence[Json]) -> list[Json]:
    """Blocks as Slack keeps them: each with a block_id, each interactive element with an action_id."""
    return [_with_action_ids({"block_id": secrets.token_urlsafe(4)} | block) for block in blocks]


def _with_action_ids(block: Json) -> Json:
    if block.get("type") not in ("actions", "context_actions", "section", "input"):
        return block
    kept = dict(block)
    for key in ("accessory", "element"):
        if key in kept and kept[key].get("type") != "image":
            kept[key] = {"action_id": secrets.token_urlsafe(4)} | kept[key]
    if "elements" in kept:
        kept["elements"] = [{"action_id": secrets.token_urlsafe(4)} | one for one in kept["elements"]]
    return kept


def _check_attachments(asking: Asking, attachments: list[Json], surface: str) -> None:
    if len(attachments) > 100:
        raise RefusedError("too_many_attachments")
    for index, one in enumerate(attachments):
        if "blocks" in one:
            problems = check(one["blocks"], asking.find_file, surface, f"/attachments/{index}/blocks")
            if problems or len(one["blocks"]) > MOST_IN_MESSAGE:
                raise RefusedError("invalid_attachments", *problems, errors=problems)


def metadata(asking: Asking) -> Json | None:
    """The metadata that was given, checked."""
    given: Json | None = asking.get("metadata")
    if not given:
        return given
    kind, payload = given.get("event_type"), given.get("event_payload")
    if not isinstance(kind, str) or not kind or not isinstance(payload, dict) or len(kind) > 255:
        raise RefusedError("invalid_metadata_format")
    if any(key not in ("event_type", "event_payload", "entities") for key in given):
        raise RefusedError("invalid_metadata_schema")
    if len(json.dumps(given)) > LONGEST_METADATA:
        raise RefusedError("metadata_too_large")
    return given


def thread(asking: Asking, channel: Channel) -> str:
    """The thread that is meant: its root stands in this channel and is no reply itself."""
    ts = asking.text("thread_ts")
    if not ts:
        return ""
    root = channel.messages.get(ts)
    if root is None or (root.deleted and root.subtype != "tombstone" and not asking.world.replies(channel, ts)):
        raise RefusedError("thread_not_found")
    if root.thread_ts and root.thread_ts != root.ts:
        raise RefusedError("cannot_reply_to_message")
    return ts


def customized(asking: Asking) -> None:
    """Another name or icon needs a scope of its own."""
    if any(asking.get(key) for key in ("username", "icon_emoji", "icon_url")):
        asking.needs("chat:write.customize")


def by_app(asking: Asking, channel: Channel, given: Content, **more: Any) -> Message:
    """A message of the app with this content."""
    installation = asking.installation
    return Message(
        channel,
        asking.world.new_ts(),
        installation.bot_user.id,
        text=given.text or "",
        blocks=given.blocks or [],
        attachments=given.attachments or [],
        metadata=given.metadata or {},
        bot_id=installation.bot_id,
        app_id=asking.world.app.app_id,
        username=asking.text("username"),
        by_app=True,
        **more,
    )


def announce(world: World, message: Message) -> None:
    """Tell who subscribed that a message was posted."""
    if message.ephemeral_to or not world.settings.deliver_own_messages:
        return
    event = message_json(message, world) | {"channel": message.channel.id, "event_ts": message.ts}
    event["channel_type"] = message.channel.event_type
    world.happened(event, message.channel, message.channel.team)


def announce_change(world: World, message: Message, before: Json, *, deleted: bool = False) -> None:
    """Tell who subscribed that a message was changed or deleted."""
    if not world.settings.deliver_own_messages and message.by_app:
        return
    ts = world.new_ts()
    event: Json = {
        "type": "message",
        "subtype": "message_deleted" if deleted else "message_changed",
        "channel": message.channel.id,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        "channel_type": message.channel.event_type,
        "previous_message": before,
    }
    event |= {"deleted_ts": message.ts} if deleted else {"message": message_json(message, world)}
    world.happened(event, message.channel, message.channel.team)


def app_file(asking: Asking, file_id: str) -> File:
    """A file by its id."""
    file = asking.world.files.get(file_id)
    if file is None or file.deleted:
        raise RefusedError("file_not_found")
    return file
