"""A click on a button of an answer: what it is about, who clicked, and whether both belong to where it was clicked.

A value is data that came back from Slack: the conversation that it names must be the one of the message that was
clicked. An answer that only its asker sees may have come by a direct message, so that one must be the asker's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import first, mapping, string
from adapters.slack.buttons import Pressed, pressed
from bots.slack.desk import Desk
from bots.slack.whom import thread_of_click
from core.messages import Author, Place


@dataclass(frozen=True)
class Click:
    """`place` is as its conversation's name tells, and `author` whoever clicked, as the payload names them."""

    about: Pressed
    place: Place
    author: Author

    @property
    def is_private(self) -> bool:
        """Whether the answer is one that only its asker sees."""
        return (self.place.thread or "").startswith("~")


async def clicked(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> Click | None:
    """What was clicked; None if it is nothing of ours, or names another conversation than where it stands."""
    about = pressed(string(first(body.get("actions")).get("value")))
    place = place_named(about.conversation) if about else None
    if about is None or place is None or place.platform != desk.platform.platform:
        return None
    user = mapping(body.get("user"))
    author = Author(id=string(user.get("id")), name=string(user.get("name")) or string(user.get("username")))
    team = (await desk.installed(context)).team
    if not author.id or place.workspace != team or not _belongs(place, author.id, body):
        return None
    return Click(about, place, author)


def place_named(conversation: str) -> Place | None:
    """The place that a value names as a conversation; None if it names none."""
    try:
        return Place.named(conversation)
    except ValueError:  # other parts than a name has
        return None


def _belongs(place: Place, user: str, body: Mapping[str, Any]) -> bool:
    if (place.thread or "").startswith("~"):
        return place.thread == f"~{user}"
    container = mapping(body.get("container"))
    channel = string(mapping(body.get("channel")).get("id")) or string(container.get("channel_id"))
    return place.channel == channel and thread_of_click(body) in {"", place.thread}
