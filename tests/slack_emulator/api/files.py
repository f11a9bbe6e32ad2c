"""Files of the app: upload in three steps, info, deletion (docs.slack.dev/messaging/working-with-files)."""

import asyncio
import mimetypes
import time

from tests.slack_emulator.api.content import (
    Content,
    announce,
    app_file,
    by_app,
    customized,
    thread,
)
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Channel, File, Json, Message
from tests.slack_emulator.payloads import file as file_json

LARGEST = 1_000_000_000


@method("files.info", "file! count:int cursor limit:int page:int", "files:read", tier=4, takes_json=False)
async def info(asking: Asking) -> Json:
    """One file."""
    file = app_file(asking, asking.text("file"))
    if file.owner != asking.bot and not _seen(asking, file):
        raise RefusedError("file_not_found")
    shares: dict[str, Json] = {"public": {}, "private": {}}
    for channel in (asking.world.channels[one] for one in file.channels):
        where = shares["public" if channel.kind == "public" else "private"]
        where[channel.id] = [
            {"ts": one.ts, "channel_name": channel.name, "team_id": channel.team.id}
            | ({"thread_ts": one.thread_ts} if one.thread_ts else {})
            for one in channel.messages.values()
            if file in one.files and not one.deleted
        ]
    body = file_json(file, asking.world.base) | {"shares": {kind: where for kind, where in shares.items() if where}}
    return {
        "ok": True,
        "file": body | {"channels": file.channels},
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def _seen(asking: Asking, file: File) -> bool:
    return file.given or any(asking.bot in asking.world.channels[one].members for one in file.channels)


@method("files.delete", "file!", "files:write", tier=3)
async def delete(asking: Asking) -> Json:
    """Take a file of one's own away."""
    file = app_file(asking, asking.text("file"))
    if file.owner != asking.bot:
        raise RefusedError("cant_delete_file")
    file.deleted = True
    asking.world.records.changed()
    return {"ok": True}


@method(
    "files.getUploadURLExternal", "filename! length:int! alt_txt snippet_type", "files:write", tier=4, takes_json=False
)
async def upload_url(asking: Asking) -> Json:
    """Where to send the bytes of a new file."""
    length = asking.get("length")
    if not 0 < length <= LARGEST:
        raise RefusedError("invalid_arguments", "[ERROR] length must be more than 0 [json-pointer:/length]")
    name = asking.text("filename")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(asking.world.new_id("F"), asking.installation.team, asking.bot, name, name, kind, b"")
    file.alt, file.complete, file.expected = asking.text("alt_txt"), False, length
    asking.world.files[file.id] = file
    return {"ok": True, "upload_url": f"{asking.world.base}/upload/v1/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal",
    "files:array! channel_id channels thread_ts initial_comment blocks:array icon_emoji icon_url username",
    "files:write",
    tier=4,
)
async def complete(asking: Asking) -> Json:
    """Finish uploads and share them where they shall stand."""
    customized(asking)
    files = [_completed(asking, one) for one in asking.get("files")]
    if not files:
        raise RefusedError("invalid_arguments", "[ERROR] must have at least 1 items [json-pointer:/files]")
    wanted = [asking.text("channel_id"), *asking.text("channels").split(",")]
    channels = [_shareable(asking, one) for one in dict.fromkeys(wanted) if one]
    for file, title in files:
        file.complete, file.title = True, title
        file.ready_at = time.monotonic() + asking.world.settings.file_ready_seconds
    shared = [file for file, _ in files]
    for channel in channels:
        root = thread(asking, channel)
        if seconds := asking.world.settings.share_seconds:
            asyncio.get_running_loop().call_later(seconds, _share, asking, channel, shared, root)
        else:
            _share(asking, channel, shared, root)
    asking.world.records.changed()
    return {"ok": True, "files": [{"id": f.id, "title": f.title} | file_json(f, asking.world.base) for f, _ in files]}


def _completed(asking: Asking, one: Json) -> tuple[File, str]:
    unknown = set(one) - {"id", "title", "highlight_type"}
    if "id" not in one or unknown:
        raise RefusedError("invalid_arguments", "[ERROR] files need an id and may have a title [json-pointer:/files]")
    file = asking.world.files.get(str(one["id"]))
    if file is None or file.owner != asking.bot or file.complete or not file.content:
        raise RefusedError("file_not_found")
    return file, str(one.get("title") or file.name)


def _shareable(asking: Asking, channel_id: str) -> Channel:
    channel = asking.world.channels.get(channel_id)
    if channel is None:
        raise RefusedError("channel_not_found")
    if asking.bot not in channel.members:
        raise RefusedError("not_in_channel")
    return channel


def _share(asking: Asking, channel: Channel, files: list[File], root: str) -> Message:
    text = asking.text("initial_comment")
    blocks = None if text else asking.get("blocks")
    message = by_app(asking, channel, Content(text, blocks, None, None), thread_ts=root, files=files)
    message.subtype = "file_share"
    for file in files:
        file.channels.append(channel.id)
    asking.world.post(message)
    asking.world.pinged_by(message)
    announce(asking.world, message)
    return message
