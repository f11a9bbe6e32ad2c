"""What was said: conversations.history and conversations.replies (docs.slack.dev/reference/methods)."""

from tests.slack_emulator.api.conversations import page, scope_for
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Channel, Json, Message
from tests.slack_emulator.payloads import message as message_json

_BOUNDS = "cursor inclusive:bool include_all_metadata:bool latest limit:int oldest"


def _readable(asking: Asking) -> Channel:
    channel = asking.channel()
    asking.needs(scope_for(channel, "history"))
    if asking.bot not in channel.members:
        raise RefusedError("not_in_channel")
    return channel


def _within(asking: Asking, message: Message) -> bool:
    oldest, latest = asking.text("oldest") or "0", asking.text("latest") or "9999999999.999999"
    try:
        ts, low, high = float(message.ts), float(oldest), float(latest)
    except ValueError as error:
        raise RefusedError("invalid_ts_oldest") from error
    return low < ts < high or (bool(asking.get("inclusive")) and message.ts in (oldest, latest))


def _shown(asking: Asking, message: Message) -> Json:
    body = message_json(message, asking.world)
    if "metadata" in body and not asking.get("include_all_metadata"):
        # Only with the flag is the payload told.
        body["metadata"] = {"event_type": body["metadata"]["event_type"]}
    return body


@method("conversations.history", f"channel! {_BOUNDS}", tier=3)
async def history(asking: Asking) -> Json:
    """The messages of a channel, the newest first; of threads the root and what was broadcast."""
    channel = _readable(asking)
    standing = [
        one
        for one in channel.messages.values()
        if not one.deleted and (not one.thread_ts or one.thread_ts == one.ts or one.broadcast) and _within(asking, one)
    ]
    found, more = page(standing[::-1], asking, 100, 999)
    answer: Json = {
        "ok": True,
        "messages": [_shown(asking, one) for one in found],
        "has_more": bool(more["next_cursor"]),
    }
    return answer | {"pin_count": 0, "response_metadata": more}


@method("conversations.replies", f"channel! ts! {_BOUNDS}", tier=3)
async def replies(asking: Asking) -> Json:
    """A thread, the root first, then the replies, oldest first."""
    channel = _readable(asking)
    ts = asking.text("ts")
    message = asking.message(channel, ts, "thread_not_found")
    thread = asking.world.replies(channel, message.root)
    if message.ts != message.root:
        thread = [message]  # a reply's ts gives that reply alone
    root = [one for one in thread if one.ts == message.root]
    others = [one for one in thread if one.ts != message.root and _within(asking, one)]
    found, more = page(others if message.ts == message.root else thread, asking, 1000, 1000)
    shown = [*(root if not asking.text("cursor") else []), *found] if message.ts == message.root else found
    answer: Json = {"ok": True, "messages": [_shown(asking, one) for one in shown]}
    return answer | {"has_more": bool(more["next_cursor"]), "response_metadata": more}
