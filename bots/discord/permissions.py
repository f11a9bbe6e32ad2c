"""What Lorelens must be allowed on a server, what does not work without it, and the links by which it is invited.

https://discord.com/developers/docs/topics/permissions and .../topics/oauth2#bot-authorization-flow
"""

from collections.abc import Iterable
from urllib.parse import urlencode

import discord

WITHOUT = {
    "view_channel": "it does not see what is said there",
    "send_messages": "whoever asks there is told directly that it may not answer",
    "send_messages_in_threads": "it can't answer in threads",
    "read_message_history": "it knows nothing of what was said before a question, and catches up with nothing",
    "attach_files": "pictures that belong to an answer are left out",
    "embed_links": "links have no previews",
}
"""What each permission is needed for, by discord.py's names, the most important first."""

_AUTHORIZE = "https://discord.com/oauth2/authorize"
_ON_SERVERS, _FOR_PEOPLE = "0", "1"


def needed() -> discord.Permissions:
    """All of them."""
    return discord.Permissions(**dict.fromkeys(WITHOUT, True))


def missing(granted: discord.Permissions, among: Iterable[str] = WITHOUT) -> list[str]:
    """Those that are not granted, the most important first."""
    return [name for name in among if not getattr(granted, name)]


def shown(permission: str) -> str:
    """A permission as Discord's settings call it, nearly: "Send Messages in Threads"."""
    small = {"in"}
    return " ".join(word if word in small else word.capitalize() for word in permission.split("_"))


def invite_url(application: int) -> str:
    """Where it is added to a server, with what it needs there."""
    asked = {
        "client_id": str(application),
        "scope": "bot applications.commands",
        "permissions": str(needed().value),
        "integration_type": _ON_SERVERS,
    }
    return f"{_AUTHORIZE}?{urlencode(asked)}"


def user_install_url(application: int) -> str:
    """Where somebody installs its commands for themselves, on whatever server they are."""
    asked = {"client_id": str(application), "scope": "applications.commands", "integration_type": _FOR_PEOPLE}
    return f"{_AUTHORIZE}?{urlencode(asked)}"
