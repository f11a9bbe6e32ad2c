"""Messages that grow before one's eyes: chat.startStream, appendStream, stopStream (docs.slack.dev)."""

import time
from typing import Any, cast

from tests.slack_emulator.api.content import (
    Content,
    announce,
    announce_change,
    by_app,
    checked_blocks,
    customized,
    metadata,
    thread,
    with_ids,
)
from tests.slack_emulator.api.posting import own
from tests.slack_emulator.blocks import MARKDOWN_IN_ALL
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Json, Message, Stream
from tests.slack_emulator.payloads import message as message_json

_CHUNKS = {
    "markdown_text": ({"text"}, set[str]()),
    "task_update": ({"id", "title", "status"}, {"details", "output", "sources"}),
    "plan_update": ({"title"}, set[str]()),
    "blocks": ({"blocks"}, set[str]()),
}
_STATUSES = ("pending", "in_progress", "complete", "error")


@method(
    "chat.startStream",
    "channel! thread_ts! markdown_text chunks:array recipient_team_id recipient_user_id task_display_mode"
    " icon_emoji icon_url username",
    "chat:write",
    tier=2,
)
async def start_stream(asking: Asking) -> Json:
    """Begin a message that will grow."""
    customized(asking)
    channel = asking.joined()
    root = thread(asking, channel)
    recipient = _recipient(asking, channel.kind)
    if asking.text("task_display_mode") not in ("", "timeline", "plan", "dense"):
        raise RefusedError("invalid_arguments", "[ERROR] must be a valid enum value [json-pointer:/task_display_mode]")
    stream = Stream(recipient=recipient)
    _grow(asking, stream)
    message = by_app(asking, channel, Content(None, None, None, None), thread_ts=root, streaming=True, stream=stream)
    _show(message, stream)
    asking.world.post(message)
    asking.world.pinged_by(message)
    announce(asking.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def _recipient(asking: Asking, kind: str) -> str:
    team, user = asking.text("recipient_team_id"), asking.text("recipient_user_id")
    if kind != "im":
        if not team:
            raise RefusedError("missing_recipient_team_id")
        if not user:
            raise RefusedError("missing_recipient_user_id")
    account = asking.world.accounts.get(user)
    if user and account is None:
        raise RefusedError("user_not_found")
    if team and (team not in asking.world.teams or (account is not None and account.team.id != team)):
        raise RefusedError("team_not_found")
    return user


@method("chat.appendStream", "channel! ts! markdown_text chunks:array", "chat:write", tier=4)
async def append_stream(asking: Asking) -> Json:
    """Let a message grow."""
    message, stream = _streaming(asking)
    if not asking.get("markdown_text") and not asking.get("chunks"):
        raise RefusedError("no_text")
    _grow(asking, stream)
    stream.appends += 1
    _show(message, stream)
    asking.world.reads_now(message)
    asking.world.pinged_by(message)
    return {"ok": True, "channel": message.channel.id, "ts": message.ts}


@method(
    "chat.stopStream",
    "channel! ts! markdown_text chunks:array blocks:array metadata:object session_status",
    "chat:write",
    tier=2,
)
async def stop_stream(asking: Asking) -> Json:
    """Let a message be whole."""
    message, stream = _streaming(asking)
    before = message_json(message, asking.world)
    blocks = checked_blocks(asking, asking.get("blocks", []))
    given = metadata(asking)
    _grow(asking, stream)
    _show(message, stream)
    if not (message.blocks or blocks):
        raise RefusedError("no_text")
    message.blocks = [*message.blocks, *blocks]
    message.metadata = given or {}
    message.streaming = False
    asking.world.reads_now(message)
    asking.world.pinged_by(message)
    announce_change(asking.world, message, before)
    shown = message_json(message, asking.world)
    return {"ok": True, "channel": message.channel.id, "ts": message.ts, "message": shown}


def _streaming(asking: Asking) -> tuple[Message, Stream]:
    message = own(asking, asking.channel(), "message_not_owned_by_app")
    stream = message.stream
    if stream is not None and message.streaming and _expired(asking, stream):
        message.streaming, stream.closed_by_slack = False, True
        asking.world.reads_now(message)
    if stream is None or not message.streaming:
        raise RefusedError("message_not_in_streaming_state")
    return message, stream


def _expired(asking: Asking, stream: Stream) -> bool:
    faults = asking.world.faults
    if faults.stream_appends is not None and stream.appends >= faults.stream_appends:
        return True
    return faults.stream_seconds is not None and time.monotonic() - stream.started_at >= faults.stream_seconds


def _grow(asking: Asking, stream: Stream) -> None:
    markdown, chunks = asking.get("markdown_text"), cast(list[Any], asking.get("chunks") or [])
    if markdown and chunks:
        raise RefusedError("cannot_provide_both_markdown_text_and_chunks")
    mode = "markdown_text" if markdown else "chunks" if chunks else ""
    if mode and stream.mode and mode != stream.mode:
        raise RefusedError("streaming_mode_mismatch")
    for index, chunk in enumerate(chunks):
        _check_chunk(asking, chunk, f"/chunks/{index}")
    stream.mode = stream.mode or mode
    if markdown:
        _add_markdown(stream, markdown)
    for chunk in chunks:
        _add(stream, chunk)


def _check_chunk(asking: Asking, chunk: Any, at: str) -> None:
    one = cast(Json, chunk) if isinstance(chunk, dict) else {}
    kind = str(one.get("type"))
    if kind not in _CHUNKS:
        raise RefusedError("invalid_chunks", f"[ERROR] unsupported type: {kind} [json-pointer:{at}/type]")
    required, optional = _CHUNKS[kind]
    wrong = [f"[ERROR] missing required field: {key} [json-pointer:{at}]" for key in sorted(required - one.keys())]
    known = required | optional | {"type"}
    wrong += [f"[ERROR] additional property: {key} [json-pointer:{at}]" for key in one if key not in known]
    if kind == "task_update" and one.get("status") not in _STATUSES:
        wrong.append(f"[ERROR] must be a valid enum value [json-pointer:{at}/status]")
    if any(len(str(one.get(key, ""))) > 256 for key in ("title", "details", "output")):
        wrong.append(f"[ERROR] must be less than 257 characters [json-pointer:{at}]")
    if wrong:
        raise RefusedError("invalid_chunks", *wrong)
    if kind == "markdown_text" and len(str(one["text"])) > MARKDOWN_IN_ALL:
        raise RefusedError("msg_too_long")
    if kind == "blocks":
        checked_blocks(asking, one["blocks"])


def _add(stream: Stream, chunk: Json) -> None:
    if chunk["type"] == "markdown_text":
        _add_markdown(stream, str(chunk["text"]))
    elif chunk["type"] == "plan_update":
        stream.plan = str(chunk["title"])
    elif chunk["type"] == "blocks":
        stream.blocks += with_ids(chunk["blocks"])
    else:
        _add_task(stream, chunk)


def _add_markdown(stream: Stream, text: str) -> None:
    if len(text) > MARKDOWN_IN_ALL:
        raise RefusedError("msg_too_long")
    stream.markdown += text
    if stream.blocks and stream.blocks[-1]["type"] == "markdown":
        stream.blocks[-1] = stream.blocks[-1] | {"text": stream.blocks[-1]["text"] + text}
    else:
        stream.blocks += with_ids([{"type": "markdown", "text": text}])


def _add_task(stream: Stream, chunk: Json) -> None:
    # The title and status of a task are replaced, its details and output grow.
    card = stream.tasks.get(chunk["id"])
    if card is None:
        card = with_ids([{"type": "task_card", "task_id": chunk["id"]}])[0]
        stream.tasks[chunk["id"]] = card
        stream.blocks.append(card)
    card |= {"title": chunk["title"], "status": chunk["status"]}
    for key in ("details", "output"):
        if chunk.get(key):
            part = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(chunk[key])}]}
            grown = card.get(key, {"type": "rich_text", "elements": []})
            card[key] = grown | {"elements": [*grown["elements"], part]}
    if chunk.get("sources"):
        card["sources"] = [*card.get("sources", []), *chunk["sources"]]


def _show(message: Message, stream: Stream) -> None:
    plan = with_ids([{"type": "plan", "title": stream.plan, "tasks": []}]) if stream.plan else []
    message.blocks = plan + [dict(block) for block in stream.blocks]
    message.text = stream.markdown
