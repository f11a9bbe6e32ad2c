"""Registers the commands with Discord, for all servers, when those that it has are other ones.

https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from discord.http import Route

from adapters.discord.api import ask
from adapters.discord.refusals import FAILURES, as_error
from adapters.payloads import Payload, mapping, mappings
from bots.discord.definitions import definitions
from bots.discord.desk import Desk
from core.errors import PlatformUnavailableError

PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds until it is tried again: the first, and the longest."""
ENTRY_POINT = 4
"""The command of an activity, which Discord adds by itself and does not let be left out."""
_PATH = "/applications/{application_id}/commands"

_log = logging.getLogger(__name__)


async def keep_registering(desk: Desk) -> None:
    """Let Discord have the commands, however long it is away; raises `DiscordRefusedError` where it does not take
    them."""
    pause = PAUSE
    while True:
        try:
            await register_commands(desk)
        except PlatformUnavailableError as error:
            _log.warning("The commands are registered later: %s", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


async def register_commands(desk: Desk) -> bool:
    """Let Discord have the commands as they are defined; False if it has them already.

    Raises:
        DiscordRefusedError: it does not take them.
        PlatformUnavailableError: it is away.
    """
    application, http = desk.client.application_id or 0, desk.client.http
    there = await registered(desk)
    kept = [one for one in there if one.get("type") == ENTRY_POINT]
    if is_registered(there):
        return False
    body = [*definitions(), *map(dict, kept)]
    try:
        await http.request(Route("PUT", _PATH, application_id=application), json=body)
    except FAILURES as error:
        raise as_error(error, f"PUT {_PATH}") from error
    _log.info("The commands were registered with Discord, which shows them everywhere within a few minutes")
    return True


async def registered(desk: Desk) -> list[Payload]:
    """The commands that Discord has; raises as `register_commands` does."""
    query = {"with_localizations": "true"}
    return mappings(await ask(desk.client.http, _PATH, query=query, application_id=desk.client.application_id or 0))


def is_registered(there: Sequence[Payload]) -> bool:
    """Whether these are all of the commands, as they are defined, and no others."""
    ours = [one for one in there if one.get("type") != ENTRY_POINT]
    known = {(one.get("type", 1), one.get("name")): one for one in ours}
    wanted = definitions()
    return len(ours) == len(wanted) and all(_same(one, known.get((one["type"], one["name"]))) for one in wanted)


def _same(wanted: Any, there: Any) -> bool:
    """Whether Discord has what is wanted, whatever it adds: what is empty or false it may leave out."""
    if isinstance(wanted, Mapping):
        held = mapping(there)
        return all(_same(value, held.get(key)) for key, value in mapping(wanted).items())
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], Mapping):
        left = mappings(there)
        return len(left) == len(mappings(wanted)) and all(map(_same, mappings(wanted), left))
    if isinstance(wanted, list):
        return set(wanted) == set(there or ())  # pyright: ignore[reportUnknownArgumentType]
    return wanted == there or (not wanted and not there)
