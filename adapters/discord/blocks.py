"""A message as it is sent to Discord: text, pictures, buttons, held to Discord's limits.

https://discord.com/developers/docs/resources/message#create-message-jsonform-params
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from adapters.markdown.measures import utf16
from core.reply import ShownPicture

CONTENT = 2000
"""Of a message's text, as Discord counts: UTF-16 code units are never fewer than what it counts."""
FILES = 10
ROWS = 5
DESCRIPTION = 1024
SUPPRESS_EMBEDS = 1 << 2
"""Links don't unfurl."""
EPHEMERAL = 1 << 6
NOBODY: dict[str, Any] = {"parse": [], "replied_user": False}
"""What `allowed_mentions` always is: nobody is notified, whatever a text says."""


@dataclass(frozen=True)
class DiscordMessage:
    """One message: its text, the pictures that are its attachments, and its rows of buttons."""

    text: str
    pictures: tuple[ShownPicture, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()

    def payload(self) -> dict[str, Any]:
        """What is sent to Discord, but for the pictures."""
        return {
            "content": self.text,
            "components": list(self.rows),
            "allowed_mentions": NOBODY,
            "flags": SUPPRESS_EMBEDS,
        }


def bounded(text: str, limit: int) -> str:
    """The text, cut at its end if it is too long, in UTF-16 code units."""
    if utf16(text) <= limit:
        return text
    end = min(len(text), limit - 1)
    while end > 0 and utf16(text[:end]) > limit - 1:
        end -= 1
    while end > 0 and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f"):
        end -= 1  # an accent stays with its letter
    return f"{text[:end].rstrip()}…"


def file_name(shown: ShownPicture, number: int) -> str:
    """The name of a picture as a file; the number keeps those of one message apart."""
    ending = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}.get(shown.picture.media_type, ".png")
    name = (shown.picture.name or shown.source.rsplit("/", 1)[-1] or "picture").rsplit(".", 1)[0]
    plain = "".join(one if one.isalnum() or one in "-_" else "_" for one in name)[:80].strip("_") or "picture"
    return f"{number + 1}-{plain}{ending}"


def described(shown: ShownPicture) -> str:
    """The words for who can't see a picture."""
    said = shown.caption or shown.picture.alt or shown.source
    return bounded(" ".join(said.split()), DESCRIPTION)
