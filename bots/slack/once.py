"""Each click, command and dialog has one effect: Slack may send it again, and people click twice."""

from bots.slack.desk import Desk

KNOWN = 3600
"""Seconds for which something that was done is known for done."""


async def first(desk: Desk, name: str) -> bool:
    """Whether this is the first time, in all processes; `name` is the id of a trigger or of a dialog.

    Raises:
        StoreUnavailableError: that can't be known now.
    """
    if not name:
        return True
    key = desk.store.keys.once(desk.platform.platform, name)
    return bool(await desk.store.redis.execute("SET", key, b"1", "NX", "EX", KNOWN))
