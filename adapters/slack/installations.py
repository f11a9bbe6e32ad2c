"""Where the app is installed, in Redis: one hash for a workspace or organization, its tokens sealed.

The bot's token stands once, beside the records of those who installed the app, so that a refreshed token is the token
everywhere. Nothing of a record is readable without a key: see `core.sealing`.
https://docs.slack.dev/authentication/installing-with-oauth
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from core.conversation_keys import script
from core.errors import SettingsError
from core.sealing import Seal

if TYPE_CHECKING:  # redis-py takes a quarter of a second to import
    from core.redis_client import ConnectedRedis

BOT, LATEST, USER = "bot", "latest", "user:"
_BOT_FIELDS = ("bot_token", "bot_refresh_token", "bot_token_expires_at")

_REPLACE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
"""1 if a field was what it was thought to be, and is the new one now."""

_DELETE_USER = """
redis.call('HDEL', KEYS[1], 'user:' .. ARGV[1])
if redis.call('HGET', KEYS[1], 'latest') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'latest')
end
"""

_DELETE_USERS = """
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'bot' then
    redis.call('HDEL', KEYS[1], field)
  end
end
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class KeptBot:
    """A bot as it is kept for `where`: the id of a workspace, or of an organization that has it as a whole."""

    where: str
    bot: Bot
    sealed: bytes


@dataclass(frozen=True)
class Listed:
    """What is known of one installation without its tokens; `problem` says why it can't be used."""

    where: str
    name: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    problem: str = ""


