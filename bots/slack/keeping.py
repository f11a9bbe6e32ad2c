"""*Keep the team's answer*: below an answer that was declined, what people replied is kept with the question, by one
click. Nobody is asked for it by a message; the button stands there until somebody knows.
"""

from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import Payload, mapping, string
from adapters.slack.buttons import KEEP
from adapters.slack.incoming import ts_of
from adapters.slack.mentions import mentions
from bots.once import first
from bots.slack.clicks import Click, clicked
from bots.slack.desk import Desk
from bots.slack.privately import say_text, telling
from bots.slack.saving import Taking, may_save, said_in_thread, tell_saved
from bots.slack.shortcuts import place_of_message
from bots.slack.whom import Whom, whom
from core.messages import Author, Message

MOST_ANSWERS = 20
"""So many replies are kept with a question, the first ones."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the button."""
    listening: Any = app

    async def keep(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def work() -> None:
            click, who = await clicked(desk, body, context), await whom(desk, body, context)
            if click is None or click.is_private:
                await say_text(desk, who, who.texts.answer_gone)
            else:
                await _keep(desk, click, who, string(mapping(body.get("message")).get("ts")))

        await ack()
        if await first(desk.mailbox, f"keep-{string(body.get('trigger_id'))}"):
            desk.spawn(work(), "Keeping the team's answer", tell=telling(desk, body, context))

    listening.action(KEEP)(keep)


async def _keep(desk: Desk, click: Click, who: Whom, declined: str) -> None:
    """Keep the question with what people said below the answer (`declined` is its `ts`)."""
    if not await may_save(desk, who):
        await say_text(desk, who, who.texts.save_refused)
        return
    asked = ts_of(click.about.message)
    root = click.place.thread or asked
    place = await place_of_message(desk, who, {"ts": root, "thread_ts": root})
    taking = Taking(desk, who, place)
    answers: list[Message] = []
    question: Message | None = None
    for payload in await said_in_thread(desk, place, who):
        ts = string(payload.get("ts"))
        if ts == asked:
            question = await taking.message(payload)
        elif ts > declined and len(answers) < MOST_ANSWERS and _answers(payload, who):
            answers += [said for said in [await taking.message(payload)] if said is not None]
    if question is None:
        question = next(iter(await desk.store.messages(click.about.conversation, [click.about.message])), None)
    if question is None:
        await say_text(desk, who, who.texts.answer_gone)
    elif not answers:
        await say_text(desk, who, who.texts.keep_nothing)
    else:
        await _saved(desk, who, taking, [question, *answers])


async def _saved(desk: Desk, who: Whom, taking: Taking, messages: list[Message]) -> None:
    before = await desk.application.saved_notes.of_message(messages[0].place, messages[0].id)
    saver = Author(id=before.saved_by) if before and before.saved_by != who.user else who.author
    async with desk.saving:
        title = await taking.keep(messages, saver, datetime.now(UTC))
    is_same = before is not None and before.messages == tuple(one.id for one in messages)
    await tell_saved(desk, who, messages[0], title, saver=saver, before=before if is_same else None)


def _answers(payload: Payload, who: Whom) -> bool:
    """Whether a reply may be a person's answer: no program wrote it, and it asks Lorelens nothing."""
    is_program = bool(payload.get("bot_id")) or string(payload.get("user")) == who.installed.user
    return not is_program and who.installed.user not in mentions(payload).people
