"""An answer that only its asker saw, shared with the channel or thread that it was asked in."""

from bots.discord.acknowledging import Interaction
from bots.discord.clicks import Click, clicked
from bots.discord.desk import Desk
from bots.discord.privately import say_text, tell
from bots.discord.whom import Whom
from bots.sharing import Shareable, as_asked_in, share_there
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.messages import Place


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
    shared = await share_there(
        Shareable(record, click.conversation, click.about.message),
        as_asked_in(who.author, place, who.spot.id, {"guild": who.guild}),
        {
            "guild": who.guild,
            "channel": who.spot.id,
            "user": who.user,
            "locale": who.locale,
            "surface": "thread" if who.spot.is_thread else "reply",
            "quoted": record.question.text,
            "shared_by": who.name,
        },
        platform=desk.platform,
        store=desk.store,
        access=await desk.application.access(),
        chinese=who.chinese,
    )
    if shared == "shared":
        await say_text(desk, who, who.texts.shared)
    elif shared == "not posted":
        await say_text(desk, who, who.texts.no_permission_here)
    else:
        await tell(desk, who, shared)


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
