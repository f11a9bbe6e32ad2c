"""Autocomplete: what somebody may be about to look for, among what they may see."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import discord

from adapters.discord.blocks import bounded
from adapters.discord.refusals import FAILURES
from bots.discord import definitions as defined
from bots.discord.acknowledging import Interaction
from bots.discord.asking import as_asked_by
from bots.discord.desk import Desk
from bots.discord.reading import data_of, focused
from bots.discord.whom import whom
from core.actions.completing import Completing, Kind

PATIENCE = 1.5
"""Seconds; nothing is offered where it takes longer, and what was found is there for the next key."""
CHARACTERS = 100
KINDS: dict[str, Kind] = {defined.SEARCH: "text", defined.PICTURES: "picture"}

_log = logging.getLogger(__name__)

Complete = Callable[[Interaction], Awaitable[None]]


def completing(desk: Desk) -> Complete:
    """What answers an autocomplete interaction."""
    known: list[Completing] = []

    async def found(interaction: Interaction) -> list[str]:
        kind = KINDS.get(str(data_of(interaction).get("name")))
        if kind is None:
            return []
        audience = await desk.platform.audience(as_asked_by(whom(interaction)))
        if not known:
            known.append(Completing(desk.application.ledger, await desk.application.access()))
        return await known[0].complete(focused(interaction), kind, audience)

    async def answer(interaction: Interaction) -> None:
        """Offer what was found within the time that there is; the finding goes on."""
        names: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                names.set_result(await found(interaction))
            finally:
                if not names.done():
                    names.set_result([])

        desk.spawn(work(), "Completing what is typed")
        done, _ = await asyncio.wait({names}, timeout=PATIENCE)
        offered = names.result() if done else []
        choices = [discord.app_commands.Choice(name=one, value=one) for one in _short(offered)]
        try:
            await interaction.response.autocomplete(choices)
        except FAILURES as error:  # somebody typed on, or it is too late
            _log.info("What somebody types was not completed: %s", error)

    return answer


def _short(names: list[str]) -> list[str]:
    """As Discord takes them."""
    return list(dict.fromkeys(bounded(name, CHARACTERS) for name in names))
