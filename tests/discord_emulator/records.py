"""What the server writes down: each call with its answer, whom a message notified, what breaks the contract."""

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.discord_emulator.errors import DiscordError
from tests.discord_emulator.model import Message, User


@dataclass(frozen=True)
class UploadedFile:
    """A file of a multipart request; `name` is its field, such as files[0]."""

    name: str
    filename: str
    content: bytes
    content_type: str | None


@dataclass(eq=False)
class Call:
    """One request, and what it was answered."""

    method: str
    route: str
    """The template, such as /channels/{channel_id}/messages."""
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    json: Any = None
    files: list[UploadedFile] = field(default_factory=list[UploadedFile])
    at: float = field(default_factory=time.monotonic)
    status: int = 0
    answer: Any = None
    malformed: bool = False
    """Its body was no JSON."""
    fault: str | None = None
    """The fault that met it, if one did."""

    @property
    def key(self) -> str:
        return f"{self.method} {self.route}"

    def id(self, name: str) -> int:
        """Return an id of the path."""
        try:
            return int(self.params[name])
        except ValueError:
            told = {name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": "Value is not snowflake."}]}}
            raise DiscordError(400, 50035, "Invalid Form Body", told) from None

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a number of the query."""
        said = self.query.get(name, str(default))
        if not said.lstrip("-").isdigit() or not least <= int(said) <= most:
            message = f"Value must be between {least} and {most}."
            told = {name: {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": message}]}}
            raise DiscordError(400, 50035, "Invalid Form Body", told)
        return int(said)

    def __repr__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}{f' ({self.fault})' if self.fault else ''}"


@dataclass(frozen=True)
class Notified:
    """Somebody whom a message pinged, and why."""

    user: User
    message: Message
    reason: Literal["mention", "role", "everyone", "reply", "direct"]


@dataclass(frozen=True)
class Violation:
    """A request, or an answer, that Discord's OpenAPI description does not allow."""

    call: Call
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.call.key} at {self.path or 'body'}: {self.message}"
