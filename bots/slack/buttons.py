"""The buttons of an answer: was it helpful, why is it so, once more, stop, share, and what could be asked next.

Whoever clicks is told by what happens to the answer, or so that only they see it. A click counts once: two on the same
button have one effect.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import JsonValue
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import string
from adapters.slack import buttons
from bots.once import first
from bots.slack.asking import Surface, private_question, question
from bots.slack.clicks import Click, clicked
from bots.slack.desk import Desk
from bots.slack.dialogs import open_reason_dialog
from bots.slack.privately import say_text, tell, telling
from bots.slack.sharing import share_answer
from bots.slack.whom import Whom, whom
from core.explaining.keeping import KeptAnswers
from core.explaining.parts import explain_in_parts
from core.messages import Place
from core.quality.feedback import FeedbackBook

Do = Callable[[Desk, Click, Whom], Awaitable[None]]
Body = dict[str, Any]


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for clicks."""
    listening: Any = app

    async def judged(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await _judge(desk, body, context)
        await ack()

    async def stopped(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        click = await clicked(desk, body, context)
        is_stopping = click is not None and await desk.mailbox.stop(click.about.conversation)
        if await first(desk.mailbox, _named(body)) and not is_stopping:
            _say(desk, body, context, "nothing_to_stop")
        await ack()

    async def suggested(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await _ask_next(desk, body, context)
        await ack()

    listening.action(buttons.HELPFUL)(judged)
    listening.action(buttons.UNHELPFUL)(judged)
    listening.action(buttons.STOP)(stopped)
    listening.action(re.compile(rf"{buttons.SUGGESTION}\d+"))(suggested)
    listening.action(buttons.WHY)(_listener(desk, _explainer(), "Explaining an answer"))
    listening.action(buttons.AGAIN)(_listener(desk, _ask_again, "Answering again"))
    listening.action(buttons.SHARE)(_listener(desk, share_answer, "Sharing an answer"))


def _listener(desk: Desk, do: Do, what: str) -> Callable[..., Awaitable[None]]:
    """A listener for what is done after the acknowledgement."""

    async def listener(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        async def work() -> None:
            click, who = await clicked(desk, body, context), await whom(desk, body, context)
            if click is None:
                await say_text(desk, who, who.texts.answer_gone)
            else:
                await do(desk, click, who)

        await ack()
        if await first(desk.mailbox, _named(body)):
            desk.spawn(work(), what, tell=telling(desk, body, context))

    return listener


def _named(body: Body) -> str:
    """A name for one click: the same, however often Slack sends it."""
    return f"click-{trigger}" if (trigger := string(body.get("trigger_id"))) else ""


def _say(desk: Desk, body: Body, context: AsyncBoltContext, name: str) -> None:
    """Tell whoever clicked one of the texts, after the acknowledgement."""

    async def work() -> None:
        who = await whom(desk, body, context)
        await say_text(desk, who, getattr(who.texts, name))

    desk.spawn(work(), "Answering a click", tell=telling(desk, body, context))


# --- was it helpful ------------------------------------------------------------------------------------------------


async def _judge(desk: Desk, body: Body, context: AsyncBoltContext) -> None:
    """Keep a person's vote; whoever says no may say why."""
    click = await clicked(desk, body, context)
    if click is None or not click.about.vote:
        return _say(desk, body, context, "answer_gone")
    about, helpful = click.about, click.about.vote == buttons.UP
    voted = await FeedbackBook(desk.store).vote(about.conversation, about.message, click.author, helpful=helpful)
    if voted == "too late":
        return _say(desk, body, context, "answer_gone")
    if not helpful and await first(desk.mailbox, _named(body)):
        desk.spawn(_ask_reason(desk, click, body, context), "Asking for a reason", tell=telling(desk, body, context))
    elif helpful and voted == "kept":
        _say(desk, body, context, "thanks")
    return None


async def _ask_reason(desk: Desk, click: Click, body: Body, context: AsyncBoltContext) -> None:
    who = await whom(desk, body, context)
    await open_reason_dialog(desk, who, string(body.get("trigger_id")), click.about)


# --- why -----------------------------------------------------------------------------------------------------------


def _explainer() -> Do:
    underway: set[tuple[str, str, str]] = set()

    async def explain(desk: Desk, click: Click, who: Whom) -> None:
        """Show whoever clicked why the answer is what it is, if they may see what it stood on."""
        asked = (click.about.conversation, click.about.message, who.user)
        if asked in underway:
            return
        underway.add(asked)
        try:
            await _explain(desk, click, who)
        finally:
            underway.discard(asked)

    return explain


async def _explain(desk: Desk, click: Click, who: Whom) -> None:
    record = await KeptAnswers(desk.store).find(click.about.conversation, click.about.message)
    if record is None:
        return await say_text(desk, who, who.texts.answer_gone)
    audience = await desk.platform.audience(private_question(who, "why", ""))
    explainer = desk.application.explainer(desk.store.picture)
    seen = await explainer.seen_by(record, audience) if record.may_be_seen_by(audience) else None
    if seen is None:
        return await say_text(desk, who, who.texts.no_permission)
    return await tell(desk, who, await explain_in_parts(explainer, seen, desk.store.keep_picture))


# --- once more -----------------------------------------------------------------------------------------------------


async def _ask_again(desk: Desk, click: Click, who: Whom) -> None:
    """Answer again, where the answer stands; what only its asker sees by what came with the click."""
    delivery: dict[str, JsonValue] | None = None
    if click.is_private:
        delivery = private_question(who, "again", "").delivery
    about = click.about
    if await desk.mailbox.again(about.conversation, about.message, delivery):
        return
    if not await desk.store.messages(about.conversation, [about.message]):  # else it is being answered just now
        await say_text(desk, who, who.texts.nothing_to_answer)


# --- what could be asked next --------------------------------------------------------------------------------------


async def _ask_next(desk: Desk, body: Body, context: AsyncBoltContext) -> None:
    """Ask a suggested question for whoever clicked; acknowledged when the mailbox has it.

    Its name is made of what it asks, so that it is asked once, whoever clicks however often.
    """
    click = await clicked(desk, body, context)
    kept = await desk.store.messages(click.about.conversation, [click.about.message]) if click else []
    if click is None or not kept or not click.about.text:
        return _say(desk, body, context, "answer_gone")
    who = await whom(desk, body, context)
    place = kept[0].place
    named = hashlib.sha256(f"{click.about.message} {click.about.text}".encode()).hexdigest()[:16]
    asked = question(who, place, f"suggestion-{named}", click.about.text, _surface(place))
    asked = asked.model_copy(update={"delivery": {**asked.delivery, "asked_by": who.user}})
    submitted = await desk.mailbox.submit(asked)
    if await first(desk.mailbox, _named(body)) and submitted != "new":
        _say(desk, body, context, "asked_already")
    return None


def _surface(place: Place) -> Surface:
    if (place.thread or "").startswith("~"):
        return "ephemeral"
    if place.visibility != "direct":
        return "thread"
    return "assistant" if place.thread else "direct"
