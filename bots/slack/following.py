"""What Slack tells of channels that are a source of knowledge: the source follows within seconds."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import Payload, mapping, string
from adapters.slack.api import Installed
from adapters.slack.incoming import sent_at
from bots.slack.desk import Desk
from core.sources.channels.documents import day_of
from core.sources.channels.follower import Spot

_LOST = ("channel_left", "group_left", "channel_deleted", "group_deleted")
_READERS = (
    "channel_convert_to_private",
    "channel_convert_to_public",
    "channel_shared",
    "channel_unshared",
    "shared_channel_invite_accepted",
)
"""Some come as events, the conversions as messages of that subtype too."""

Body = dict[str, Any]


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for where Lorelens comes in or has to leave, and for who may read a channel."""
    listening: Any = app
    for kind in _LOST:
        listening.event(kind)(_listener(desk, _lost))
    for kind in _READERS:
        listening.event(kind)(_listener(desk, _readers_changed))
    listening.event("member_joined_channel")(_listener(desk, _joined))
    listening.event("member_left_channel")(_listener(desk, _left))
    listening.event("channel_id_changed")(_listener(desk, _renumbered))


async def follow_channel(desk: Desk, event: Payload, installed: Installed) -> None:
    """Note that something was said, edited or deleted in a followed channel; what was deleted goes at once.

    Raises:
        IndexUnavailableError: it can't be noted; Slack is to send it again.
    """
    follower = desk.application.channel_follower
    if event.get("type") != "message" or string(event.get("channel_type")) in {"im", "mpim"}:
        return
    spot = _spot(event, installed)
    subtype = string(event.get("subtype"))
    if subtype in _READERS:
        await follower.readers_changed(spot)
        return
    before = mapping(event.get("previous_message"))
    message = mapping(event.get("message")) or before or event
    if not spot.channel or _is_own(message, installed):
        return
    ts = string(event.get("deleted_ts")) or string(message.get("ts"))
    root = string(message.get("thread_ts")) or ts
    if not ts:
        return
    day = day_of(sent_at(root))
    thread = root if root != ts or message.get("reply_count") or before.get("reply_count") else ""
    await follower.changed(spot, day, thread)
    if subtype == "message_deleted" or message.get("subtype") == "tombstone":
        desk.spawn(follower.deleted(spot, day, [ts], thread), "Taking a deleted message out of the knowledge")


def _listener(desk: Desk, do: Callable[[Desk, Payload, Installed], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def listener(event: Body, context: AsyncBoltContext) -> None:
        await do(desk, event, await desk.installed(context))

    return listener


async def _lost(desk: Desk, event: Payload, installed: Installed) -> None:
    await desk.application.channel_follower.lost(_spot(event, installed))


async def _readers_changed(desk: Desk, event: Payload, installed: Installed) -> None:
    await desk.application.channel_follower.readers_changed(_spot(event, installed))


async def _joined(desk: Desk, event: Payload, installed: Installed) -> None:
    if event.get("user") == installed.user:
        await desk.application.channel_follower.joined(_spot(event, installed))


async def _left(desk: Desk, event: Payload, installed: Installed) -> None:
    if event.get("user") == installed.user:
        await _lost(desk, event, installed)


async def _renumbered(desk: Desk, event: Payload, installed: Installed) -> None:
    """A channel got another id: the old one is known no more, and the new one is a channel like any."""
    follower = desk.application.channel_follower
    await follower.lost(_named(string(event.get("old_channel_id")), installed))
    await follower.joined(_named(string(event.get("new_channel_id")), installed))


def _spot(event: Payload, installed: Installed) -> Spot:
    given = event.get("channel")
    return _named(string(given) or string(mapping(given).get("id")), installed)


def _named(channel: str, installed: Installed) -> Spot:
    return Spot(platform="slack", workspace=installed.team, channel=channel)


def _is_own(message: Payload, installed: Installed) -> bool:
    """Whether Lorelens said it: an answer that is being written changes many times, and is no knowledge."""
    return string(message.get("user")) == installed.user or (
        bool(installed.bot) and string(message.get("bot_id")) == installed.bot
    )
