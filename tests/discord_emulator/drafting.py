"""A body that the bot sent, as parts of a message: checked, files attached, components numbered."""

from typing import TYPE_CHECKING, Any

from tests.discord_emulator.bodies import Json, listed
from tests.discord_emulator.component_form import placed
from tests.discord_emulator.message_form import check_message, check_not_empty, check_upload_sizes
from tests.discord_emulator.model import COMPONENTS_V2, SUPPRESS_EMBEDS, Channel, Message
from tests.discord_emulator.records import UploadedFile
from tests.discord_emulator.uploads import attach_all, resolve_links, resolve_media

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

DEFAULT_LIMIT = 10 << 20
"""Bytes of a file outside of guilds."""


def upload_limit(channel: Channel) -> int:
    """Return how many bytes a file may have in a channel."""
    return channel.guild.upload_limit if channel.guild else DEFAULT_LIMIT


def draft(
    emulator: "Emulator", channel: Channel, body: Json, files: list[UploadedFile], ephemeral: bool = False
) -> dict[str, Any]:
    """Return the parts of a new message by name."""
    check_message(body, len(files))
    check_upload_sizes((len(each.content) for each in files), upload_limit(channel))
    content: str = body.get("content") or ""
    components = numbered(listed(body, "components"))
    check_not_empty(content, listed(body, "embeds"), files, components)
    attachments = attach_all(emulator, body, files, channel, [], ephemeral) or []
    return {
        "content": content.strip(),
        "embeds": resolve_links(listed(body, "embeds"), attachments),
        "components": resolve_media(components, attachments),
        "attachments": attachments,
        "flags": body.get("flags") or 0,
        "tts": bool(body.get("tts")),
    }


def amendment(emulator: "Emulator", message: Message, body: Json, files: list[UploadedFile]) -> dict[str, Any]:
    """Return the parts of a message that an edit changes, by name; what the body leaves out stays."""
    flags = message.flags if body.get("flags") is None else (message.flags & ~SUPPRESS_EMBEDS) | body["flags"]
    check_message({**body, "flags": flags & COMPONENTS_V2}, len(files))
    check_upload_sizes((len(each.content) for each in files), upload_limit(message.channel))
    changes: dict[str, Any] = {"flags": flags}
    if "content" in body:
        changes["content"] = (body["content"] or "").strip()
    attachments = attach_all(emulator, body, files, message.channel, message.attachments, message.ephemeral)
    if attachments is not None:
        changes["attachments"] = attachments
    linked = message.attachments if attachments is None else attachments
    if "embeds" in body:
        changes["embeds"] = resolve_links(body["embeds"] or [], linked)
    if "components" in body:
        changes["components"] = resolve_media(numbered(body["components"] or []), linked)
    after = [changes.get(name, getattr(message, name)) for name in ("content", "embeds", "attachments", "components")]
    check_not_empty(*after)
    return changes


def numbered(components: list[Json]) -> list[Json]:
    """Give every component an id, as Discord does with those that have none."""
    taken = {each["id"] for _, each in placed(components) if each.get("id")}
    following = 1
    for _, each in placed(components):
        if not each.get("id"):
            while following in taken:
                following += 1
            each["id"] = following
            taken.add(following)
    return components
