"""Discord's channels as `core.channel_history` wants them told: what was said, by whom, with which files.

A text or announcement channel is one with its public threads, a forum one with its posts, and a private thread that
Lorelens was added to is one of its own. Who may read one changes with roles and overwrites, and is looked up when
somebody asks (`adapters.discord.audience`): what is read names the channel as its readers, and nobody else.

What messages say is not told without the Message Content Intent, over REST neither
(https://discord.com/developers/docs/events/gateway#message-content-intent).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from adapters.discord.completing import Completing
from adapters.discord.heard import EPOCH, SAID, Heard, time_of
from adapters.discord.history import as_messages
from adapters.discord.incoming import message_id, urls_of
from adapters.discord.intake import Intake
from adapters.discord.patience import Patience, Sleep
from adapters.discord.refusals import UNKNOWN_MEMBER, UNKNOWN_MESSAGE, UNREADABLE, DiscordRefusedError
from adapters.discord.servers import PRIVATE_THREAD, Server, Spot, may_read
from adapters.discord.threads import Thread, active_threads, archived_threads, joined_private_threads
from adapters.payloads import Payload, mapping, mappings, string
from core.channel_history import ChannelInfo, Said
from core.errors import PlatformRefusedError
from core.messages import Attachment, Author, Message, Place

TEXT, NEWS, FORUM, MEDIA = 0, 5, 15, 16
KINDS = {TEXT, NEWS, FORUM, MEDIA}
"""The types of channels that are read."""
POSTS = {FORUM, MEDIA}
"""Those in which all is said in threads."""
_PAGE = 100
_THREAD_START = 21
_MESSAGES = "/channels/{channel_id}/messages"


class DiscordHistory:
    """`core.channel_history.ChannelHistory` for the channels that Lorelens may read.

    Args:
        intake: over a client that is logged in; it is not closed here.
        guild: the server; empty for all that Lorelens is on.
        sleep: sits a pause out; for tests.
    """

    platform = "discord"

    def __init__(self, intake: Intake, *, guild: str = "", sleep: Sleep = asyncio.sleep) -> None:
        self._servers = intake.servers
        self._chains = intake.chains
        self._files = intake.files
        self._guild = guild
        self._patience = Patience(intake.servers.http, sleep)
        self._spots: dict[str, Spot] = {}
        self._urls: dict[str, str] = {}

    @property
    def workspace(self) -> str:
        """The server; empty where it is of all, and each channel names its own."""
        return self._guild

    async def channels(self) -> list[ChannelInfo]:
        """The channels that Lorelens may read, and the private threads that it is in."""
        self._check_intent()
        found: list[ChannelInfo] = []
        for guild in [self._guild] if self._guild else await self._servers.all():
            server = await self._servers.server(guild)
            open_here = await self._readable(guild, server)
            found += [self._info(one) for one in open_here.values()]
            threads, joined = await active_threads(self._patience, guild)
            private = [one for one in threads if one.is_private and one.id in joined and one.parent in open_here]
            for spot in open_here.values():
                if spot.kind == TEXT:
                    private += await joined_private_threads(self._patience, spot.id)
            spots = {one.id: Spot(one.id, guild, one.name, one.kind, one.parent) for one in private}
            found += [self._info(spot) for spot in spots.values()]
        return found

    async def channel(self, channel: str) -> ChannelInfo | None:
        """One channel, or private thread, as it is now; None where Lorelens can't read it (any more)."""
        self._check_intent()
        try:
            payload = mapping(await self._patience.ask("/channels/{channel_id}", channel_id=channel))
            guild = string(payload.get("guild_id"))
            if not guild or self._guild not in {"", guild}:
                return None
            readable = await self._readable(guild, await self._servers.server(guild))
            spot = _spot(payload, guild)
            if spot.kind == PRIVATE_THREAD:
                is_here = spot.parent in readable and await self._is_in(spot.id)
            else:
                is_here = spot.id in readable
            return self._info(spot) if is_here else None
        except DiscordRefusedError as error:
            if error.number in UNREADABLE or error.status in {403, 404}:
                return None
            raise

    async def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        """What stands in the channel itself, the newest first: messages, and threads that hang on none of them."""
        spot = await self._spot_of(channel)
        if spot.kind == PRIVATE_THREAD:
            async for page in self._pages(spot.id, after, before):
                yield await self._said(spot, page, {})
            return
        first, last = _first_id(after), _first_id(before)
        threads = await self._threads(spot, after)
        waiting = sorted((one for one in threads.values() if first <= int(one.id) < last), key=lambda one: int(one.id))
        if spot.kind not in POSTS:
            async for page in self._pages(spot.id, after, before):
                said = await self._said(spot, page, threads)
                here = {one.key for one in said}
                end = int(page[-1]["id"]) if page else last
                alone: list[Said] = []
                while waiting and int(waiting[-1].id) >= end:
                    thread = waiting.pop()
                    alone += [_named(thread, spot)] if thread.id not in here else []
                yield sorted((*said, *alone), key=lambda one: -int(one.key))
        yield [_named(thread, spot) for thread in reversed(waiting)]

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        """A thread or a post, its root first; the root alone where it has none any more."""
        spot = await self._spot_of(channel)
        try:
            thread = Thread.of(mapping(await self._patience.ask("/channels/{channel_id}", channel_id=key)))
        except DiscordRefusedError as error:
            if error.number not in UNREADABLE and error.status not in {403, 404}:
                raise
            root = None if spot.kind in POSTS else await self._root(spot, key)
            return [root] if root is not None else []
        within = [page async for page in self._pages(key, 0.0, _FAR)]
        told = [payload for page in within for payload in page][::-1]
        place = Spot(key, spot.guild, thread.name, thread.kind, spot.id)
        said = await self._said(place, told, {})
        if said and said[0].key == key:  # a post, whose first message has its id
            return [_titled(said[0], thread), *said[1:]]
        root = None if spot.kind in POSTS else await self._root(spot, key)
        if root is None:
            root = _named(thread, spot, by=next((one for one in said if one.message.author.id == thread.owner), None))
            began_at_message = any(one.get("type") == _THREAD_START for one in told)
            root = root.model_copy(
                update={"is_gone": began_at_message, "is_answer": thread.owner == self._servers.own_id}
            )
        return [root, *said]

    async def file(self, attachment: Attachment) -> bytes:
        """The bytes of a file, by what a message told of it. Raises `DocumentError`."""
        return await Completing(self._chains, self._files, self._urls).document(attachment)

    async def close(self) -> None:
        """Nothing of it is its own."""

    def _check_intent(self) -> None:
        flags = self._servers.client.application_flags
        if not flags.gateway_message_content and not flags.gateway_message_content_limited:
            raise PlatformRefusedError(
                "Discord does not let Lorelens read what messages say.",
                hint="Turn on the Message Content Intent: https://discord.com/developers/applications, your "
                "application, Bot, Privileged Gateway Intents.",
                reason="intents",
            )

    async def _readable(self, guild: str, server: Server) -> dict[str, Spot]:
        """The channels of the kinds that are read, as far as Lorelens may see what was said there, by id."""
        own_id = self._servers.own_id
        own = server.guild.get_member(int(own_id)) or await self._servers.member(guild, own_id)
        channels = [one for one in server.channels if own is not None and may_read(one, own)]
        spots = (Spot(str(one.id), guild, one.name, one.type.value) for one in channels)
        return {spot.id: spot for spot in spots if spot.kind in KINDS}

    async def _is_in(self, thread: str) -> bool:
        """Whether Lorelens is a member of a private thread: whoever manages threads sees those of others too."""
        path = "/channels/{channel_id}/thread-members/{user_id}"
        try:
            await self._patience.ask(path, channel_id=thread, user_id=self._servers.own_id)
        except DiscordRefusedError as error:
            if error.number != UNKNOWN_MEMBER and error.status != 404:
                raise
            return False
        return True

    def _info(self, spot: Spot) -> ChannelInfo:
        self._spots[spot.id] = spot
        return ChannelInfo(
            id=spot.id, name=spot.name or spot.id, workspace=spot.guild, url=_address(spot.guild, spot.id)
        )

    async def _spot_of(self, channel: ChannelInfo) -> Spot:
        if channel.id not in self._spots:
            payload = mapping(await self._patience.ask("/channels/{channel_id}", channel_id=channel.id))
            self._spots[channel.id] = _spot(payload, string(payload.get("guild_id")))
        return self._spots[channel.id]

    async def _threads(self, spot: Spot, after: float) -> dict[str, Thread]:
        """The public threads of a channel that went on since a time, by id."""
        active, _ = await active_threads(self._patience, spot.guild)
        found = [one async for one in archived_threads(self._patience, spot.id, after=after)]
        return {one.id: one for one in (*active, *found) if one.parent == spot.id and not one.is_private}

    async def _pages(self, channel: str, after: float, before: float) -> AsyncGenerator[list[Payload]]:
        """The messages of a channel or thread between two times, pages of them, the newest first."""
        first, at = _first_id(after), str(_first_id(before))
        while True:
            query: dict[str, str | int] = {"before": at, "limit": _PAGE}
            page = mappings(await self._patience.ask(_MESSAGES, query=query, channel_id=channel))
            page.sort(key=lambda message: -int(message["id"]))
            yield [one for one in page if int(one["id"]) >= first]
            if len(page) < _PAGE or int(page[-1]["id"]) < first:
                return
            at = string(page[-1].get("id"))

    async def _root(self, spot: Spot, key: str) -> Said | None:
        """The message that a thread was opened at; None where there is none any more."""
        path = f"{_MESSAGES}/{{message_id}}"
        try:
            payload = mapping(await self._patience.ask(path, channel_id=spot.id, message_id=key))
        except DiscordRefusedError as error:
            if error.number != UNKNOWN_MESSAGE:
                raise
            return None
        return next(iter(await self._said(spot, [payload], {})), None)

    async def _said(self, spot: Spot, told: Iterable[Payload], threads: dict[str, Thread]) -> list[Said]:
        """Messages as they were told, in the same order, without notices; `threads` hang on some of them."""
        found: list[Said] = []
        place = _place(spot)
        for payload in told:
            heard = Heard.of(payload, guild=spot.guild)
            if not heard.id or not (heard.kind in SAID or heard.is_bot):
                continue
            self._urls.update(urls_of(heard))
            thread = threads.get(heard.id)
            for message in await as_messages([heard], place, self._servers):
                files = ",".join(one.id for one in heard.uploads)
                state = f"{heard.edited}/{files}/{thread.state if thread else ''}".rstrip("/")
                found.append(
                    Said(
                        key=heard.id,
                        message=message,
                        url=_address(spot.guild, heard.channel or spot.id, heard.id),
                        replies=thread.replies if thread is not None else 0,
                        state=state,
                        is_answer=message.role == "assistant",
                        is_bot=message.author.is_bot,
                    )
                )
        return found


