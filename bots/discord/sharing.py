"""An answer that only its asker saw, shared with the channel or thread that it was asked in."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from bots.discord.acknowledging import Interaction
from bots.discord.clicks import Click, clicked
from bots.discord.desk import Desk
from bots.discord.privately import say_text, tell
from bots.discord.whom import Whom
from bots.posting_once import post_once
from core.actions.sharing import share
from core.conversation_notes import ConversationNotes
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.messages import Message, Place
from core.question import Question
from core.reply import ReplyPart


async def share_answer(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Post the answer where it was asked, with who shared it and what was asked, if everybody there may see its
    sources, and whoever shares it may write there."""
    click = await clicked(desk, interaction, who)
    if click is None:
        return await say_text(desk, who, who.texts.answer_gone)
    if not click.is_private or not who.guild:
        return await say_text(desk, who, who.texts.share_in_channels)
    record = await KeptAnswers(desk.store).find(click.conversation, click.about.message)
    if record is None:
        return await say_text(desk, who, who.texts.answer_gone)
    if not _may_write(interaction, who):
        return await say_text(desk, who, who.texts.no_permission_here)
    return await _share(desk, who, click, record)


async def _share(desk: Desk, who: Whom, click: Click, record: AnswerRecord) -> None:
    place = await _openly(desk, who)
    audience = await desk.platform.audience(_as_asked_in(place, who))
    sharing = await share(record, await desk.application.index(), audience, chinese=who.chinese)
    if not sharing.allowed:
        return await tell(desk, who, sharing.parts)
    notes = ConversationNotes(desk.store)
    # An answer that was made anew is another one.
    name = f"shared {click.about.message} {record.answered_at.isoformat()}"
    if not await notes.claim(click.conversation, name):
        return await say_text(desk, who, who.texts.shared)
    try:
        is_posted = await _post(desk, who, place, record, sharing.parts)
    except BaseException:
        await notes.give_up(click.conversation, name)
        raise
    if not is_posted:
        await notes.give_up(click.conversation, name)
        return await say_text(desk, who, who.texts.no_permission_here)
    return await say_text(desk, who, who.texts.shared)


def _may_write(interaction: Interaction, who: Whom) -> bool:
    """Whether the person may write there, as Discord says beside the click."""
    may = interaction.permissions
    return may.send_messages_in_threads if who.spot.is_thread else may.send_messages


async def _openly(desk: Desk, who: Whom) -> Place:
    hidden = await desk.platform.intake.servers.is_hidden(who.spot)
    return Place(
        platform=desk.platform.platform,
        workspace=who.workspace,
        channel=who.spot.channel,
        thread=who.spot.id if who.spot.is_thread else None,
        visibility="private" if hidden else "public",
    )


def _as_asked_in(place: Place, who: Whom) -> Question:
    """A question whose answer all in a channel would see."""
    message = Message(id=f"{who.spot.id}:share", place=place, author=who.author, text="", sent_at=datetime.now(UTC))
    return Question(message=message, delivery={"guild": who.guild})


async def _post(desk: Desk, who: Whom, place: Place, record: AnswerRecord, parts: Sequence[ReplyPart]) -> bool:
    """Let it stand there; False if the app may not write there."""
    posted: dict[str, JsonValue] = {
        "guild": who.guild,
        "channel": who.spot.id,
        "user": who.user,
        "locale": who.locale,
        "surface": "thread" if who.spot.is_thread else "reply",
        "quoted": record.question.text,
        "shared_by": who.name,
    }
    said = f"{record.question.place.conversation} {record.id} {record.answered_at}"
    key = hashlib.sha256(said.encode()).hexdigest()[:24]
    reply = await post_once(desk.platform, place, posted, parts, key=key)
    return reply.startswith(f"{who.spot.id}:") and ":none-" not in reply
