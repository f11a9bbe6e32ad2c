"""Files on their way in: what a person or the bot uploads, and the attachment that becomes of it."""

import io
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.errors import Form
from tests.discord_emulator.model import Attachment, Channel, walk
from tests.discord_emulator.records import UploadedFile
from tests.discord_emulator.world import World


@dataclass(frozen=True)
class Upload:
    """A file that somebody uploads; the type is guessed from the name, as Discord does, unless told."""

    filename: str
    content: bytes
    content_type: str | None = None
    description: str | None = None

    @classmethod
    def of(cls, path: Path, description: str | None = None) -> "Upload":
        return cls(path.name, path.read_bytes(), None, description)


def attach(world: World, upload: Upload, channel: Channel, ephemeral: bool = False) -> Attachment:
    """Put a file on the CDN."""
    kind = upload.content_type or mimetypes.guess_type(upload.filename)[0]
    width, height = _size(upload.content) if (kind or "").startswith("image/") else (None, None)
    where = f"ephemeral-attachments/{world.application.id}" if ephemeral else f"attachments/{channel.id}"
    base = f"{world.cdn_url}/{where}"
    id_ = world.clock.snowflake()
    name = upload.filename.replace(" ", "_")
    made = Attachment(
        id_, name, upload.content, kind, upload.description, base, world.clock.now(), width, height, ephemeral
    )
    world.files[id_] = made
    return made


def _size(content: bytes) -> tuple[int | None, int | None]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None, None


def attach_all(
    world: World,
    body: Json,
    files: list[UploadedFile],
    channel: Channel,
    kept: list[Attachment],
    ephemeral: bool = False,
) -> list[Attachment] | None:
    """Return a message's attachments after a request; None where it says nothing of them.

    `attachments` names those that stay by id, and describes the files `files[n]` by `n`; without it new ones are added.
    """
    listed: list[Json] | None = body.get("attachments")
    if listed is None and not files:
        return None
    by_number = {_number(each.name, place): each for place, each in enumerate(files)}
    described = {str(each["id"]): each for each in listed or []}
    staying = [each for each in kept if listed is None or str(each.id) in described]
    form = Form()
    known = {str(each) for each in by_number} | {str(each.id) for each in kept}
    for place, id_ in enumerate(described):
        if id_ not in known:
            form.wrong(f"attachments.{place}.id", "ATTACHMENT_NOT_FOUND", f"Attachment {id_} was not found")
    form.check()
    for each in staying:
        if "description" in described.get(str(each.id), {}):
            each.description = described[str(each.id)]["description"]
    new = [
        attach(world, _named(each, described.get(str(number), {})), channel, ephemeral)
        for number, each in by_number.items()
    ]
    return staying + new


def _number(field: str, place: int) -> int:
    inside = field.removeprefix("files[").removesuffix("]")
    return int(inside) if inside.isdigit() else place


def _named(file: UploadedFile, described: Json) -> Upload:
    name = described.get("filename") or file.filename
    kind = None if file.content_type == "application/octet-stream" else file.content_type
    return Upload(name, file.content, kind, described.get("description"))


def resolve_media(components: list[Json], attachments: list[Attachment]) -> list[Json]:
    """Return components with `attachment://name` of galleries, thumbnails and files replaced by that file's link."""
    links = {f"attachment://{each.filename}": each for each in attachments}
    for one in walk(components):
        for item in listed(one, "items"):
            item.setdefault("description", None)
            item.setdefault("spoiler", False)
        for holder, key in [(one, "media"), (one, "file"), *((item, "media") for item in listed(one, "items"))]:
            found = links.get(inner(holder, key).get("url", ""))
            if found is not None:
                shown = {"id": str(found.id), "url": found.url, "proxy_url": found.url, "attachment_id": str(found.id)}
                size = {"width": found.width, "height": found.height, "content_type": found.content_type}
                holder[key] = shown | size
                if key == "file":
                    holder |= {"name": found.filename, "size": len(found.content)}
    return components


def resolve_links(embeds: list[Json], attachments: list[Attachment]) -> list[Json]:
    """Return embeds as Discord keeps them: typed, with `attachment://name` replaced by that file's link."""
    links = {f"attachment://{each.filename}": each for each in attachments}

    def resolved(embed: Json) -> Json:
        made: Json = {"type": "rich"} | {key: value for key, value in embed.items() if value is not None}
        for key in ("image", "thumbnail"):
            link = inner(made, key).get("url")
            if link in links:
                one = links[link]
                made[key] = {"url": one.url, "proxy_url": one.url, "width": one.width or 0, "height": one.height or 0}
        return made

    return [resolved(each) for each in embeds]