_FAR = 4_000_000_000.0


def _first_id(moment: float) -> int:
    """The first id that a message of a time (seconds since 1970) may have."""
    return max(0, int(moment * 1000) - EPOCH) << 22


def _spot(payload: Payload, guild: str) -> Spot:
    kind = payload.get("type")
    named = [string(payload.get(name)) for name in ("id", "name", "parent_id")]
    return Spot(named[0], guild, named[1], kind if isinstance(kind, int) else -1, named[2])


def _place(spot: Spot) -> Place:
    thread = spot.id if spot.is_thread else None
    return Place(platform="discord", workspace=spot.guild, channel=spot.channel, thread=thread, visibility="private")


def _address(*parts: str) -> str:
    return f"https://discord.com/channels/{'/'.join(parts)}"


def _named(thread: Thread, spot: Spot, by: Said | None = None) -> Said:
    """A thread that hangs on no message: whoever opened it said its name; `by` is something else that they said."""
    author = by.message.author if by is not None else Author(id=thread.owner)
    place = _place(Spot(thread.id, spot.guild, thread.name, thread.kind, spot.id))
    message = Message(
        id=message_id(thread.id, thread.id),
        place=place,
        author=author,
        text=thread.name,
        sent_at=time_of(thread.id),
    )
    return Said(
        key=thread.id,
        message=message,
        url=_address(spot.guild, thread.id),
        replies=max(1, thread.replies),
        state=thread.state,
        is_bot=author.is_bot,
    )


def _titled(said: Said, thread: Thread) -> Said:
    """The first message of a post, with the title that its author gave it."""
    text = "\n\n".join(filter(None, (thread.name, said.message.text)))
    message = said.message.model_copy(update={"text": text})
    return said.model_copy(update={"message": message, "replies": max(1, thread.replies), "state": thread.state})
