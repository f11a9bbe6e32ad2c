"""What Discord refuses, in words: its error codes as errors that say what happened and what to do.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import aiohttp
import discord

from core.errors import PlatformRefusedError, PlatformUnavailableError

INVALID_FORM = 50035
UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
UNKNOWN_MEMBER = 10007
UNKNOWN_MESSAGE = 10008
MISSING_ACCESS = 50001
NOT_TO_THIS_USER = 50007
MISSING_PERMISSIONS = 50013
TOO_LARGE = 40005
NO_HISTORY = 160002
ARCHIVED = 50083
LOCKED = 160005
NOT_TEXTUAL = 50008
NOT_OF_OURS = 50005
TOO_OLD_TO_EDIT = 30046
"""A message of more than an hour was edited too often."""
TOO_MANY_FOLLOWUPS = 40094
"""Where the app is not on the server, five messages may follow a response."""
BLOCKED = 200_000
"""AutoMod does not let a message through."""
UNVERIFIED = 50009

GONE_TOKENS = {10015, 10062, 50027}
"""The interaction's token is not good any more: unknown webhook, unknown interaction, invalid token."""
UNREADABLE = {UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS}

_PERMISSIONS = "In the channel's settings, under Permissions, let Lorelens view it, read its history and send messages."

_WORDS: dict[int, tuple[str, str]] = {
    UNKNOWN_CHANNEL: ("The channel is not there any more.", ""),
    UNKNOWN_GUILD: ("Lorelens is not on that server.", "Invite it: `lorelens doctor discord` prints the link."),
    UNKNOWN_MEMBER: ("That person is not on this server.", ""),
    UNKNOWN_MESSAGE: ("The message is not there any more.", ""),
    TOO_LARGE: ("A file is too large for this server.", ""),
    MISSING_ACCESS: ("Lorelens can't see the channel.", _PERMISSIONS),
    NOT_TO_THIS_USER: ("This person takes no direct messages from Lorelens.", "They can allow them for the server."),
    MISSING_PERMISSIONS: ("Lorelens lacks a permission in the channel.", _PERMISSIONS),
    INVALID_FORM: ("Discord does not take this.", "This is a defect of Lorelens; please report it."),
    BLOCKED: ("The server's AutoMod blocked the message.", "Ask a moderator of the server."),
    ARCHIVED: ("The thread is archived.", "Reopen it, or ask in another one."),
    LOCKED: ("The thread is locked.", "Ask in another one."),
    NO_HISTORY: ("Lorelens may not read the history of the channel.", _PERMISSIONS),
}


class DiscordRefusedError(PlatformRefusedError):
    """Discord said no; `number` is its own code for why (0 where it has none), `status` HTTP's."""

    def __init__(self, error: discord.HTTPException, *, doing: str = "") -> None:
        if error.status == 401:
            message, hint = "Discord does not know the token.", "Check LORELENS_DISCORD_TOKEN."
        else:
            message, hint = _WORDS.get(error.code, ("Discord refused.", ""))
        said = " ".join((error.text or "").split())[:300]
        detail = ", ".join(filter(None, (doing, f"{error.status} {error.code}", said)))
        super().__init__(f"{message} (Discord: {detail})", hint=hint, reason=str(error.code))
        self.number = error.code
        self.status = error.status
        self.words = said


class DiscordUncertainError(PlatformUnavailableError):
    """Discord did not answer: it may have done what it was asked for, or not."""


Failed = discord.HTTPException | discord.RateLimited | aiohttp.ClientError | OSError | TimeoutError
FAILURES = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
"""What discord.py raises where a call fails."""


def as_error(error: Failed, doing: str) -> DiscordRefusedError | PlatformUnavailableError:
    """A failure of discord.py's as an error of ours: a refusal, or that Discord is away."""
    if isinstance(error, discord.RateLimited):
        return PlatformUnavailableError(
            f"Discord asks for a pause ({doing}).", hint="It is tried again then.", retry_after=error.retry_after
        )
    if not isinstance(error, discord.HTTPException):
        return DiscordUncertainError(f"Discord did not answer ({doing}: {type(error).__name__}).", hint=_LATER)
    if error.status == 429:
        pause = error.response.headers.get("Retry-After", "")
        return PlatformUnavailableError(
            f"Discord asks for a pause ({doing}).",
            hint="It is tried again then.",
            retry_after=float(pause) if pause.replace(".", "", 1).isdecimal() else None,
        )
    if error.status >= 500:
        return DiscordUncertainError(f"Discord is away ({doing}: HTTP {error.status}).", hint=_LATER)
    return DiscordRefusedError(error, doing=doing)


_LATER = "It is tried again later."
