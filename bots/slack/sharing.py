"""An answer that only its asker saw, shared with the channel that it was asked in."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from bots.posting_once import post_once
from bots.slack.clicks import Click
from bots.slack.desk import Desk
from bots.slack.privately import say_text, tell
from bots.slack.whom import Whom
from core.actions.sharing import share
from core.conversation_notes import ConversationNotes
from core.errors import PlatformRefusedError
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.messages import Message, Place
from core.question import Question
from core.reply import ReplyPart


async def share_answer(desk: Desk, click: Click, who: Whom) -> None:
    """Post the answer in the channel, with who shared it and what was asked, if everybody there may see its sources."""
    about, channel = click.about, click.place.channel
    if not click.is_private or not channel.startswith(("C", "G")):
        return await say_text(desk, who, who.texts.share_in_channels)
    record = await KeptAnswers(desk.store).find(about.conversation, about.message)
    if record is None:
        return await say_text(desk, who, who.texts.answer_gone)
    if not await _is_there(desk, who, channel):
        return await say_text(desk, who, who.texts.no_permission_here)
    place = await _channel(desk, who, channel)
    audience = await desk.platform.audience(_as_asked_in(place, who))
    sharing = await share(record, await desk.application.index(), audience, chinese=who.chinese)
    if not sharing.allowed:
        return await tell(desk, who, sharing.parts)
    notes = ConversationNotes(desk.store)
    # An answer that was made anew is another one.
    name = f"shared {about.message} {record.answered_at.isoformat()}"
    if not await notes.claim(about.conversation, name):
        return await say_text(desk, who, who.texts.shared)
    try:
        is_posted = await _post(desk, who, place, record, sharing.parts)
    except BaseException:
        await notes.give_up(about.conversation, name)
        raise
    if not is_posted:  # why not, they were told directly
        return await notes.give_up(about.conversation, name)
    return await say_text(desk, who, who.texts.shared)


async def _is_there(desk: Desk, who: Whom, channel: str) -> bool:
    """Whether the person is still in the channel; where Slack does not say, its own refusals decide."""
    try:
        members = await desk.platform.membership.members(who.installed, channel)
    except PlatformRefusedError:
        return True
    return members is None or who.user in members


async def _channel(desk: Desk, who: Whom, channel: str) -> Place:
    known = await desk.platform.membership.named(who.installed, channel)
    is_public = known is not None and not known.is_private
    return Place(
        platform=desk.platform.platform,
        workspace=who.installed.team,
        channel=channel,
        visibility="public" if is_public else "private",
    )


def _as_asked_in(place: Place, who: Whom) -> Question:
    """A question whose answer all in a channel would see."""
    message = Message(id=f"{place.channel}:share", place=place, author=who.author, text="", sent_at=datetime.now(UTC))
    return Question(message=message, delivery={"team": who.installed.team, "enterprise": who.installed.enterprise})


async def _post(desk: Desk, who: Whom, place: Place, record: AnswerRecord, parts: Sequence[ReplyPart]) -> bool:
    """Let it stand in the channel; False if the app may not write there."""
    posted: dict[str, JsonValue] = {
        "team": who.installed.team,
        "enterprise": who.installed.enterprise,
        "user": who.user,
        "locale": who.texts.language,
        "surface": "thread",
        "channel": place.channel,
        "asked": record.question.text,
        "shared_by": who.user,
    }
    said = f"{record.question.place.conversation} {record.id} {record.answered_at}"
    key = hashlib.sha256(said.encode()).hexdigest()[:24]
    reply = await post_once(desk.platform, place, posted, parts, key=key)
    return reply.startswith(f"{place.channel}:") and ":none-" not in reply
