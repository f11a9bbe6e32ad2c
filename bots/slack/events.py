"""What people say in Slack: questions go into the mailbox, edits and deletions follow them."""

import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.slack.api import Installed
from adapters.slack.events import Asked, Deleted, Edited, Understood
from adapters.slack.payloads import Payload, string
from bots.slack.desk import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for messages and mentions; acknowledged when the mailbox has them."""
    listening: Any = app

    async def said(body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> None:
        await take(desk, event, await desk.installed(context), event_id=string(body.get("event_id")))

    listening.event("message")(said)
    listening.event("app_mention")(said)


def register_others(app: AsyncApp) -> None:
    """Acknowledge every other event: what is to be known of it was heard before (`bots.slack.knowing`)."""
    listening: Any = app

    async def heard() -> None:
        """Nothing more is to be done."""

    listening.event(re.compile(".*"))(heard)


async def take(desk: Desk, event: Payload, installed: Installed, *, event_id: str = "") -> Understood:
    """Take in a `message` or `app_mention`, as an event or from a channel's history.

    Raises:
        StoreUnavailableError: it is not kept; Slack is to send it again.
    """
    understood = await desk.platform.intake.understand(event, installed, desk.mailbox.takes_part)
    match understood:
        case Asked(question):
            # Both events of a mention stand for one message: its id tells them apart from others, not theirs.
            await desk.mailbox.submit(question)
        case Edited(message):
            await desk.mailbox.edited(message)
        case Deleted(conversation, message_id):
            await desk.mailbox.deleted(conversation, message_id)
        case _:
            pass
    return understood
