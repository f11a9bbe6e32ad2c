"""The assistant pane: a greeting and prompts to begin with, a title from the first question, and the channel in view.

https://docs.slack.dev/ai/developing-ai-apps; what is answered there, and its status, is as everywhere.
"""

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import mapping, string
from adapters.slack.api import Installed, SlackRefusedError, change
from adapters.slack.blocks import section
from adapters.slack.pane import GREETING, greeting, prompts, title
from adapters.texts import texts_for
from bots.slack.asking import private_question
from bots.slack.desk import Desk
from bots.slack.whom import Whom, whom
from core.actions.openings import openings
from core.audience import channel as channel_principal
from core.conversation_notes import ConversationNotes
from core.errors import IndexUnavailableError
from core.messages import Place
from core.question import Question

_log = logging.getLogger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the pane being opened, and for another channel being looked at beside it."""
    listening: Any = app

    async def started(event: dict[str, Any], context: AsyncBoltContext) -> None:
        place = await _place(desk, event, context)
        if place and await ConversationNotes(desk.store).claim(place.conversation, "greeted"):
            desk.spawn(_greet(desk, event, context, place), "Greeting a person in the assistant pane")

    async def switched(event: dict[str, Any], context: AsyncBoltContext) -> None:
        place = await _place(desk, event, context)
        if place:
            await ConversationNotes(desk.store).put(place.conversation, "in view", _in_view(event))
            desk.spawn(_prompt(desk, event, context, place), "Suggesting prompts")

    listening.event("assistant_thread_started")(started)
    listening.event("assistant_thread_context_changed")(switched)


def named_by(desk: Desk, question: Question, installed: Installed) -> None:
    """After a question was taken in: if it is the first of a thread of the pane, the thread is called after it."""
    if question.delivery.get("surface") == "assistant":
        desk.spawn(_name(desk, question, installed), "Naming a thread of the assistant pane")


async def _place(desk: Desk, event: Mapping[str, Any], context: AsyncBoltContext) -> Place | None:
    """The conversation of a thread of the pane."""
    thread = mapping(event.get("assistant_thread"))
    channel, ts = string(thread.get("channel_id")), string(thread.get("thread_ts"))
    if not channel or not ts or not string(thread.get("user_id")):
        return None
    team = (await desk.installed(context)).team
    return Place(platform=desk.platform.platform, workspace=team, channel=channel, thread=ts)


def _in_view(event: Mapping[str, Any]) -> str:
    """The id of the channel that the person looks at."""
    return string(mapping(mapping(event.get("assistant_thread")).get("context")).get("channel_id"))


async def _whom(desk: Desk, event: Mapping[str, Any], context: AsyncBoltContext) -> Whom:
    return await whom(desk, mapping(event.get("assistant_thread")), context)


async def _greet(desk: Desk, event: Mapping[str, Any], context: AsyncBoltContext, place: Place) -> None:
    notes = ConversationNotes(desk.store)
    who, in_view = await _whom(desk, event, context), _in_view(event)
    said = greeting(who.texts, person=who.name, channel=in_view)
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    blocks = [{**section(said), "block_id": GREETING}]
    try:
        await notes.put(place.conversation, "in view", in_view)
        await change(
            client, "chat.postMessage", channel=place.channel, thread_ts=place.thread, text=said, blocks=blocks
        )
    except Exception:
        await notes.give_up(place.conversation, "greeted")
        raise
    await _prompt(desk, event, context, place)


async def _prompt(desk: Desk, event: Mapping[str, Any], context: AsyncBoltContext, place: Place) -> None:
    """Suggest what this person could ask: of documents that they may see, and of the channel in view."""
    who, in_view = await _whom(desk, event, context), _in_view(event)
    known = await desk.platform.membership.named(who.installed, in_view) if in_view else None
    audience = await desk.platform.audience(private_question(who, "pane", ""))
    near = [channel_principal(place.platform, place.workspace, in_view)] if in_view else []
    try:
        headings = await openings(
            desk.application.ledger, await desk.application.access(), audience, chinese=who.chinese, near=near
        )
    except IndexUnavailableError as error:
        _log.warning("Prompts are suggested without the documents: %s", error)
        headings = []
    if await ConversationNotes(desk.store).get(place.conversation, "in view") != in_view:
        return  # they look at another channel by now
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    said = prompts(who.texts, channel=known.name if known else "", headings=headings)
    try:
        await change(
            client,
            "assistant.threads.setSuggestedPrompts",
            channel_id=place.channel,
            thread_ts=place.thread,
            title=who.texts.prompts_title,
            prompts=said,
        )
    except SlackRefusedError as error:
        _log.info("No prompts are suggested: %s", error)


async def _name(desk: Desk, question: Question, installed: Installed) -> None:
    message = question.message
    if not await ConversationNotes(desk.store).claim(message.place.conversation, "titled"):
        return
    texts = texts_for(message.author.locale, message.text)
    client = await desk.platform.clients.client(installed.team, installed.enterprise)
    try:
        await change(
            client,
            "assistant.threads.setTitle",
            channel_id=message.place.channel,
            thread_ts=message.place.thread,
            title=title(message.text, texts),
        )
    except SlackRefusedError as error:
        _log.info("A thread is not called after its question: %s", error)
