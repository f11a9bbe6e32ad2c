"""The buttons of an answer: what each is called, and which question a click on it is about.

A `custom_id` is "lorelens:<name>:<id of the question's message>:<thread of its conversation>", of at most 100
characters. The conversation's server and channel are where the button stands, so it works after any restart.
"""

from dataclasses import dataclass
from typing import Any, Literal

from core.messages import Place

PREFIX = "lorelens"
HELPFUL = "helpful"
UNHELPFUL = "unhelpful"
WHY = "why"
AGAIN = "again"
STOP = "stop"
SHARE = "share"
KEEP = "keep"
SUGGESTION = "suggestion"
"""And its number, from 1, as in "suggestion1"; its label is the question, unless that is longer than a label."""

CUSTOM_ID = 100
LABEL = 80
"""Characters of a button's label."""

PRIMARY, SECONDARY, SUCCESS, DANGER, LINK = range(1, 6)


@dataclass(frozen=True)
class Pressed:
    """What a button is about: its `name`, the id of the question's message (`core.messages.Message.id`), and the
    thread of the conversation (`Place.thread`; empty for none)."""

    name: str
    message: str
    thread: str = ""

    def custom_id(self, name: str = "") -> str:
        """The id of the button, or of another one about the same question."""
        return f"{PREFIX}:{name or self.name}:{self.message}:{self.thread}"[:CUSTOM_ID]

    @property
    def number(self) -> int:
        """Which suggestion it is, from 1; 0 for other buttons."""
        digits = self.name.removeprefix(SUGGESTION)
        return int(digits) if self.name.startswith(SUGGESTION) and digits.isdecimal() else 0

    def place(self, guild: str, channel: str, visibility: Literal["public", "private", "direct"] = "direct") -> Place:
        """The place of the conversation, for a button that stands in this server ("" for a direct message) and
        channel (of a thread: its parent)."""
        return Place(
            platform="discord",
            workspace=guild or "@me",
            channel=channel,
            thread=self.thread or None,
            visibility=visibility,
        )


def pressed(custom_id: str) -> Pressed | None:
    """What a `custom_id` says; None where it is not one of an answer's buttons."""
    parts = custom_id.split(":")
    if len(parts) != 5 or parts[0] != PREFIX:
        return None
    _, name, channel, message, thread = parts
    return Pressed(name, f"{channel}:{message}", thread)


def button(
    label: str, custom_id: str, *, style: int = SECONDARY, emoji: str = "", disabled: bool = False
) -> dict[str, Any]:
    """One button: with a label, an emoji, or both."""
    made: dict[str, Any] = {"type": 2, "style": style, "custom_id": custom_id}
    if label:
        made["label"] = label if len(label) <= LABEL else f"{label[: LABEL - 1].rstrip()}…"
    if emoji:
        made["emoji"] = {"name": emoji}
    if disabled:
        made["disabled"] = True
    return made


def row(*buttons: dict[str, Any]) -> dict[str, Any]:
    """Buttons in one row, five at most."""
    return {"type": 1, "components": list(buttons[:5])}
