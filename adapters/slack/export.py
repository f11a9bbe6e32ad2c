"""A workspace's export (a ZIP of JSON) as `core.channel_history`: the channels and what was said, without their files.

https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports. Nothing is unpacked to disk, every part is
bounded, and no path in it is followed: parts are read by the names of channels and days alone. Links to files carry
tokens there; neither those nor the links are kept.
"""

import asyncio
import json
import re
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Installed
from adapters.slack.channel_history import is_said, permalink, state_of
from adapters.slack.history import as_messages
from adapters.slack.membership import Channel
from adapters.slack.people import Person, as_person
from core.channel_history import ChannelInfo, Said
from core.errors import DocumentError
from core.messages import Attachment, Place

MOST_PARTS = 500_000
MOST_PART_BYTES = 64 * 2**20
"""The largest single JSON in it that is read: a day of a channel, or the list of all people."""
_KINDS = {"channels.json": "public", "groups.json": "private", "mpims.json": "direct", "dms.json": "direct"}
_ID = re.compile(r"[A-Z][A-Z0-9]{1,40}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TOKEN = re.compile(r"(?<=[?&])(?:t|token|pub_secret)=[^&\s<>|)\"']*|xox[a-z]-[A-Za-z0-9-]+", re.IGNORECASE)


class SlackExport:
    """`core.channel_history.ChannelHistory` of an export. `url` is the workspace's address, for links to messages;
    `with_private`: private channels and direct conversations too, for whoever the operator named."""

    platform = "slack"

    def __init__(self, path: Path, *, url: str = "", with_private: bool = False) -> None:
        self._path = path
        self._url = url
        self._with_private = with_private
        self._archive: zipfile.ZipFile | None = None
        self._installed = Installed(team="", user="-")
        self._people: dict[str, Person] = {}
        self._folders: dict[str, str] = {}
        self._infos: dict[str, ChannelInfo] = {}
        self._days: dict[str, list[str]] = {}

    @property
    def workspace(self) -> str:
        """The team's id, as most people in the export have it."""
        return self._installed.team

    async def channels(self) -> list[ChannelInfo]:
        """The channels in it. Raises `DocumentError` for what is no export."""
        await asyncio.to_thread(self._open)
        return list(self._infos.values())

    async def channel(self, channel: str) -> ChannelInfo | None:
        """One of them."""
        await asyncio.to_thread(self._open)
        return self._infos.get(channel)

    async def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        """The messages that are no replies, a day a page, the newest first."""
        for day in await asyncio.to_thread(self._days_between, channel, after, before):
            told = [
                one
                for one in await asyncio.to_thread(self._messages, channel, day)
                if string(one.get("thread_ts")) in {"", string(one.get("ts"))} and after <= _number(one) < before
            ]
            yield (await self._said(channel, told))[::-1]

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        """A thread: its replies stand on the days on which they were written."""
        began = datetime.fromtimestamp(float(key), UTC).timestamp()
        days = await asyncio.to_thread(self._days_between, channel, began - 86_400, float("inf"))
        told: dict[str, Payload] = {}
        wanted = -1
        for day in reversed(days):
            for one in await asyncio.to_thread(self._messages, channel, day):
                if key in {string(one.get("thread_ts")), string(one.get("ts"))}:
                    told[string(one.get("ts"))] = one
                    wanted = max(wanted, _replies(one) + 1 if one.get("ts") == key else -1)
            if 0 < wanted <= len(told):
                break
        return await self._said(channel, [one for _, one in sorted(told.items())])

    async def file(self, attachment: Attachment) -> bytes:
        """None is in it. Raises `DocumentError`."""
        raise DocumentError(f"{attachment.name} is not in the export.", hint="Slack exports links to files only.")

    async def person(self, installed: Installed, user: str) -> Person | None:
        """Who somebody was."""
        return self._people.get(user)

    async def named(self, installed: Installed, channel: str) -> Channel | None:
        """What a channel was called."""
        info = self._infos.get(channel)
        return Channel(id=info.id, name=info.name) if info else None

    async def close(self) -> None:
        """Close the file."""
        archive, self._archive = self._archive, None
        if archive is not None:
            archive.close()

    def _open(self) -> None:
        if self._archive is not None:
            return
        try:
            archive = zipfile.ZipFile(self._path)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DocumentError(f"{self._path} is no ZIP that can be read: {error}.", hint=_EXPORT) from error
        names = archive.namelist()
        if len(names) > MOST_PARTS or "users.json" not in names or "channels.json" not in names:
            archive.close()
            raise DocumentError(f"{self._path} is no export of a Slack workspace.", hint=_EXPORT)
        self._archive = archive
        users = mappings(self._json("users.json"))
        teams = Counter(string(user.get("team_id")) for user in users if user.get("team_id"))
        team = teams.most_common(1)[0][0] if teams else ""
        self._installed = Installed(team=team, user="-", url=self._url)
        self._people = {string(one.get("id")): as_person(one, string(one.get("id")), self._installed) for one in users}
        for name, kind in _KINDS.items():
            if name in names and (kind == "public" or self._with_private):
                self._add(mappings(self._json(name)), kind)
        for name in names:
            folder, _, file = name.rpartition("/")
            day = file.removesuffix(".json")
            if _DAY.fullmatch(day) and file != day:
                self._days.setdefault(folder, []).append(day)

    def _add(self, channels: Iterable[Payload], kind: str) -> None:
        for one in channels:
            identity, name = string(one.get("id")), string(one.get("name"))
            if _ID.fullmatch(identity):
                # Direct conversations have no name: their folder is called by their id.
                self._folders[identity] = name or identity
                self._infos[identity] = ChannelInfo(
                    id=identity, name=name or identity, readers="workspace" if kind == "public" else "guild"
                )

    def _days_between(self, channel: ChannelInfo, after: float, before: float) -> list[str]:
        """The days of a channel, the newest first."""
        self._open()
        days = sorted(self._days.get(self._folders.get(channel.id, ""), ()), reverse=True)
        return [day for day in days if _begin(day) + 2 * 86_400 > after and _begin(day) - 86_400 < before]

    def _messages(self, channel: ChannelInfo, day: str) -> list[Payload]:
        """What was said on a day, oldest first, without tokens."""
        told = mappings(self._json(f"{self._folders[channel.id]}/{day}.json"))
        return sorted((one for one in told if is_said(one)), key=_number)

    def _json(self, name: str) -> Any:
        if self._archive is None:
            raise DocumentError(f"{self._path} is closed.", hint=_EXPORT)
        try:
            with self._archive.open(name) as part:
                data = part.read(MOST_PART_BYTES + 1)
        except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError, KeyError) as error:
            raise DocumentError(f"{name} in {self._path} can't be read: {error}.", hint=_EXPORT) from error
        if len(data) > MOST_PART_BYTES:
            raise DocumentError(f"{name} in {self._path} would unpack to far too much.", hint=_EXPORT)
        try:
            return json.loads(_TOKEN.sub("", data.decode("utf-8", "replace")))
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"{name} in {self._path} is damaged.", hint=_EXPORT) from error

    async def _said(self, channel: ChannelInfo, told: Iterable[Payload]) -> list[Said]:
        found: list[Said] = []
        for payload in told:
            ts = string(payload.get("ts"))
            thread = string(payload.get("thread_ts")) or ts
            place = Place(platform="slack", workspace=self.workspace, channel=channel.id, thread=thread)
            profile = string(mapping(payload.get("bot_profile")).get("name")) or string(payload.get("username"))
            for message in await as_messages([payload], place, self._installed, self):
                without = tuple(
                    file.model_copy(update={"problem": "It is not in the export."}) for file in message.attachments
                )
                found.append(
                    Said(
                        key=ts,
                        message=message.model_copy(update={"attachments": without}),
                        url=permalink(self._installed, channel.id, ts, thread),
                        replies=_replies(payload),
                        state=state_of(payload),
                        is_answer=message.author.is_bot and profile.casefold() == "lorelens",
                        is_bot=message.author.is_bot,
                        is_gone=payload.get("subtype") == "tombstone",
                    )
                )
        return found


_EXPORT = "Give the ZIP as Slack made it (Settings, Import/export data, Export)."


def _replies(message: Payload) -> int:
    count = message.get("reply_count")
    return count if isinstance(count, int) else len(mappings(message.get("replies")))


def _number(message: Payload) -> float:
    try:
        return float(string(message.get("ts")))
    except ValueError:
        return 0.0


def _begin(day: str) -> float:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
