"""Questions that are no messages: from commands, dialogs, shortcuts and buttons."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import JsonValue

from adapters.payloads import Payload, string
from adapters.slack.api import change
from adapters.slack.file_objects import attachments_of, urls_of
from adapters.slack.quoting import asked_message
from bots.slack.desk import Desk
from bots.slack.whom import Whom
from core.messages import Message, Place
from core.question import Question

Surface = Literal["thread", "direct", "assistant", "ephemeral"]


def private_place(who: Whom) -> Place:
    """The conversation with one person in a channel that nobody else sees."""
    return Place(
        platform="slack",
        workspace=who.installed.team,
        channel=who.channel,
        thread=f"~{who.user}",
        visibility="direct",
    )


def private_question(who: Whom, name: str, text: str, files: Sequence[Payload] = ()) -> Question:
    """A question that is answered so that only the asker sees it; `name` tells it from all others of its channel."""
    return question(who, private_place(who), name, text, "ephemeral", files=files)


def question(
    who: Whom,
    place: Place,
    name: str,
    text: str,
    surface: Surface,
    *,
    ts: str = "",
    files: Sequence[Payload] = (),
) -> Question:
    """A question in any conversation; `ts` is of the message that shows it there, if one does."""
    holder = {"files": list(files)}
    delivery: dict[str, JsonValue] = {
        "team": who.installed.team,
        "enterprise": who.installed.enterprise,
        "user": who.user,
        "locale": who.locale,
        "surface": surface,
    }
    if ts:
        delivery["ts"] = ts
    if surface == "ephemeral" and who.response_url:
        delivery["response_url"] = who.response_url
    if urls := urls_of(holder):
        delivery["files"] = {**urls}
    message = Message(
        id=f"{place.channel}:{name}",
        place=place,
        author=who.author,
        text=text,
        attachments=attachments_of(holder),
        sent_at=datetime.now(UTC),
    )
    return Question(message=message, delivery=delivery, alone=surface == "ephemeral")


async def show_question(desk: Desk, who: Whom, channel: str, text: str, *, thread: str = "") -> str:
    """Post in a channel or thread who asked what; its `ts`.

    Raises:
        PlatformRefusedError: the app may not write there.
        PlatformUnavailableError: Slack is away.
    """
    shown = asked_message(who.user, text, who.texts)
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    where = {"channel": channel} | ({"thread_ts": thread} if thread else {})
    posted = await change(client, "chat.postMessage", **where, text=shown.text, blocks=list(shown.blocks))
    return string(posted.get("ts"))
