"""Tokens that expire, refreshed in time: by one process at a time, since a refresh token can be used once.

With token rotation an access token lives for twelve hours, and each refresh token is good for one new pair
(https://docs.slack.dev/authentication/using-token-rotation). Who finds a token due takes a short lock in Redis; the
others wait for what it brings. If it fails, the old token is used while it lasts, and a minute passes before Slack is
asked again.
"""

import asyncio
import logging
import secrets
import time

from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.installations import KeptBot, RedisInstallations
from adapters.slack.refusals import SlackRefusedError
from core.conversation_keys import script
from core.errors import PlatformRefusedError, PlatformUnavailableError

EARLY = 120
"""Minutes before the end of a token at which it is refreshed."""
HELD = 60_000
"""Milliseconds for which the lock is held at most, and between a failure and the next try."""
LONGEST = 50.0
"""Seconds that Slack may take."""
PATIENCE = 10.0
"""Seconds that others wait for a new token when the old one has expired."""
COURTESY = 1.0
"""Seconds that a new token is waited for while the old one still lasts: events are to be acknowledged within three."""
_PAUSE = 0.05
_FAILED = b"failed"

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
"""

_log = logging.getLogger(__name__)


class Refreshing:
    """Refreshes the bots' tokens of one app; `client` needs no token of its own."""

    def __init__(
        self, installations: RedisInstallations, client: AsyncWebClient, *, client_id: str, client_secret: str
    ) -> None:
        self._installations = installations
        self._redis = installations.redis
        self._rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=client)
        self._running: dict[str, asyncio.Task[KeptBot]] = {}

    async def fresh(self, kept: KeptBot) -> KeptBot:
        """The bot with a token that lasts for a while.

        Raises:
            PlatformRefusedError: the app was removed meanwhile, or Slack takes the refresh token no more.
            PlatformUnavailableError: the token has expired, and there is no new one yet.
        """
        if not _due(kept.bot):
            return kept
        task = self._running.get(kept.where)
        if task is None:
            task = self._running[kept.where] = asyncio.create_task(self._refreshed(kept.where))
            task.add_done_callback(lambda done: self._ended(kept.where, done))
        # Nobody who leaves takes the task along: a new token that Slack has given out must be kept.
        if _lasts(kept.bot):
            await asyncio.wait({task}, timeout=COURTESY)
            return task.result() if task.done() else kept
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let what was begun come to its end."""
        if self._running:
            await asyncio.wait(set(self._running.values()))

    async def _refreshed(self, where: str) -> KeptBot:
        mine = secrets.token_hex(8)
        lock = self._installations.lock(where)
        patience = time.monotonic() + PATIENCE
        while True:
            taken = await self._redis.execute("SET", lock, mine, "NX", "PX", HELD)
            kept = await self._installations.bot(where)
            if kept is None or not _due(kept.bot):
                if taken:
                    await self._release(lock, mine)
                if kept is None:
                    raise not_installed(where)
                return kept
            if taken:
                return await self._refresh(kept, lock, mine)
            failed = await self._redis.execute("GET", lock) == _FAILED
            if failed or time.monotonic() > patience:
                return _old(kept)
            await asyncio.sleep(_PAUSE)

    async def _refresh(self, kept: KeptBot, lock: str, mine: str) -> KeptBot:
        """Ask Slack, holding the lock."""
        try:
            async with asyncio.timeout(LONGEST):
                bot = await self._rotator.perform_bot_token_rotation(bot=kept.bot, minutes_before_expiration=EARLY)
            if bot is None:
                raise PlatformUnavailableError("Slack answered another kind of token than the bot's.")
        except (SlackTokenRotationError, PlatformUnavailableError, TimeoutError) as error:
            await self._redis.execute("SET", lock, _FAILED, "XX", "PX", HELD)
            if isinstance(error, SlackTokenRotationError):
                return _refused(kept, error)
            said = str(error) or "Slack takes too long"
            _log.warning("The token of %s could not be refreshed: %s", kept.where, said)
            return _old(kept)
        after = await self._keep(kept, bot)
        await self._release(lock, mine)
        _log.info("The token of %s was refreshed", kept.where)
        return after

    async def _keep(self, kept: KeptBot, bot: Bot) -> KeptBot:
        """Keep the new token, unless the app was removed or installed again while Slack was asked."""
        before: KeptBot | None = kept
        while before is not None and before.bot.bot_refresh_token == kept.bot.bot_refresh_token:
            after = await self._installations.replace(before, bot)
            if after is not None:
                return after
            before = await self._installations.bot(kept.where)  # sealed with another key meanwhile, most likely
        if before is None:
            raise not_installed(kept.where)
        return before

    async def _release(self, lock: str, mine: str) -> None:
        await self._redis.execute(*script(_RELEASE, [lock], [mine]))

    def _ended(self, where: str, task: "asyncio.Task[KeptBot]") -> None:
        self._running.pop(where, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; looked at here in case that all of them left


def not_installed(where: str) -> PlatformRefusedError:
    """The error for a workspace without the app."""
    return PlatformRefusedError(
        f"The app is not installed in the workspace {where}, or not any more.",
        hint="Somebody who may install apps opens /slack/install at LORELENS_SLACK_PUBLIC_URL.",
        reason="team_not_found",
    )


def _due(bot: Bot) -> bool:
    return bot.bot_token_expires_at is not None and bot.bot_token_expires_at <= time.time() + EARLY * 60


def _lasts(bot: Bot) -> bool:
    return (bot.bot_token_expires_at or 0) > time.time()


def _old(kept: KeptBot) -> KeptBot:
    """The token that could not be refreshed, while it lasts."""
    if _lasts(kept.bot):
        return kept
    raise PlatformUnavailableError(
        f"The token of {kept.where} has expired, and Slack has given no new one yet.",
        hint="It is tried again in a minute; `lorelens doctor slack` says more.",
        retry_after=HELD / 1000,
    )


def _refused(kept: KeptBot, error: SlackTokenRotationError) -> KeptBot:
    """Slack said no, and will say it again: usually to a refresh token that was used already."""
    said = error.api_error
    reason = said.reason if isinstance(said, SlackRefusedError) else "unknown_error"
    _log.error("Slack refuses to refresh the token of %s: %s", kept.where, reason)
    if _lasts(kept.bot):
        return kept
    raise PlatformRefusedError(
        f"Slack refuses to refresh the token of {kept.where} ({reason}).",
        hint="Check LORELENS_SLACK_CLIENT_ID and LORELENS_SLACK_CLIENT_SECRET; else install the app there again.",
        reason=reason,
    ) from said
