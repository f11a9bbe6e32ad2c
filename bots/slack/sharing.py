"""An answer that only its asker saw, shared with the channel that it was asked in."""

from pydantic import JsonValue

from bots.sharing import Shareable, as_asked_in, share_there
from bots.slack.clicks import Click
from bots.slack.desk import Desk
from bots.slack.privately import say_text, tell
from bots.slack.whom import Whom
from core.errors import PlatformRefusedError
from core.explaining.keeping import KeptAnswers
from core.messages import Place


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
    installation: dict[str, JsonValue] = {"team": who.installed.team, "enterprise": who.installed.enterprise}
    shared = await share_there(
        Shareable(record, about.conversation, about.message),
        as_asked_in(who.author, place, channel, installation),
        {
            **installation,
            "user": who.user,
            "locale": who.texts.language,
            "surface": "thread",
            "channel": channel,
            "asked": record.question.text,
            "shared_by": who.user,
        },
        platform=desk.platform,
        store=desk.store,
        access=await desk.application.access(),
        chinese=who.chinese,
    )
    if shared == "shared":
        return await say_text(desk, who, who.texts.shared)
    if shared == "not posted":
        return None  # why not, they were told directly
    return await tell(desk, who, shared)


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
