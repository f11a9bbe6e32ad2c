"""What a chat platform tells of its channels and of what was said in them, as plain values, and who tells it.

`core.sources.channels` makes knowledge of it; the platforms' adapters implement `ChannelHistory`, since only they can.
"""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from core.messages import Attachment, Message, Value


class ChannelInfo(Value):
    """A channel that Lorelens may read.

    `readers` says who may see it: "workspace" (its members, and every full member of the workspace), "guild" (whoever
    `audience` names, where the platform has rules of its own), or "members" (those in it and nobody else).
    `workspace` is for a history of several workspaces; empty for `ChannelHistory.workspace`.
    """

    id: str
    name: str
    workspace: str = ""
    readers: Literal["workspace", "guild", "members"] = "members"
    audience: tuple[str, ...] = ()
    url: str = ""


class Said(Value):
    """One message of a history.

    `key` orders it within its channel and names it there for good (Slack's `ts`, Discord's id). `replies` counts those
    in the thread that hangs on it, and `state` changes whenever the message or that count does. `is_answer` says that
    Lorelens wrote it, `is_bot` that any program did, `is_gone` that it was deleted and only its thread is left.
    """

    key: str
    message: Message
    url: str = ""
    replies: int = 0
    state: str = ""
    is_answer: bool = False
    is_bot: bool = False
    is_gone: bool = False


class ChannelHistory(Protocol):
    """Reads the channels of one workspace.

    All of it raises `SettingsError` (its subclass `PlatformRefusedError` too) where it is refused, and
    `PlatformUnavailableError` where the platform is away or asks for more patience than there is.
    """

    @property
    def platform(self) -> str:
        """The platform's name, as in `Place.platform`."""
        ...

    @property
    def workspace(self) -> str:
        """The workspace's id, as in `Place.workspace`; known once `channels` was asked."""
        ...

    async def channels(self) -> list[ChannelInfo]:
        """The channels that can be read now, all that were chosen."""
        ...

    async def channel(self, channel: str) -> ChannelInfo | None:
        """One channel, as it is now; None where it can't be read, or not any more."""
        ...

    def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        """What stands in a channel itself between two times (seconds since 1970, `before` excluded), without the
        replies in threads: pages, the newest first, and so within each."""
        ...

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        """A thread, its root first and the replies oldest first; empty where it is gone."""
        ...

    async def file(self, attachment: Attachment) -> bytes:
        """The bytes of a file of one of the messages that were read.

        Raises:
            PictureError, DocumentError: it can't be had; says why.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
