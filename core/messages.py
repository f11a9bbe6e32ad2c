"""What people say, as plain values: a message, where it stands, who wrote it, what came with it.

Values are frozen and carry no identity of storage: a picture here is its hash and its shape, its bytes live in the
conversation store.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EVERYONE = "everyone"
"""The audience of what anybody who can talk to Lorelens may see."""


class Value(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Value):
    """Where a message stands: `workspace` is a Slack team or a Discord server, `thread` the id of its root."""

    platform: str
    workspace: str
    channel: str
    thread: str | None = None
    visibility: Literal["public", "private", "direct"] = "direct"

    @property
    def conversation(self) -> str:
        """The name of the conversation this place belongs to: one per thread, else one per channel."""
        return "/".join(
            part.replace("%", "%25").replace("/", "%2F")
            for part in (self.platform, self.workspace, self.channel, self.thread or "")
        )

    @classmethod
    def named(cls, conversation: str) -> "Place":
        """The place of a conversation, as far as its name tells."""
        parts = [part.replace("%2F", "/").replace("%25", "%") for part in conversation.split("/")]
        platform, workspace, channel, thread = parts
        return cls(platform=platform, workspace=workspace, channel=channel, thread=thread or None)


class Author(Value):
    """Who wrote a message; `id` is the platform's own, `locale` a BCP 47 tag or empty."""

    id: str
    name: str = ""
    is_bot: bool = False
    locale: str = ""


class Picture(Value):
    """A normalized picture, named by the sha256 of its bytes; `width` and `height` are in pixels."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str
    width: int
    height: int
    name: str = ""
    alt: str = ""


class Attachment(Value):
    """A file that came with a message and is not (yet) among its pictures; `size` is in bytes.

    `reference` is what its platform finds it by; `problem` says why it could not be read, as one sentence for a person.
    """

    name: str
    media_type: str
    size: int
    reference: str = ""
    problem: str = ""


class Message(Value):
    """One message of a person or of the assistant; `id` is unique within its place's platform and workspace."""

    id: str
    place: Place
    author: Author
    role: Literal["person", "assistant"] = "person"
    text: str
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime
