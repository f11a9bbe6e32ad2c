"""A chat platform's channel history whose connections are made when it is first asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from core.channel_history import ChannelHistory, ChannelInfo, Said
from core.messages import Attachment

Close = Callable[[], Awaitable[None]]
Open = Callable[[], Awaitable[tuple[ChannelHistory, Close]]]
"""Makes the connections: the history that they give, and how to let go of them."""


class OpenedHistory:
    """`core.channel_history.ChannelHistory`, opened with its first question; asks and raises as what it opens."""

    def __init__(self, platform: str, workspace: str, open_it: Open) -> None:
        self.platform = platform
        self.workspace = workspace
        self._open = open_it
        self._opened: tuple[ChannelHistory, Close] | None = None
        self._opening = asyncio.Lock()

    async def channels(self) -> list[ChannelInfo]:
        """The channels that can be read now."""
        history = await self._history()
        found = await history.channels()
        self.workspace = history.workspace
        return found

    async def channel(self, channel: str) -> ChannelInfo | None:
        """One channel, as it is now."""
        history = await self._history()
        found = await history.channel(channel)
        self.workspace = history.workspace
        return found

    async def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        """What stands in a channel itself between two times."""
        async for page in (await self._history()).messages(channel, after=after, before=before):
            yield page

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        """A thread."""
        return await (await self._history()).thread(channel, key)

    async def file(self, attachment: Attachment) -> bytes:
        """The bytes of a file."""
        return await (await self._history()).file(attachment)

    async def close(self) -> None:
        """Let go of what was opened."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened[1]()

    async def _history(self) -> ChannelHistory:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._open()
            return self._opened[0]
