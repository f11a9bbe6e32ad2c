"""What the listeners of all platforms need to save messages for later answers."""

from core import audience
from core.application import Application
from core.conversations import Conversations
from core.messages import Author, Place
from core.pictures import NormalizedPicture


class NotePictures:
    """The pictures of messages that are being saved: those that were just fetched, and those that are kept already."""

    def __init__(self, application: Application, store: Conversations) -> None:
        self._application = application
        self._store = store
        self._fetched: dict[str, bytes] = {}

    async def keep(self, normalized: NormalizedPicture) -> None:
        """Hold one that was fetched until the note is saved (`PlatformAdapter.complete`)."""
        self._fetched[normalized.picture.sha256] = normalized.data

    async def find(self, sha256: str) -> bytes | None:
        """The bytes of one; None if it is kept nowhere. Raises `StoreUnavailableError`."""
        data = self._fetched.get(sha256) or await self._store.picture(sha256)
        return data if data is not None else self._application.pictures.get(sha256)


def readers_of(place: Place, saver: Author) -> str:
    """The principal that may read what is saved of a place: who reads that; a direct conversation is the saver's."""
    if place.visibility == "direct":
        return audience.person(place.platform, place.workspace, saver.id)
    return audience.channel(place.platform, place.workspace, place.channel)
