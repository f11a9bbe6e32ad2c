"""What listens to Discord's events: each module registers what it takes."""

from collections.abc import Awaitable, Callable

from bots.discord import dispatch, events, following, knowing, removal
from bots.discord.desk import Desk

REGISTERING: tuple[Callable[[Desk], Awaitable[None]], ...] = (
    knowing.register,
    events.register,
    following.register,
    removal.register,
    dispatch.register,
)
"""Each is awaited with the desk when the client is logged in and not yet connected: it calls `desk.client.hear` for
events as Discord sends them, or `desk.client.listen` for what discord.py makes of them ("interaction", say; a
`discord.app_commands.CommandTree(desk.client)` made here works by itself). What takes long goes to `desk.spawn`."""


async def register_all(desk: Desk) -> None:
    """Let all of them listen."""
    for register in REGISTERING:
        await register(desk)
