"""*Keep the team's answer*: below an answer that was declined, what people replied is kept with the question, by one
click. Nobody is asked for it by a message; the button stands there until somebody knows.
"""

from datetime import UTC, datetime

from adapters.discord.api import messages_after
from adapters.discord.heard import SAID, Heard
from adapters.discord.markup import mentioned
from bots.discord.acknowledging import Interaction, Way, privately
from bots.discord.clicks import Click, clicked
from bots.discord.desk import Desk
from bots.discord.privately import say_text
from bots.discord.saving import Taking, replace_place, tell_saved
from bots.discord.whom import Whom
from core.messages import Author, Message

MOST_ANSWERS = 20
"""So many replies are kept with a question, the first ones."""
_LOOKED_AT = 300
"""So many messages after the declined answer are looked at."""


async def _keep(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Keep the question with what people said below the answer that was clicked."""
    click = await clicked(desk, interaction, who)
    declined = interaction.message
    if who.is_elsewhere:
        await say_text(desk, who, who.texts.save_refused)
        return
    if click is None or click.is_private or declined is None:
        await say_text(desk, who, who.texts.answer_gone)
        return
    taking = Taking(desk, who, who.spot)
    question = await _question(desk, click, taking)
    if question is None:
        await say_text(desk, who, who.texts.answer_gone)
        return
    asked = question.id.rpartition(":")[2]
    said = await _answers(desk, who, asked, str(declined.id))
    answers = [one for one in [await taking.message(heard) for heard in said] if one is not None]
    if not answers:
        await say_text(desk, who, who.texts.keep_nothing)
        return
    await _saved(desk, who, taking, [replace_place(one, who.spot) for one in (question, *answers)])


async def _question(desk: Desk, click: Click, taking: Taking) -> Message | None:
    """The question, as it reads now, or as it is kept where it is not there any more."""
    channel, _, message = click.about.message.partition(":")
    heard = await desk.platform.intake.chains.fetch(channel, message) if message.isdecimal() else None
    found = await taking.message(heard) if heard is not None else None
    kept = await desk.store.messages(click.conversation, [click.about.message]) if found is None else ()
    return found or next(iter(kept), None)


async def _answers(desk: Desk, who: Whom, asked: str, declined: str) -> list[Heard]:
    """What people said since in the thread, or, in a channel, in reply to the question, to what was answered, or to
    another such reply."""
    servers = desk.platform.intake.servers
    chain = {asked, declined}
    found: list[Heard] = []
    async for payload in messages_after(servers.http, who.spot.id, declined, most=_LOOKED_AT):
        heard = Heard.of(payload, guild=who.guild)
        belongs = who.spot.is_thread or heard.reference in chain
        if not belongs or heard.is_bot or heard.kind not in SAID or servers.own_id in mentioned(heard.text):
            continue
        chain.add(heard.id)
        found.append(heard)
        if len(found) == MOST_ANSWERS:
            break
    return found


async def _saved(desk: Desk, who: Whom, taking: Taking, messages: list[Message]) -> None:
    async with desk.saving:
        before = await desk.application.saved_notes.of_message(messages[0].place, messages[0].id)
        saver = Author(id=before.saved_by) if before and before.saved_by != who.user else who.author
        title = await taking.keep(messages, saver, datetime.now(UTC))
    is_same = before is not None and before.messages == tuple(one.id for one in messages)
    await tell_saved(desk, who, messages[0], title, saver=saver, is_known=is_same)


KEEP = Way("Keeping the team's answer", _keep, privately)
