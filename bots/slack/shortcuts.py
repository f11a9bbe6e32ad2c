"""Shortcuts: asking from anywhere, and asking about a message, in threads too, where commands don't work.

https://docs.slack.dev/interactivity/implementing-shortcuts
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Literal

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import Payload, mapping, string
from adapters.slack import views
from adapters.slack.file_objects import urls_of
from adapters.slack.history import as_messages
from adapters.slack.incoming import place_of
from bots.about import About, put_aside
from bots.once import first
from bots.slack.carried import Carried
from bots.slack.desk import Desk
from bots.slack.dialogs import may_write, open_ask_dialog, open_dialog
from bots.slack.privately import say_text, telling
from bots.slack.whom import Whom, whom
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.messages import Message, Place

ASK_LORELENS = "ask_lorelens"
ASK_ABOUT = "ask_about_message"
"""The callback ids, as in the app's manifest."""
PATIENCE = 1.0
"""Seconds for who is in a channel: the dialog must be open three seconds after the shortcut was used."""

_log = logging.getLogger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the shortcuts that open dialogs."""
    listening: Any = app

    async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        desk.spawn(_ask(desk, body, context), "Opening a dialog", tell=telling(desk, body, context))

    async def ask_about(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        if await first(desk.mailbox, f"shortcut-{string(body.get('trigger_id'))}"):
            work = _ask_about(desk, body, context)
            desk.spawn(work, "Opening a dialog about a message", tell=telling(desk, body, context))

    listening.global_shortcut(ASK_LORELENS)(ask)
    listening.message_shortcut(ASK_ABOUT)(ask_about)


async def place_of_message(desk: Desk, who: Whom, payload: Payload) -> Place:
    """Where a message stands; of a channel that Slack does not tell of, it is taken that few may read it."""
    visibility: Literal["public", "private", "direct"] = "direct"
    if not who.channel.startswith("D"):
        known = await desk.platform.membership.named(who.installed, who.channel)
        visibility = "private" if known is None or known.is_private else "public"
    return place_of(payload, who.channel, visibility, who.installed)


async def read_message(desk: Desk, who: Whom, payload: Payload, place: Place) -> Message | None:
    """A message of any author as a core value; None if it says nothing."""
    found = await as_messages([dict(payload)], place, who.installed, desk.platform.membership)
    return found[0] if found else None


async def _ask(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    await open_ask_dialog(desk, await whom(desk, body, context), string(body.get("trigger_id")))


async def _ask_about(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    who = await whom(desk, body, context)
    payload = mapping(body.get("message"))
    place = await place_of_message(desk, who, payload)
    message = await read_message(desk, who, payload, place)
    if message is None:
        await say_text(desk, who, who.texts.ask_nothing)
        return
    carried = Carried(
        channel=who.channel,
        response_url=who.response_url,
        language=who.texts.language,
        about=await put_aside(desk.mailbox, About(message=message, urls=urls_of(payload))),
    )
    dialog = views.ask_dialog(
        who.texts,
        metadata=carried.metadata(),
        about=message.text or ", ".join(file.name for file in message.attachments),
        openly=await _may_ask_openly(desk, who),
    )
    await open_dialog(desk, who, string(body.get("trigger_id")), dialog)


async def _may_ask_openly(desk: Desk, who: Whom) -> bool:
    """Whether the answer may go where everybody there sees it, as far as that is learned in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await may_write(desk, who, who.channel)
    except (TimeoutError, PlatformRefusedError, PlatformUnavailableError) as error:
        _log.info("A question can be asked so that only the asker sees it: %s", error or "Slack takes too long")
        return False