class RedisInstallations(AsyncInstallationStore):
    """slack_sdk's installation store in Redis.

    Ids of workspaces are unique in all of Slack: a workspace's record is found by it, an organization's by its own.
    All methods raise `StoreUnavailableError` where Redis is away, those that read also `SettingsError` where no key
    opens a record.
    """

    def __init__(self, redis: "ConnectedRedis", seal: Seal, *, prefix: str = "lorelens") -> None:
        self.redis = redis
        self.prefix = f"{prefix}:slack"
        self._seal = seal
        self._index = f"{self.prefix}:installations"

    @property
    def logger(self) -> logging.Logger:
        """Where slack_sdk logs."""
        return _log

    # --- slack_sdk's store -----------------------------------------------------------------------------------------

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation; it is the latest of its workspace."""
        where = _where(installation.enterprise_id, installation.team_id, installation.is_enterprise_install)
        field = USER + installation.user_id
        record = {name: value for name, value in vars(installation).items() if name not in _BOT_FIELDS}
        fields: list[str | bytes] = [field, self._close(record, where, field), LATEST, installation.user_id]
        if installation.bot_token is not None:
            fields += [BOT, self._close(vars(installation.to_bot()), where, BOT)]
        await self.redis.execute("SADD", self._index, where)
        await self.redis.execute("HSET", self._key(where), *fields)
        _log.info("The app is installed in %s (%s)", where, installation.team_name or installation.enterprise_name)

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot, with a refreshed token, say."""
        where = _where(bot.enterprise_id, bot.team_id, bot.is_enterprise_install)
        await self.redis.execute("SADD", self._index, where)
        await self.redis.execute("HSET", self._key(where), BOT, self._close(vars(bot), where, BOT))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a workspace, or of an organization."""
        kept = await self.bot(_where(enterprise_id, team_id, is_enterprise_install))
        return kept.bot if kept else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """Who installed it, with the bot's token as it is now; the latest, if nobody is named."""
        where = _where(enterprise_id, team_id, is_enterprise_install)
        if user_id is None:
            latest: bytes | None = await self.redis.execute("HGET", self._key(where), LATEST)
            if latest is None:
                return None
            user_id = latest.decode()
        record = await self._read(where, USER + user_id)
        if record is None:
            return None
        kept = await self.bot(where)
        bot = {name: getattr(kept.bot, name) for name in _BOT_FIELDS} if kept else {}
        return Installation(**record[0], **bot)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget the bot of a workspace."""
        where = _where(enterprise_id, team_id, not team_id)
        await self.redis.execute("HDEL", self._key(where), BOT)
        await self._unlist(where)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget who installed it: one person, or all."""
        where = _where(enterprise_id, team_id, not team_id)
        source, given = (_DELETE_USER, [user_id]) if user_id else (_DELETE_USERS, [])
        await self.redis.execute(*script(source, [self._key(where)], given))
        await self._unlist(where)

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget all of a workspace's, or, where none is named, of an organization's."""
        where = _where(enterprise_id, team_id, not team_id)
        await self.redis.execute("DEL", self._key(where), self.lock(where))
        await self._unlist(where)
        _log.info("The app is not installed in %s any more; its tokens are forgotten", where)

    # --- what is beyond it -----------------------------------------------------------------------------------------

    async def bot(self, where: str) -> KeptBot | None:
        """The bot of a workspace or organization, and how it is kept."""
        record = await self._read(where, BOT)
        return KeptBot(where, Bot(**record[0]), record[1]) if record else None

    async def find(self, team: str, enterprise: str = "") -> KeptBot | None:
        """The bot for a workspace: its own, or the organization's."""
        for where in (team, enterprise):
            if where and (kept := await self.bot(where)) is not None:
                return kept
        return None

    async def replace(self, kept: KeptBot, bot: Bot) -> KeptBot | None:
        """Keep a bot in the place of what was read; None if that was changed or removed since."""
        sealed = self._close(vars(bot), kept.where, BOT)
        done = await self._replace(kept.where, BOT, kept.sealed, sealed)
        return KeptBot(kept.where, bot, sealed) if done else None

    async def listed(self) -> list[Listed]:
        """All installations, by id."""
        found: list[bytes] = await self.redis.execute("SMEMBERS", self._index)
        return [await self._listed(where.decode()) for where in sorted(found)]

    def lock(self, where: str) -> str:
        """The key that is held while a token is refreshed."""
        return f"{self.prefix}:refreshing:{{{where}}}"

    async def _listed(self, where: str) -> Listed:
        try:
            kept = await self.bot(where)
        except SettingsError as error:
            return Listed(where, problem=str(error))
        if kept is None:
            return Listed(where, problem="It has no bot token any more; the app has to be installed there again.")
        bot = kept.bot
        name = (None if bot.is_enterprise_install else bot.team_name) or bot.enterprise_name or ""
        return Listed(where, name, tuple(bot.bot_scopes), bot.bot_token_expires_at)

    async def _read(self, where: str, field: str) -> tuple[dict[str, Any], bytes] | None:
        """A record and how it is kept, which is with the first key from now on."""
        sealed: bytes | None = await self.redis.execute("HGET", self._key(where), field)
        if sealed is None:
            return None
        opened = self._seal.open(sealed, self._place(where, field))
        record: dict[str, Any] = json.loads(opened.secret)
        if opened.outdated:
            anew = self._close(record, where, field)
            if await self._replace(where, field, sealed, anew):
                sealed = anew
        return record, sealed

    async def _replace(self, where: str, field: str, before: bytes, after: bytes) -> int:
        return await self.redis.execute(*script(_REPLACE, [self._key(where)], (field, before, after)))

    async def _unlist(self, where: str) -> None:
        key = self._key(where)
        if not await self.redis.execute("EXISTS", key):
            await self.redis.execute("SREM", self._index, where)
            if await self.redis.execute("EXISTS", key):  # installed again just then
                await self.redis.execute("SADD", self._index, where)

    def _close(self, record: Mapping[str, Any], where: str, field: str) -> bytes:
        return self._seal.close(json.dumps(record).encode(), self._place(where, field))

    def _key(self, where: str) -> str:
        return f"{self.prefix}:installation:{{{where}}}"

    def _place(self, where: str, field: str) -> str:
        return f"{where}/{field}"


def _where(enterprise: str | None, team: str | None, whole: bool | None) -> str:
    """The id that an installation is kept by."""
    return (enterprise or team if whole else team or enterprise) or ""
