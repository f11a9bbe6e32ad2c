"""Slack's channels as `core.channel_history` wants them told: what was said, by whom, with which files.

Calls keep Slack's pace. Apps that are distributed outside of the Marketplace may ask for a history once a minute and
get 15 messages (https://docs.slack.dev/apis/web-api/rate-limits); apps of one's own workspace are exempt. Such a pause
is sat out, and said in the log.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from adapters.payloads import Payload, listing, mapping, mappings, string
from adapters.slack.api import Clients, Installed, ask
from adapters.slack.completing import described
from adapters.slack.file_objects import urls_of
from adapters.slack.files import Files
from adapters.slack.history import as_messages
from adapters.slack.incoming import message_id
from adapters.slack.membership import Channel, Membership, as_channel
from adapters.slack.people import Person
from adapters.slack.refusals import SlackRefusedError
from core.channel_history import ChannelInfo, Said
from core.errors import PlatformUnavailableError
from core.messages import Attachment, Place

MOST_FILE_BYTES = 64 * 2**20
LONGEST_PAUSE = 120.0
"""Seconds of a pause that is sat out; of a longer one, or of more than `TRIES` in a row, whoever asked is told."""
TRIES = 5
_PAGE = 200
_MOST_PAGES = 5000
_SAID = {"", "file_share", "thread_broadcast", "me_message", "bot_message"}
_GONE = "tombstone"
_TYPES = ("public_channel,private_channel", "public_channel")

_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]
T = TypeVar("T")


class SlackHistory:
    """`core.channel_history.ChannelHistory` for the channels that the app is a member of in one workspace.

    Args:
        clients: of the workspace's token or installation.
        membership: who people are; it is not closed here.
        files: fetches private files; it is not closed here.
        team: the workspace; empty for the single one of a token.
        sleep: sits a pause out; for tests.
    """

    platform = "slack"

    def __init__(
        self, clients: Clients, membership: Membership, files: Files, *, team: str = "", sleep: Sleep = asyncio.sleep
    ) -> None:
        self._clients = clients
        self._membership = membership
        self._files = files
        self._team = team
        self._sleep = sleep
        self._urls: dict[str, str] = {}

    @property
    def workspace(self) -> str:
        """The team's id."""
        return self._team

    async def channels(self) -> list[ChannelInfo]:
        """The channels that the app is in, archived ones too; direct conversations and group messages are none."""
        installed, client = await self._open()
        found: dict[str, ChannelInfo] = {}
        for types in _TYPES:
            asked: dict[str, str | int | bool] = {"types": types}
            if installed.enterprise:
                asked["team_id"] = installed.team
            try:
                async for page in self._pages(client, "users.conversations", "channels", asked):
                    for channel in mappings(page):
                        one = as_channel(channel, string(channel.get("id")))
                        found[one.id] = info_of(one, installed)
                break
            except SlackRefusedError as error:
                if error.reason != "missing_scope" or types == _TYPES[-1]:
                    raise
                _log.warning("Private channels can't be read: %s", error)
        return list(found.values())

    async def channel(self, channel: str) -> ChannelInfo | None:
        """One channel, as it is now; None where the app can't read it (any more)."""
        installed, client = await self._open()
        try:
            answer = await self._patiently(lambda: ask(client, "conversations.info", channel=channel))
        except SlackRefusedError as error:
            if error.reason in {"channel_not_found", "not_in_channel"}:
                return None
            raise
        payload = mapping(answer.get("channel"))
        is_readable = payload.get("is_member") or payload.get("is_archived")
        return info_of(as_channel(payload, channel), installed) if is_readable else None

    async def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        """What stands in the channel itself, the newest first."""
        _, client = await self._open()
        where: dict[str, str | int | bool] = {
            "channel": channel.id,
            "oldest": f"{max(0.0, after - 1e-6):.6f}",
            "latest": f"{before:.6f}",
        }
        async for page in self._pages(client, "conversations.history", "messages", where):
            told = [one for one in mappings(page) if is_said(one) and _stands_in_channel(one)]
            yield await self._said(channel, told)

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        """A thread, its root first; empty where it is gone."""
        _, client = await self._open()
        found: dict[str, Payload] = {}
        where: dict[str, str | int | bool] = {"channel": channel.id, "ts": key}
        try:
            async for page in self._pages(client, "conversations.replies", "messages", where):
                found.update((string(one.get("ts")), one) for one in mappings(page))
        except SlackRefusedError as error:
            if error.reason != "thread_not_found":
                raise
            return []
        told = [one for _, one in sorted(found.items()) if is_said(one) and string(one.get("ts")) >= key]
        return await self._said(channel, told)

    async def file(self, attachment: Attachment) -> bytes:
        """The bytes of a file, by what a message told of it. Raises `PictureError`."""
        _, client = await self._open()
        file, url = await described(client, attachment, self._urls.get(attachment.reference, ""))
        fetch = self._files.fetch
        return await self._patiently(
            lambda: fetch(url, client.token or "", name=file.name, most=MOST_FILE_BYTES, media_type=file.media_type)
        )

    async def person(self, installed: Installed, user: str) -> Person | None:
        """Who somebody is, for `incoming.Directory`: here there is time to ask."""
        try:
            return await self._patiently(lambda: self._membership.people.person(installed, user))
        except SlackRefusedError as error:
            _log.info("Slack does not say who %s is: %s", user, error.reason)
            return None

    async def named(self, installed: Installed, channel: str) -> Channel | None:
        """Which channel it is, for `incoming.Directory`."""
        try:
            return await self._patiently(lambda: self._membership.channel(installed, channel))
        except SlackRefusedError as error:
            _log.info("Slack does not say which channel %s is: %s", channel, error.reason)
            return None

    async def close(self) -> None:
        """Nothing of it is its own."""

    async def _open(self) -> tuple[Installed, Any]:
        installed = await self._clients.installed(self._team)
        self._team = installed.team
        return installed, await self._clients.client(installed.team, installed.enterprise)

    async def _said(self, channel: ChannelInfo, told: Sequence[Payload]) -> list[Said]:
        """Messages of Slack as they were told, in the same order."""
        installed, _ = await self._open()
        visibility = "public" if channel.readers == "workspace" else "private"
        found: list[Said] = []
        for payload in told:
            self._urls.update(urls_of(payload))
            ts = string(payload.get("ts"))
            thread = string(payload.get("thread_ts")) or ts
            place = Place(
                platform="slack", workspace=installed.team, channel=channel.id, thread=thread, visibility=visibility
            )
            for message in await as_messages([payload], place, installed, self):
                found.append(
                    Said(
                        key=ts,
                        message=message.model_copy(update={"id": message_id(channel.id, ts)}),
                        url=permalink(installed, channel.id, ts, thread),
                        replies=_number(payload.get("reply_count")),
                        state=state_of(payload),
                        is_answer=message.role == "assistant",
                        is_bot=message.author.is_bot,
                        is_gone=payload.get("subtype") == _GONE,
                    )
                )
        return found

    async def _pages(
        self, client: Any, method: str, key: str, arguments: dict[str, str | int | bool]
    ) -> AsyncGenerator[list[Any]]:
        """All pages of a list; each is waited for as long as Slack asks to."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            asked = {**arguments, "limit": _PAGE} | ({"cursor": cursor} if cursor else {})
            answer = await self._patiently(lambda asked=asked: ask(client, method, **asked))
            yield listing(answer.get(key))
            following = string(mapping(answer.get("response_metadata")).get("next_cursor"))
            if not following or following == cursor:
                return
            cursor = following

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                return await call()
            except PlatformUnavailableError as error:
                pause = error.retry_after
                if pause is None or pause > LONGEST_PAUSE or attempt == TRIES:
                    raise
                _log.info("Reading Slack's channels goes on in %.0f s: %s", pause, error.message)
                await self._sleep(pause)
        raise AssertionError("unreachable")


def info_of(channel: Channel, installed: Installed) -> ChannelInfo:
    """Who may see what is said in a channel: of one that others share, or that is private, only those in it."""
    openly = not channel.is_private and not channel.is_foreign and not channel.is_direct
    url = f"{installed.url.rstrip('/')}/archives/{channel.id}" if installed.url else ""
    return ChannelInfo(
        id=channel.id, name=channel.name or channel.id, readers="workspace" if openly else "members", url=url
    )


def permalink(installed: Installed, channel: str, ts: str, thread: str = "") -> str:
    """The address of a message, as `chat.getPermalink` would give it; it costs no call."""
    if not installed.url:
        return ""
    within = f"?thread_ts={thread}&cid={channel}" if thread and thread != ts else ""
    return f"{installed.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}{within}"


def is_said(message: Payload) -> bool:
    """Not a notice; of a root that was deleted Slack keeps a stone, as long as its thread has replies."""
    return string(message.get("subtype")) in {*_SAID, _GONE}


def _stands_in_channel(message: Payload) -> bool:
    """Not a reply that was sent to the channel too: it stands in its thread."""
    return string(message.get("thread_ts")) in {"", string(message.get("ts"))}


def state_of(message: Payload) -> str:
    """What changes when a message, or the number of replies to it, does."""
    edited = string(mapping(message.get("edited")).get("ts"))
    files = ",".join(f"{one.get('id')}:{one.get('mode')}" for one in mappings(message.get("files")))
    return f"{edited}/{message.get('reply_count') or 0}/{message.get('latest_reply') or ''}/{files}".rstrip("/0")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
