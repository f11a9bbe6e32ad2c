"""The language that somebody chose to be spoken to in, on one platform; it counts before what the platform says."""

from core.conversations import Conversations


class ChosenLanguages:
    """The choices of all people. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, store: Conversations) -> None:
        self._store = store

    async def of(self, platform: str, workspace: str, person_id: str) -> str:
        """A BCP 47 tag; empty where nothing was chosen."""
        chosen = await self._store.redis.execute("HGET", self._store.keys.languages(platform, workspace), person_id)
        return chosen.decode() if chosen else ""

    async def choose(self, platform: str, workspace: str, person_id: str, language: str) -> None:
        """From now on this language; with an empty one, what the platform says again."""
        key = self._store.keys.languages(platform, workspace)
        await self._store.redis.execute(*(("HSET", key, person_id, language) if language else ("HDEL", key, person_id)))

    async def forget_workspace(self, platform: str, workspace: str) -> None:
        """Forget what all people of a workspace chose."""
        await self._store.redis.execute("DEL", self._store.keys.languages(platform, workspace))
