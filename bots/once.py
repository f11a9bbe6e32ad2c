"""Each click, command and dialog has one effect: platforms may send it again, and people click twice."""

from core.mailbox import Mailbox

KNOWN = 3600
"""Seconds for which something that was done is known for done."""


async def first(mailbox: Mailbox, name: str) -> bool:
    """Whether this is the first time, in all processes; `name` is the id of a trigger, a dialog or an interaction.

    Raises:
        StoreUnavailableError: that can't be known now.
    """
    if not name:
        return True
    key = mailbox.store.keys.once(mailbox.platform, name)
    return bool(await mailbox.store.redis.execute("SET", key, b"1", "NX", "EX", KNOWN))
