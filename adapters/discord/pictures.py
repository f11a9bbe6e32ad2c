"""Pictures out: which of a reply's can be sent along, and their bytes."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from adapters.discord.blocks import described, file_name
from adapters.discord.calls import File
from adapters.discord.servers import Servers
from core.reply import ShownPicture

FindPicture = Callable[[str], Awaitable[bytes | None]]
"""The bytes of a picture by its sha256, if they are kept still."""
DEFAULT_LIMIT = 10 * 1024 * 1024
"""Bytes of a file where nobody has paid for more (https://discord.com/developers/docs/reference#uploading-files)."""
TOGETHER = 24 * 1024 * 1024
"""Bytes of all files of one message."""

_log = logging.getLogger(__name__)


class Pictures:
    """The pictures of one reply."""

    def __init__(self, find: FindPicture, servers: Servers, guild: str) -> None:
        self._find = find
        self._servers = servers
        self._guild = guild
        self._data: dict[str, bytes] = {}

    async def load(self, shown: Sequence[ShownPicture]) -> frozenset[str]:
        """Get their bytes; the sha256 of those that can't be sent there."""
        if not shown:
            return frozenset()
        server = await self._servers.known_server(self._guild) if self._guild else None
        limit = server.guild.filesize_limit if server is not None else DEFAULT_LIMIT
        missing: set[str] = set()
        total = 0
        for one in shown:
            sha256 = one.picture.sha256
            if sha256 in self._data or sha256 in missing:
                continue
            data = await self._find(sha256)
            if data is None or len(data) > limit or total + len(data) > TOGETHER:
                _log.warning("A picture can't be shown: %s", "it is not kept" if data is None else "it is too large")
                missing.add(sha256)
                continue
            total += len(data)
            self._data[sha256] = data
        return frozenset(missing)

    def attached(self, shown: Sequence[ShownPicture]) -> tuple[list[dict[str, Any]], list[File]]:
        """What a message says of its attachments, and the files; of those that were loaded."""
        there = [one for one in shown if one.picture.sha256 in self._data]
        files = [
            File(file_name(one, number), one.picture.media_type, self._data[one.picture.sha256])
            for number, one in enumerate(there)
        ]
        said: list[dict[str, Any]] = [
            {"id": number, "filename": files[number].name, "description": described(one)}
            for number, one in enumerate(there)
        ]
        return said, files
