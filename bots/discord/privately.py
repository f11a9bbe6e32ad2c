"""What only one person is told: in the message that Discord keeps open for them, by the token of what they did."""

from collections.abc import Sequence
from typing import Any

from discord.http import Route
from pydantic import JsonValue

from adapters.discord.blocks import EPHEMERAL, DiscordMessage
from adapters.discord.converting import to_discord
from adapters.discord.refusals import FAILURES, UNKNOWN_MESSAGE, DiscordRefusedError, as_error
from adapters.markdown.mentions import defused
from bots.discord.desk import Desk
from bots.discord.whom import Whom
from bots.posting_once import post_once
from core.messages import Place
from core.reply import ReplyPart

_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


async def tell(desk: Desk, who: Whom, parts: Sequence[ReplyPart]) -> None:
    """Show the parts of a reply, its pictures too, as the outlet shows an answer that only its asker sees.

    Raises:
        PlatformUnavailableError: Discord is away.
        PlatformRefusedError: Discord lets the app tell them nothing at all.
    """
    delivery = {**delivery_to(who), "surface": "ephemeral"}
    await post_once(desk.platform, private_place(who), delivery, parts)


async def say(desk: Desk, who: Whom, message: DiscordMessage) -> None:
    """Show one message with buttons of its own, in the place of what stands there.

    Raises:
        PlatformUnavailableError: Discord is away.
        PlatformRefusedError: their interaction can't be answered any more.
    """
    try:
        await _send(desk, who, "PATCH", f"{_WEBHOOK}/messages/@original", message.payload())
    except DiscordRefusedError as error:
        if error.number != UNKNOWN_MESSAGE:  # else they dismissed it
            raise


async def say_text(desk: Desk, who: Whom, text: str) -> None:
    """Show one sentence; raises as `say` does."""
    await say(desk, who, DiscordMessage(to_discord(defused(text))))


async def add(desk: Desk, who: Whom, text: str) -> None:
    """Show one sentence in a message of its own; raises as `say` does."""
    message = DiscordMessage(to_discord(defused(text))).payload()
    await _send(desk, who, "POST", _WEBHOOK, {**message, "flags": message["flags"] | EPHEMERAL})


def private_place(who: Whom) -> Place:
    """The conversation with one person that nobody else sees, where they are."""
    return Place(
        platform="discord",
        workspace=who.workspace,
        channel=who.spot.channel,
        thread=f"~{who.user}",
        visibility="direct",
    )


def delivery_to(who: Whom) -> dict[str, JsonValue]:
    """What the outlet needs to answer what a person did."""
    return {
        "guild": who.guild,
        "channel": who.spot.id,
        "user": who.user,
        "locale": who.locale,
        "application": who.application,
        "token": who.token,
        "token_until": who.until,
    }


async def _send(desk: Desk, who: Whom, method: str, path: str, body: dict[str, Any]) -> None:
    route = Route(method, path, webhook_id=int(who.application), webhook_token=who.token)
    try:
        await desk.client.http.request(route, json=body)
    except FAILURES as error:
        raise as_error(error, "answering an interaction") from error
