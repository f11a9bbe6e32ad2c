"""Slack's file objects as attachments: what they are, and why some can't be had
(https://docs.slack.dev/reference/objects/file-object).
"""

import mimetypes

from adapters.payloads import Payload, mappings, string
from core.messages import Attachment

MISSING_MODES = {"tombstone", "hidden_by_limit"}
"""Files that were deleted, and those beyond what a free workspace keeps."""


def files_of(message: Payload) -> list[Payload]:
    """The files of a message, and of messages that were shared into it."""
    shared = [one for one in mappings(message.get("attachments")) if one.get("is_share") or one.get("is_msg_unfurl")]
    files = [file for holder in (message, *shared) for file in mappings(holder.get("files"))]
    single = message.get("file")
    return files or mappings([single])


def attachments_of(message: Payload) -> tuple[Attachment, ...]:
    """The files as attachments. Of one that Slack does not describe (Slack Connect: `check_file_info`) the media type
    is empty until it is asked for."""
    return tuple({file.reference: file for file in map(attachment_of, files_of(message))}.values())


def urls_of(message: Payload) -> dict[str, str]:
    """The addresses of a message's files by id; of those that Slack keeps itself."""
    return {
        string(file.get("id")): string(file.get("url_private"))
        for file in files_of(message)
        if file.get("url_private") and not file.get("is_external") and file.get("mode") != "external"
    }


def attachment_of(file: Payload) -> Attachment:
    """One file as an attachment; its problem is found when it is fetched."""
    name = string(file.get("name")) or string(file.get("title"))
    size = file.get("size")
    return Attachment(
        name=name,
        media_type=media_type_of(file, name),
        size=size if isinstance(size, int) else 0,
        reference=string(file.get("id")),
    )


def media_type_of(file: Payload, name: str) -> str:
    """What Slack says it is, else what its name says."""
    if is_missing(file) or is_undescribed(file):
        return string(file.get("mimetype"))
    said = string(file.get("mimetype"))
    guessed = _PICTURES.get(name.rpartition(".")[2].lower()) or mimetypes.guess_type(name)[0] or ""
    return guessed if said in {"", "application/octet-stream"} else said


_PICTURES = {"heic": "image/heic", "heif": "image/heif", "webp": "image/webp"}


def is_missing(file: Payload) -> bool:
    """Whether the file was deleted, or is beyond what the workspace keeps."""
    return string(file.get("mode")) in MISSING_MODES


def is_undescribed(file: Payload) -> bool:
    """Whether only its id is known, as of files that Slack Connect brings."""
    return file.get("file_access") == "check_file_info" or file.get("mode") == "file_access"
