"""A message of Discord as a value: what of it matters here, be it from the gateway, from a command or from history.

https://discord.com/developers/docs/resources/message#message-object
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.payloads import Payload, listing, mapping, mappings, string

SAID = {0, 19}
"""Types of messages in which people say something: an ordinary one and a reply."""
VOICE = 1 << 13
FORWARD = 1
_LONGEST_ID = 20
EPOCH = 1420070400000
"""Milliseconds of 1970 at which Discord's ids begin."""


@dataclass(frozen=True)
class Upload:
    """A file that came with a message; `size` is in bytes."""

    id: str
    name: str
    media_type: str
    size: int
    url: str
    alt: str = ""


@dataclass(frozen=True)
class Heard:
    """A message. `people` are the names of whom it mentions, by id; `reference` is the id of the message that it
    replies to, `referenced` that message where Discord tells of it. `buttons` are the ids of its buttons, and `quoted`
    what was forwarded with it."""

    id: str
    channel: str
    guild: str = ""
    kind: int = 0
    author: str = ""
    author_name: str = ""
    is_bot: bool = False
    text: str = ""
    people: Mapping[str, str] = field(default_factory=dict[str, str])
    roles: frozenset[str] = frozenset()
    uploads: tuple[Upload, ...] = ()
    reference: str = ""
    referenced: "Heard | None" = None
    quoted: tuple["Heard", ...] = ()
    buttons: tuple[str, ...] = ()
    stickers: tuple[str, ...] = ()
    is_voice: bool = False
    edited: str = ""

    @property
    def sent_at(self) -> datetime:
        """When it was sent, as its id says."""
        return time_of(self.id)

    @classmethod
    def of(cls, payload: Payload, *, guild: str = "") -> "Heard":
        """A message object of Discord's JSON; `guild` is for where it does not name its server."""
        author = mapping(payload.get("author"))
        reference = mapping(payload.get("message_reference"))
        is_forward = reference.get("type") == FORWARD
        where = snowflake(payload.get("guild_id")) or guild
        replied = mapping(payload.get("referenced_message"))
        snapshots = [mapping(one.get("message")) for one in mappings(payload.get("message_snapshots"))]
        flags, kind = payload.get("flags"), payload.get("type")
        return cls(
            id=snowflake(payload.get("id")),
            channel=snowflake(payload.get("channel_id")),
            guild=where,
            kind=kind if isinstance(kind, int) else 0,
            author=snowflake(author.get("id")),
            author_name=_name(author, mapping(payload.get("member"))),
            is_bot=bool(author.get("bot") or payload.get("webhook_id")),
            text=string(payload.get("content")),
            people={
                snowflake(one.get("id")): _name(one, mapping(one.get("member")))
                for one in mappings(payload.get("mentions"))
            },
            roles=frozenset(map(snowflake, listing(payload.get("mention_roles")))),
            uploads=tuple(_upload(one) for one in mappings(payload.get("attachments"))),
            reference="" if is_forward else snowflake(reference.get("message_id")),
            referenced=cls.of(replied, guild=where) if replied and not is_forward else None,
            quoted=tuple(cls.of(one, guild=where) for one in snapshots),
            buttons=tuple(_custom_ids(payload.get("components"))),
            stickers=tuple(string(one.get("name")) for one in mappings(payload.get("sticker_items"))),
            is_voice=bool(isinstance(flags, int) and flags & VOICE),
            edited=string(payload.get("edited_timestamp")),
        )


def time_of(snowflake: str) -> datetime:
    """The time in an id; now, where it is none."""
    if not snowflake.isdecimal():
        return datetime.now(UTC)
    return datetime.fromtimestamp(((int(snowflake) >> 22) + EPOCH) / 1000, UTC)


def snowflake(value: Any) -> str:
    """An id of Discord's; "" for what is none.

    https://discord.com/developers/docs/reference#snowflakes
    """
    said = str(value) if isinstance(value, str | int) else ""
    return said if said.isascii() and said.isdecimal() and len(said) <= _LONGEST_ID else ""


def _name(user: Payload, member: Payload) -> str:
    names = (member.get("nick"), user.get("global_name"), user.get("username"))
    return next((name for name in map(string, names) if name), "")


def _upload(one: Payload) -> Upload:
    size = one.get("size")
    return Upload(
        id=snowflake(one.get("id")),
        name=string(one.get("title")) or string(one.get("filename")),
        media_type=_plain_type(string(one.get("content_type"))),
        size=size if isinstance(size, int) else 0,
        url=string(one.get("url")),
        alt=string(one.get("description")),
    )


def _plain_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _custom_ids(components: Any) -> list[str]:
    found: list[str] = []
    for one in mappings(components):
        if custom_id := string(one.get("custom_id")):
            found.append(custom_id)
        found += _custom_ids(one.get("components"))
    return found
