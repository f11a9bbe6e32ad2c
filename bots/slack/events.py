"""What people say in Slack: questions go into the mailbox, edits and deletions follow them."""

import re
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import Payload, mapping, string
from adapters.slack.api import Installed
from adapters.understood import Asked, Deleted, Edited, Understood
from bots.slack.desk import Desk
from bots.slack.following import follow_channel
from bots.slack.pane import named_by
from bots.slack.saving import follow
from core.messages import Message
from core.question import Question

KEPT_LATE = 3600.0
"""Seconds after which a message that is edited and not known is not taken for a question any more; for so long Slack
sends again what was not acknowledged."""


class Recent:
    """The ids of events that this process took in a while ago: an edit that Slack sends again changes nothing."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._ids

    def add(self, event_id: str) -> None:
        """It is taken in."""
        if event_id:
            self._ids[event_id] = None
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for messages and mentions; acknowledged when the mailbox has them."""
    listening: Any = app
    taken = Recent()

    async def said(body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> None:
        event_id = string(body.get("event_id"))
        if event_id in taken:
            return
        await take(desk, event, await desk.installed(context))
        taken.add(event_id)

    listening.event("message")(said)
    listening.event("app_mention")(said)


def register_others(app: AsyncApp) -> None:
    """Acknowledge every other event: what is to be known of it was heard before (`bots.slack.knowing`)."""
    listening: Any = app

    async def heard() -> None:
        """Nothing more is to be done."""

    listening.event(re.compile(".*"))(heard)


async def take(desk: Desk, event: Payload, installed: Installed) -> Understood:
    """Take in a `message` or `app_mention`, as an event or from a channel's history.

    Raises:
        StoreUnavailableError: it is not kept; Slack is to send it again.
    """
    understood = await desk.platform.intake.understand(event, installed, desk.mailbox.takes_part)
    subtype = string(event.get("subtype"))
    if subtype in {"message_changed", "message_deleted"}:
        desk.spawn(follow(desk, event, installed), "Letting what was saved follow a message")
    match understood:
        case Asked(question):
            await _ask(desk, question, installed, is_edit=subtype == "message_changed")
        case Edited(message):
            if not await desk.mailbox.edited(message):
                await _take_unknown(desk, event, message, installed)
        case Deleted(conversation, message_id):
            await desk.mailbox.deleted(conversation, message_id)
        case _:
            pass
    await follow_channel(desk, event, installed)  # the last: what fails here keeps no question from its answer
    return understood


async def _ask(desk: Desk, question: Question, installed: Installed, *, is_edit: bool = False) -> None:
    """Line a question up; one that became one by an edit (`is_edit`) may have been one before, and reads otherwise."""
    submitted = await desk.mailbox.submit(question)
    if is_edit and submitted == "duplicate":
        await desk.mailbox.edited(question.message)
    named_by(desk, question, installed)


async def _take_unknown(desk: Desk, event: Payload, message: Message, installed: Installed) -> None:
    """Take in a message that was edited before it was kept: Slack sends again later how it read at first, and that is
    known then."""
    if (datetime.now(UTC) - message.sent_at).total_seconds() > KEPT_LATE:
        return
    where = {name: event[name] for name in ("channel", "channel_type") if name in event}
    said = {**mapping(event.get("message")), **where, "type": "message"}
    understood = await desk.platform.intake.understand(said, installed, desk.mailbox.takes_part)
    if isinstance(understood, Asked):
        await _ask(desk, understood.question, installed, is_edit=True)


async def take_news(desk: Desk, event: Payload, installed: Installed) -> None:
    """Take in a `message_changed` that may have been taken in before: only if the message reads otherwise now."""
    understood = await desk.platform.intake.understand(event, installed, desk.mailbox.takes_part)
    if not isinstance(understood, Edited):
        return
    message = understood.message
    kept = await desk.store.messages(message.place.conversation, [message.id])
    if kept and kept[0].text != message.text:
        await desk.mailbox.edited(message)
