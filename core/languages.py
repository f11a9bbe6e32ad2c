"""The language that somebody chose to be spoken to in, on one platform; it counts before what the platform says."""

from core.conversations import Conversations


class ChosenLanguages:
    """The choices of all people. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, store: Conversations) -> None:
        self._store = store

    async def of(self, platform: str, workspace: str, person_id: str) -> str:
        """A BCP 47 tag; empty where nothing was chosen."""
        chosen = await self._store.redis.execute("GET", self._store.keys.language(platform, workspace, person_id))
        return chosen.decode() if chosen else ""

    async def choose(self, platform: str, workspace: str, person_id: str, language: str) -> None:
        """From now on this language; with an empty one, what the platform says again."""
        key = self._store.keys.language(platform, workspace, person_id)
        await self._store.redis.execute(*(("SET", key, language) if language else ("DEL", key)))
