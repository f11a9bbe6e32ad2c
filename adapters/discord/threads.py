"""The threads of a server: those that are active, and those that were archived.

https://discord.com/developers/docs/topics/threads
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.discord.heard import snowflake
from adapters.discord.patience import Patience
from adapters.discord.servers import PRIVATE_THREAD
from adapters.payloads import Payload, mapping, mappings, string

PAGE = 100
_PUBLIC = "/channels/{channel_id}/threads/archived/public"
_JOINED = "/channels/{channel_id}/users/@me/threads/archived/private"


@dataclass(frozen=True)
class Thread:
    """A thread, or a post of a forum; `replies` counts what stands in it, `state` changes when it goes on, loses a
    message or is renamed, and `archived_at` is in seconds since 1970, 0 where it is active."""

    id: str
    parent: str
    kind: int
    name: str
    owner: str
    replies: int
    state: str
    archived_at: float = 0.0

    @property
    def is_private(self) -> bool:
        """Whether only its members see it."""
        return self.kind == PRIVATE_THREAD

    @classmethod
    def of(cls, payload: Payload) -> "Thread":
        """A thread of Discord's JSON."""
        about = mapping(payload.get("thread_metadata"))
        kind, count = payload.get("type"), payload.get("message_count")
        told = [str(payload.get(name) or 0) for name in ("message_count", "total_message_sent", "last_message_id")]
        return cls(
            id=snowflake(payload.get("id")),
            parent=snowflake(payload.get("parent_id")),
            kind=kind if isinstance(kind, int) else 0,
            name=string(payload.get("name")),
            owner=snowflake(payload.get("owner_id")),
            replies=count if isinstance(count, int) else 0,
            state="/".join((*told, string(payload.get("name")))),
            archived_at=_seconds(string(about.get("archive_timestamp"))) if about.get("archived") else 0.0,
        )


async def active_threads(patience: Patience, guild: str) -> tuple[list[Thread], frozenset[str]]:
    """The threads of a server that are not archived, as far as Lorelens sees them, and the ids of those it is in."""
    found = mapping(await patience.ask("/guilds/{guild_id}/threads/active", guild_id=guild))
    joined = frozenset(snowflake(one.get("id")) for one in mappings(found.get("members")))
    return [Thread.of(one) for one in mappings(found.get("threads"))], joined


async def archived_threads(patience: Patience, channel: str, *, after: float) -> AsyncIterator[Thread]:
    """The public threads of a channel that were archived since a time (seconds since 1970), the latest first.

    A thread that began since then was archived since then too.
    """
    before = ""
    while True:
        query: dict[str, str | int] = {"limit": PAGE} | ({"before": before} if before else {})
        found = mapping(await patience.ask(_PUBLIC, query=query, channel_id=channel))
        payloads = mappings(found.get("threads"))
        for payload in payloads:
            thread = Thread.of(payload)
            if thread.archived_at < after:
                return
            yield thread
        following = string(mapping(payloads[-1].get("thread_metadata")).get("archive_timestamp")) if payloads else ""
        if not found.get("has_more") or following in {"", before}:
            return
        before = following


async def joined_private_threads(patience: Patience, channel: str) -> list[Thread]:
    """The private threads of a channel that were archived and that Lorelens is a member of."""
    threads: list[Thread] = []
    before = ""
    while True:
        query: dict[str, str | int] = {"limit": PAGE} | ({"before": before} if before else {})
        found = mapping(await patience.ask(_JOINED, query=query, channel_id=channel))
        page = [Thread.of(one) for one in mappings(found.get("threads"))]
        threads += page
        if not found.get("has_more") or not page or page[-1].id == before:
            return threads
        before = page[-1].id


def _seconds(moment: str) -> float:
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return 0.0
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
