"""Small values of which messages and views are made."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A JSON object as it goes over the wire."""


@dataclass(frozen=True)
class Upload:
    """A file that a person brings. Without `mimetype` it is guessed from the name, as Slack does."""

    name: str
    content: bytes
    mimetype: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Button:
    """Something that one may click or choose."""

    label: str
    action_id: str
    block_id: str
    value: str
    url: str
    kind: str
    """The element's type: "button", "feedback_buttons", "icon_button", "static_select", ..."""
    style: str = ""


@dataclass(frozen=True)
class Picture:
    """An image that a message shows: by address, or a file of Slack's."""

    alt: str
    url: str = ""
    file: str = ""
    title: str = ""


@dataclass(frozen=True)
class Version:
    """How a message or view read from `at` (monotonic) on."""

    at: float
    shown: str
    text: str
    blocks: list[Json]
