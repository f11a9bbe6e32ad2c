"""What stands in Slack of a reply: what was noted of it, and what is found by its key.

Slack knows no idempotent posts. So each message of a reply carries the reply's key and its part's number in its
metadata, and whoever takes over looks for them. A stream has no metadata before it stops: it is known by the id of its
first block, or by the streaming state of a message of the app's own that carries no key.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue
from slack_sdk.web.async_client import AsyncWebClient

from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Installed, pages
from adapters.slack.refusals import SlackRefusedError
from core.posting import Posting

EVENT = "lorelens_reply"
_MOST_PAGES = 10
_AHEAD = 1.0
"""Seconds by which this machine's clock may be ahead of Slack's."""
_UNREADABLE = {
    "channel_not_found",
    "is_archived",
    "message_not_found",
    "missing_scope",
    "not_in_channel",
    "thread_not_found",
}


@dataclass(frozen=True)
class Spot:
    """Where in Slack a reply goes: a channel, perhaps a thread in it, and after which message; `enterprise` is empty
    outside of Enterprise Grid."""

    channel: str
    thread: str = ""
    after: str = ""
    enterprise: str = ""

    def noted(self) -> dict[str, JsonValue]:
        """What must be known of it to withdraw the reply when its question is gone."""
        known: dict[str, JsonValue] = {"channel": self.channel, "after": self.after}
        return {**known, "enterprise": self.enterprise} if self.enterprise else known


@dataclass
class Found:
    """The app's messages that are the reply's, or may be; ids, the oldest first.

    `parts` carry its key. `streams` were begun and carry none yet. `unclaimed` is what else carries no key, for servers
    that keep no metadata: fit to go on with, but not to be deleted.
    """

    parts: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    streams: list[str] = field(default_factory=list[str])
    unclaimed: list[str] = field(default_factory=list[str])


def metadata(posting: Posting, part: int) -> dict[str, Any]:
    """What a message of the reply carries, invisibly."""
    return {"event_type": EVENT, "event_payload": {"key": posting.key, "part": part}}


def stream_block_id(posting: Posting) -> str:
    """The id of the block that a stream begins with."""
    return f"{EVENT}_{posting.key}"


def noted(posting: Posting, channel: str) -> list[str]:
    """The ids of the reply's messages that were noted in a channel, part by part."""
    if posting.posted.get("channel") != channel:
        return []
    kept = posting.posted.get("ts")
    return [str(one) for one in kept] if isinstance(kept, Sequence) and not isinstance(kept, str) else []


def now() -> float:
    """What is noted right before the first thing is posted: nothing of the reply is older."""
    return round(time.time(), 3)


async def find(client: AsyncWebClient, spot: Spot, posting: Posting, installed: Installed) -> Found:
    """Look for the reply where it was to go. What the app may not read has nothing in it, as far as it can tell.

    Raises:
        PlatformUnavailableError: Slack does not answer.
    """
    found = Found()
    began = posting.posted.get("starting")
    since = float(began) - _AHEAD if isinstance(began, int | float) else float("inf")
    where: dict[str, str | int | bool] = {"channel": spot.channel, "include_all_metadata": True}
    where |= {"oldest": spot.after} if spot.after else {}
    where |= {"ts": spot.thread} if spot.thread else {}
    method = "conversations.replies" if spot.thread else "conversations.history"
    try:
        async for page in pages(client, method, "messages", most=_MOST_PAGES, arguments=where):
            for message in mappings(page):
                if _is_own(message, installed):
                    _sort_in(found, message, posting, since)
    except SlackRefusedError as error:
        if error.reason not in _UNREADABLE:
            raise
    for ids in (*found.parts.values(), found.streams, found.unclaimed):
        ids.sort(key=float)
    return found


def _is_own(message: Payload, installed: Installed) -> bool:
    """Whether the app wrote it: others could claim its key."""
    known = ((installed.bot, string(message.get("bot_id"))), (installed.user, string(message.get("user"))))
    comparable = [one == other for one, other in known if one and other]
    return any(comparable) if comparable else bool(message.get("bot_id") or message.get("app_id"))


def _sort_in(found: Found, message: Payload, posting: Posting, since: float) -> None:
    ts = string(message.get("ts"))
    carried = mapping(message.get("metadata"))
    if not ts:
        return
    if carried.get("event_type"):
        payload = mapping(carried.get("event_payload"))
        if carried["event_type"] == EVENT and payload.get("key") == posting.key:
            found.parts.setdefault(int(payload.get("part") or 0), []).append(ts)
    elif _begins_stream(message, posting):
        found.streams.append(ts)
    elif float(ts) >= since and not message.get("files"):
        (found.streams if message.get("streaming_state") else found.unclaimed).append(ts)


def _begins_stream(message: Payload, posting: Posting) -> bool:
    return any(block.get("block_id") == stream_block_id(posting) for block in mappings(message.get("blocks")))
