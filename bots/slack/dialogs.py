"""Dialogs: opened for whoever asked for one, and what comes of their submissions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import mapping, string
from adapters.slack import views
from adapters.slack.api import SlackRefusedError, change
from adapters.slack.blocks import Block
from adapters.slack.buttons import Pressed
from bots.about import About, asking_about, put_aside_before
from bots.once import first
from bots.slack.asking import private_question, question, show_question
from bots.slack.carried import Carried
from bots.slack.clicks import place_named
from bots.slack.desk import Desk
from bots.slack.privately import direct_channel, say_text, tell, telling
from bots.slack.whom import Whom, whom
from core.actions.forgetting import forget_me
from core.errors import QuestionError
from core.messages import Place
from core.quality.feedback import FeedbackBook

EXPIRED = {"exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id", "trigger_exchanged", "trigger_expired"}
"""What Slack says of a trigger that can open no dialog any more; it lives for three seconds."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for submissions."""
    listening: Any = app

    async def asked(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await _asked(desk, ack, body, context)

    async def judged(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        if await first(desk.mailbox, _name(body)):
            carried = Carried.by(mapping(body.get("view")))
            desk.spawn(_judged(desk, body, context, carried), "Taking feedback", tell=_tell(desk, body, context))

    async def forgotten(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        if await first(desk.mailbox, _name(body)):
            carried = Carried.by(mapping(body.get("view")))
            desk.spawn(_forgotten(desk, body, context, carried), "Forgetting a person", tell=_tell(desk, body, context))

    listening.view(views.ASK)(asked)
    listening.view(views.FEEDBACK)(judged)
    listening.view(views.FORGET)(forgotten)


# --- opening -------------------------------------------------------------------------------------------------------


async def open_dialog(desk: Desk, who: Whom, trigger_id: str, view: Block, *, too_late: str = "") -> bool:
    """Show a dialog to whoever triggered it; where it is too late for that, they are told (`too_late`, if that is
    anything else than to try again), and it answers False.

    Raises:
        PlatformUnavailableError: Slack is away.
        PlatformRefusedError: Slack refuses it for another reason.
    """
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    try:
        await change(client, "views.open", trigger_id=trigger_id, view=view)
    except SlackRefusedError as error:
        if error.reason not in EXPIRED:
            raise
        await say_text(desk, who, too_late or who.texts.expired)
        return False
    return True


async def open_ask_dialog(desk: Desk, who: Whom, trigger_id: str) -> None:
    """The ask dialog; its answer comes where it was opened, so that only this person sees it, or directly."""
    carried = Carried(channel=who.channel, response_url=who.response_url, language=who.texts.language)
    await open_dialog(desk, who, trigger_id, views.ask_dialog(who.texts, metadata=carried.metadata()))


async def open_reason_dialog(desk: Desk, who: Whom, trigger_id: str, about: Pressed) -> None:
    """The dialog that asks what was wrong with an answer; what is written there is kept with the feedback."""
    carried = Carried(
        channel=who.channel,
        response_url=who.response_url,
        language=who.texts.language,
        thread=who.thread,
        conversation=about.conversation,
        message=about.message,
    )
    view = views.feedback_dialog(who.texts, metadata=carried.metadata())
    # What they said with their click is kept already.
    await open_dialog(desk, who, trigger_id, view, too_late=who.texts.thanks)


async def open_forget_dialog(desk: Desk, who: Whom, trigger_id: str, would_go: str) -> None:
    """The dialog that asks whether what is kept of a person shall go; `would_go` says what that is, in Markdown."""
    carried = Carried(channel=who.channel, response_url=who.response_url, language=who.texts.language)
    view = views.forget_dialog(who.texts, metadata=carried.metadata(), would_go=would_go)
    await open_dialog(desk, who, trigger_id, view)


# --- submissions ---------------------------------------------------------------------------------------------------


async def _asked(desk: Desk, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Take in a question. What only the asker sees is acknowledged when the mailbox has it; what others are to see
    as well is shown to them first."""
    view = mapping(body.get("view"))
    carried, given = Carried.by(view), views.asked(view)
    if errors := views.ask_errors(given, carried.texts):
        await ack(response_action="errors", errors=errors)
        return
    about = await put_aside_before(desk.mailbox, carried.about) if carried.about else None
    if carried.about and about is None:
        notice = views.notice(carried.texts, carried.texts.ask_title, carried.texts.expired)
        await ack(response_action="update", view=notice)
        return
    who = await _who(desk, body, context, carried)
    if carried.channel and not given.openly:
        asked = private_question(who, _name(body), given.question, given.files)
        await desk.mailbox.submit(await asking_about(desk.mailbox, asked, about) if about else asked)
        await ack()
        return
    await ack()
    if await first(desk.mailbox, _name(body)):
        work = _ask_openly(desk, who, carried, given, _name(body), about)
        desk.spawn(work, "Asking for a person", tell=_tell(desk, body, context))


async def _ask_openly(
    desk: Desk, who: Whom, carried: Carried, given: views.Asked, name: str, about: About | None
) -> None:
    """Ask in the thread of the message that it is about, or in the direct conversation, below who asks what."""
    if given.openly and about is not None:
        place = about.message.place
        if place.channel != carried.channel or not await may_write(desk, who, place.channel):
            raise QuestionError(who.texts.no_permission_here)
        ts = await show_question(desk, who, place.channel, given.question, thread=place.thread or "")
        asked = question(who, place, name, given.question, "thread", ts=ts, files=given.files)
    else:
        channel = await direct_channel(desk, who)
        place = Place(platform="slack", workspace=who.installed.team, channel=channel, visibility="direct")
        ts = await show_question(desk, who, channel, given.question)
        asked = question(who, place, name, given.question, "direct", ts=ts, files=given.files)
    await desk.mailbox.submit(await asking_about(desk.mailbox, asked, about) if about else asked)


async def may_write(desk: Desk, who: Whom, channel: str) -> bool:
    """Whether the person and the app are both in a channel; no, where Slack does not say."""
    if not channel.startswith(("C", "G")):
        return False
    members = await desk.platform.membership.members(who.installed, channel)
    return members is not None and {who.user, who.installed.user} <= members


async def _judged(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext, carried: Carried) -> None:
    who = replace(await _who(desk, body, context, carried), thread=carried.thread)
    about = carried.pressed
    place = place_named(about.conversation) if about else None
    if about is None or place is None or place.workspace != who.installed.team:
        await say_text(desk, who, who.texts.answer_gone)
        return
    text = views.reason(mapping(body.get("view")))
    book = FeedbackBook(desk.store)
    # A dialog that is sent empty adds nothing, and must not take a reason away that was given before.
    kept = not text or await book.give(about.conversation, about.message, who.author, helpful=False, text=text)
    thanks = who.texts.thanks_reason if text else who.texts.thanks
    await say_text(desk, who, thanks if kept else who.texts.answer_gone)


async def _forgotten(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext, carried: Carried) -> None:
    who = await _who(desk, body, context, carried)
    notes = desk.application.saved_notes
    team = who.installed.team
    await tell(desk, who, await forget_me(desk.store, notes, "slack", [team], who.user, chinese=who.chinese))


def _name(body: Mapping[str, Any]) -> str:
    """A name for what a submission brings about: the same, however often the dialog is sent."""
    return f"dialog-{string(mapping(body.get('view')).get('id'))}"


async def _who(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext, carried: Carried) -> Whom:
    """Whoever sent the dialog, as if they had done it where it was opened, in its language."""
    who = await whom(desk, body, context, channel=carried.channel, response_url=carried.response_url)
    return who.reading(carried.texts) if carried.language else who


def _tell(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> Any:
    carried = Carried.by(mapping(body.get("view")))
    return telling(desk, body, context, channel=carried.channel, response_url=carried.response_url)
