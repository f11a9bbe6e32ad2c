"""The buttons of an answer: was it helpful, why is it so, once more, stop, share, and what could be asked next.

They work after any restart: all that is known of a click is in the button's id and where it stands. Whoever clicks is
told by what happens to the answer, or so that only they see it.
"""

import hashlib

from pydantic import JsonValue

from adapters.discord import buttons as named
from bots.discord.acknowledging import How, Interaction, Way, privately, show, silently
from bots.discord.asking import as_asked_by, ask, question
from bots.discord.clicks import Click, clicked
from bots.discord.desk import Desk
from bots.discord.forms import REASON, reason_form
from bots.discord.privately import add, delivery_to, say_text, tell
from bots.discord.reading import data_of, filled
from bots.discord.sharing import share_answer
from bots.discord.whom import Whom
from core.explaining.keeping import KeptAnswers
from core.explaining.parts import explain_in_parts
from core.quality.feedback import FeedbackBook

# --- was it helpful ------------------------------------------------------------------------------------------------


async def _helpful(desk: Desk, interaction: Interaction, who: Whom) -> None:
    click = await clicked(desk, interaction, who)
    kept = click is not None and await _judge(desk, click, who, helpful=True)
    await say_text(desk, who, who.texts.thanks if kept else who.texts.answer_gone)


async def _unhelpful(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Ask what was wrong; the vote counts whatever comes of that."""
    custom_id = str(data_of(interaction).get("custom_id"))
    kept: list[bool] = []

    async def judge() -> None:
        click = await clicked(desk, interaction, who)
        kept.append(click is not None and await _judge(desk, click, who, helpful=False))

    await show(interaction, reason_form(who.texts, custom_id), judge())
    if not all(kept):
        await add(desk, who, who.texts.answer_gone)


async def _judge(desk: Desk, click: Click, who: Whom, *, helpful: bool) -> bool:
    """Keep a vote; False if the answer is not kept any more."""
    voted = await FeedbackBook(desk.store).vote(click.conversation, click.about.message, who.author, helpful=helpful)
    return voted != "too late"


async def _reasoned(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Keep what was wrong, as the form says."""
    click = await clicked(desk, interaction, who)
    text = filled(interaction).get(REASON, "")
    kept = click is not None and await FeedbackBook(desk.store).give(
        click.conversation, click.about.message, who.author, helpful=False, text=text
    )
    thanks = who.texts.thanks_reason if text else who.texts.thanks
    await say_text(desk, who, thanks if kept else who.texts.answer_gone)


# --- why -----------------------------------------------------------------------------------------------------------


async def _why(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Show whoever clicked why the answer is what it is, if they may see what it stood on."""
    click = await clicked(desk, interaction, who)
    record = await KeptAnswers(desk.store).find(click.conversation, click.about.message) if click else None
    if record is None:
        return await say_text(desk, who, who.texts.answer_gone)
    audience = await desk.platform.audience(as_asked_by(who))
    explainer = desk.application.explainer(desk.store.picture)
    seen = await explainer.seen_by(record, audience) if record.may_be_seen_by(audience) else None
    if seen is None:
        return await say_text(desk, who, who.texts.no_permission)
    return await tell(desk, who, await explain_in_parts(explainer, seen, desk.store.keep_picture))


# --- once more, and stop -------------------------------------------------------------------------------------------


async def _again(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Answer again, where the answer stands; by what came with the click, where only that can change it."""
    click = await clicked(desk, interaction, who)
    if click is None:
        return await add(desk, who, who.texts.answer_gone)
    kept = await desk.store.messages(click.conversation, [click.about.message])
    delivery: dict[str, JsonValue] | None = None
    private = click.is_private or _is_ephemeral(interaction)
    if kept and (private or who.is_elsewhere):
        surface = "ephemeral" if private else "interaction"
        delivery = {**delivery_to(who), "surface": surface, "quoted": kept[0].text}
    again = await desk.mailbox.again(click.conversation, click.about.message, delivery)
    if not again and not kept:  # else it is being answered just now
        await add(desk, who, who.texts.nothing_to_answer)
    return None


async def _stop(desk: Desk, interaction: Interaction, who: Whom) -> None:
    click = await clicked(desk, interaction, who)
    if click is None or not await desk.mailbox.stop(click.conversation):
        await add(desk, who, who.texts.nothing_to_stop)


# --- what could be asked next --------------------------------------------------------------------------------------


def _as_the_answer(interaction: Interaction, who: Whom) -> How:
    """What was asked so that only its asker sees it goes on so."""
    about = named.pressed(str(data_of(interaction).get("custom_id") or ""))
    private = _is_ephemeral(interaction) or about is None or about.thread.startswith("~")
    return "privately" if private or who.is_elsewhere else "openly"


async def _ask_next(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Ask a suggested question for whoever clicked.

    Its name is made of what it asks, so that it is asked once, whoever clicks however often.
    """
    click = await clicked(desk, interaction, who)
    kept = await desk.store.messages(click.conversation, [click.about.message]) if click else []
    text = await _suggested(desk, click) if click else ""
    if click is None or not kept or not text:
        return await say_text(desk, who, who.texts.answer_gone)
    hashed = hashlib.sha256(f"{click.about.message} {text}".encode()).hexdigest()[:16]
    private = _as_the_answer(interaction, who) == "privately"
    asked = question(who, kept[0].place, f"next-{hashed}", text, private=private)
    asked = asked.model_copy(update={"delivery": {**asked.delivery, "asked_by": who.name}})
    if not await ask(desk, who, asked):
        await say_text(desk, who, who.texts.asked_already)
    return None


def _is_ephemeral(interaction: Interaction) -> bool:
    """Whether only the person sees the message that they clicked."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _suggested(desk: Desk, click: Click) -> str:
    """The question that a button stands for; its label may be only the beginning."""
    record = await KeptAnswers(desk.store).find(click.conversation, click.about.message)
    suggestions = [" ".join(one.split()) for one in record.reply.suggestions if one.strip()] if record else []
    at = click.about.number - 1
    return suggestions[at] if 0 <= at < len(suggestions) else ""


CLICKS = {
    named.HELPFUL: Way("Taking feedback", _helpful, privately),
    named.UNHELPFUL: Way("Asking for a reason", _unhelpful),
    named.WHY: Way("Explaining an answer", _why, privately),
    named.AGAIN: Way("Answering again", _again, silently),
    named.STOP: Way("Stopping", _stop, silently),
    named.SHARE: Way("Sharing an answer", share_answer, privately),
}
"""By the button's name."""
NEXT = Way("Asking what was suggested", _ask_next, _as_the_answer)
REASONED = Way("Taking a reason", _reasoned, privately)
