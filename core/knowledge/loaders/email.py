"""E-mail: who wrote what to whom and when, then the attachments that can be read."""

import email
from email import policy
from email.message import EmailMessage, MIMEPart

from core.errors import DocumentError
from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, clean, tidy
from core.knowledge.loaders.html import read_html
from core.knowledge.loaders.links import FoundPicture
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile
from core.knowledge.loaders.times import seconds_of

_HEADERS = ("From", "To", "Cc", "Date")
_MOST_DEPTH = 3
"""How deep messages in messages are followed."""


def load(file: SourceFile) -> Document:
    """The message under its subject; an attachment stands under a heading with its name."""
    message = email.message_from_bytes(file.data, policy=policy.default)
    if not message.keys():
        raise DocumentError(f"{file.name} is not an e-mail message.", hint="Save the message again, as .eml.")
    builder = DocumentBuilder()
    subject = _header(message, "Subject")
    builder.heading(1, subject)
    for number, name in enumerate(name for name in _HEADERS if _header(message, name)):
        builder.line(f"{name}: {_header(message, name)}", tight=number > 0)
    _add_body(builder, message, file.name)
    for part in message.iter_attachments():
        _add_attachment(builder, part, file)
    builder.title = subject or file.readable_name
    builder.modified = seconds_of(_header(message, "Date"))
    return builder.build(file.readable_name)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(tidy(str(message.get(name, ""))).split())
    except (ValueError, IndexError, AttributeError):  # the standard library stumbles over some malformed headers
        return ""


def _add_body(builder: DocumentBuilder, message: EmailMessage, name: str) -> None:
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    written = _content(plain) if plain is not None else ""
    if rich is not None and (not written.strip() or "<img" in _content(rich).lower()):
        pictures = _inline_pictures(message, name)
        read_html(builder, _content(rich), lambda link: pictures.get(link, "A picture in the message was not fetched."))
        return
    for paragraph in clean(written).split("\n\n"):
        builder.line(paragraph.strip("\n"), tight=False)


def _content(part: MIMEPart) -> str:
    payload: object = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:
        return data.decode("utf-8", errors="replace")


def _inline_pictures(message: EmailMessage, name: str) -> dict[str, FoundPicture]:
    found: dict[str, FoundPicture] = {}
    for part in message.walk():
        identity = str(part.get("Content-ID", "")).strip().strip("<>")
        payload: object = part.get_payload(decode=True) if identity else None
        if isinstance(payload, bytes) and is_picture(payload):
            called = part.get_filename() or f"picture-{len(found) + 1}"
            found[f"cid:{identity}"] = FoundPicture(f"{name}/{called}", payload)
    return found


def _add_attachment(builder: DocumentBuilder, part: MIMEPart, file: SourceFile) -> None:
    from core.knowledge.loaders import load_file

    if part.get_content_type() == "message/rfc822":
        inner: object = part.get_payload(0)
        name, data = part.get_filename() or "message.eml", inner.as_bytes() if isinstance(inner, EmailMessage) else b""
    else:
        payload: object = part.get_payload(decode=True)
        name, data = part.get_filename() or "attachment", payload if isinstance(payload, bytes) else b""
    builder.under(1, "")
    builder.heading(1, f"Attachment: {name}")
    if file.depth >= _MOST_DEPTH:
        builder.warn(f"The attachment {name} was not read: it is nested too deeply.")
        return
    try:
        builder.include(load_file(file.attachment(name, data)))
    except DocumentError as error:
        builder.warn(f"The attachment {name} was not read: {error.message}")
