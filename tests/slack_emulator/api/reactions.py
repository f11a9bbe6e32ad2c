"""Reactions of the app (https://docs.slack.dev/reference/methods/reactions.add)."""

from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Json


@method("reactions.add", "channel! name! timestamp!", "reactions:write", tier=3)
async def add(asking: Asking) -> Json:
    """React to a message."""
    message = asking.message(asking.channel(), asking.text("timestamp"))
    users = message.reactions.setdefault(asking.text("name").strip(":"), [])
    if asking.bot in users:
        raise RefusedError("already_reacted")
    users.append(asking.bot)
    return {"ok": True}


@method("reactions.remove", "channel! name! timestamp!", "reactions:write", tier=2)
async def remove(asking: Asking) -> Json:
    """Take a reaction back."""
    message = asking.message(asking.channel(), asking.text("timestamp"))
    name = asking.text("name").strip(":")
    users = message.reactions.get(name, [])
    if asking.bot not in users:
        raise RefusedError("no_reaction")
    users.remove(asking.bot)
    if not users:
        del message.reactions[name]
    return {"ok": True}
