"""Discord is answered first, whatever there is to do: it waits for three seconds, and for the rest fifteen minutes.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Literal

import discord

from adapters.discord.api import ask
from adapters.discord.refusals import FAILURES, GONE_TOKENS, UNKNOWN_MESSAGE, DiscordRefusedError, as_error
from adapters.payloads import Payload, mapping, string
from bots.discord.desk import Desk
from bots.discord.noting import done, noted
from bots.discord.privately import add, say_text
from bots.discord.whom import Whom, whom
from bots.once import first
from bots.reasons import reason

Interaction = discord.Interaction[discord.Client]

How = Literal["openly", "privately", "silently"]
"""With a message that everybody there will see, with one that only the person will see, or with none."""
Do = Callable[[Desk, Interaction, Whom], Awaitable[None]]

ACKNOWLEDGED = 40060
"""It was answered before: it came twice, or our answer was not heard of."""
UNKNOWN = 10062
"""It is too late to answer; Discord has told the person so."""
LOADING = 1 << 7
"""The flag of a message that is shown as being thought about."""

PATIENCE = 1.0
"""Seconds that a form waits: Discord waits for three."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """How a kind of interaction is taken: what it is called in the log, how Discord is answered, and what is done then.

    Without `how`, what is done answers Discord itself, as its first thing, with a form (`show`).
    """

    what: str
    do: Do
    how: Callable[[Interaction, Whom], How] | None = None


def privately(_interaction: Interaction, _who: Whom) -> How:
    """Only the person sees what comes of it."""
    return "privately"


def silently(_interaction: Interaction, _who: Whom) -> How:
    """What comes of it is seen elsewhere."""
    return "silently"


def take(desk: Desk, interaction: Interaction, way: Way, sent: Payload) -> None:
    """Answer Discord, then do what is to be done, once; whoever waits for it is told where that does not work.

    `sent` is the interaction as Discord sent it: another process goes on from that if this one is killed.
    """
    who = whom(interaction)

    async def told(error: Exception) -> None:
        await _told(desk, interaction, who, error)
        await done(desk.mailbox, who.id)

    desk.spawn(_taken(desk, interaction, who, way, sent), way.what, tell=told)


async def show(interaction: Interaction, form: "discord.ui.Modal", before: Coroutine[Any, Any, object]) -> None:
    """Answer with a form, when what belongs before its submission is done, or `PATIENCE` is over.

    Raises:
        DiscordRefusedError: it is too late, or Discord does not take it.
        PlatformUnavailableError: Discord is away.
    """
    done = asyncio.create_task(before)
    await asyncio.wait({done}, timeout=PATIENCE)
    try:
        await interaction.response.send_modal(form)
    except FAILURES as error:
        _answered_before(as_error(error, "showing a form"))
    finally:
        await done


@dataclass(frozen=True)
class Response:
    """What stands in answer to an interaction: a message, and whether it is shown as being thought about."""

    id: str
    is_thinking: bool


async def standing(desk: Desk, who: Whom) -> Response | None:
    """The response that Discord shows; None where there is none any more, or never was one.

    Raises:
        PlatformUnavailableError: Discord is away.
    """
    path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
    try:
        found = mapping(await ask(desk.client.http, path, webhook_id=who.application, webhook_token=who.token))
    except DiscordRefusedError as error:
        if error.number == UNKNOWN_MESSAGE or error.number in GONE_TOKENS:
            return None
        raise
    return Response(string(found.get("id")), bool(int(found.get("flags") or 0) & LOADING))


async def _taken(desk: Desk, interaction: Interaction, who: Whom, way: Way, sent: Payload) -> None:
    how = way.how(interaction, who) if way.how is not None else None
    if how is None:
        await way.do(desk, interaction, who)
    elif how == "silently":
        await _answered(desk, interaction, who, way, how)
    else:
        async with noted(desk.mailbox, who.id, sent):
            if await _answered(desk, interaction, who, way, how):
                await done(desk.mailbox, who.id)


async def _answered(desk: Desk, interaction: Interaction, who: Whom, way: Way, how: How) -> bool:
    """Answer Discord, and do it; False if somebody else does."""
    response = ""
    try:
        given = await interaction.response.defer(ephemeral=how == "privately", thinking=how != "silently")
    except FAILURES as error:
        _answered_before(as_error(error, "answering an interaction"))
    else:
        response = str(given.message_id or "") if given is not None else ""
    if not await first(desk.mailbox, f"interaction-{who.id}"):
        return False
    if how == "openly" and not response:  # a conversation is named by it, whoever goes on with this
        found = await standing(desk, who)
        response = found.id if found is not None else ""
    await way.do(desk, interaction, replace(who, response=response))
    return True


def _answered_before(error: Exception) -> None:
    """Go on where Discord has an answer already; raise all else."""
    if not isinstance(error, DiscordRefusedError) or error.number != ACKNOWLEDGED:
        raise error
    _log.info("An interaction was answered before: %s", error)


async def _told(desk: Desk, interaction: Interaction, who: Whom, error: Exception) -> None:
    """Say why it did not work, wherever that can still be said."""
    if isinstance(error, DiscordRefusedError) and error.number == UNKNOWN:
        return
    text = reason(error, who.texts)
    kind = interaction.response.type
    if kind is None:
        try:
            await interaction.response.send_message(text, ephemeral=True)
        except FAILURES as failure:
            _answered_before(as_error(failure, "answering an interaction"))
            await add(desk, who, text)
    elif kind is discord.InteractionResponseType.deferred_channel_message:
        await say_text(desk, who, text)
    else:
        await add(desk, who, text)
