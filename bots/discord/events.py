"""What people say in Discord: questions go into the mailbox, edits and deletions follow them."""

from bots.discord.desk import Desk


async def register(desk: Desk) -> None:
    """Listen for messages."""
