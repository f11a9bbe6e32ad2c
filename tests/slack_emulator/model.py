"""What there is in the emulated Slack, as plain data that the world changes: teams, accounts, messages, views."""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.slack_emulator.looks import buttons, pictures
from tests.slack_emulator.parts import Button, Json, Picture, Upload, Version

__all__ = [
    "Account",
    "AssistantThread",
    "Button",
    "Channel",
    "File",
    "Installation",
    "Json",
    "Message",
    "Picture",
    "Stream",
    "Team",
    "Upload",
    "Usergroup",
    "Version",
    "View",
]


@dataclass(eq=False)
class Team:
    """A workspace, or another organization's, from which strangers come."""

    id: str
    name: str
    domain: str
    enterprise: str = ""


@dataclass(eq=False)
class Account:
    """A member of a team: a person, a guest, a stranger or a bot's user."""

    id: str
    team: Team
    name: str
    real_name: str
    display_name: str
    locale: str
    tz: str
    email: str
    guest: str = ""
    """"", "restricted" (several channels) or "single" (one channel)."""
    bot_id: str = ""
    app_id: str = ""
    stranger: bool = False
    """Of another organization, met by Slack Connect."""
    deleted: bool = False


@dataclass(eq=False)
class File:
    """A file and where it was shared. `state` is "private" until an upload is completed."""

    id: str
    team: Team
    owner: str
    name: str
    title: str
    mimetype: str
    content: bytes
    created: float = field(default_factory=time.time)
    alt: str = ""
    complete: bool = True
    expected: int = 0
    """Bytes that were announced for an upload."""
    ready_at: float = 0.0
    """`time.monotonic()` from which blocks may show it: Slack takes a moment to process an upload."""
    channels: list[str] = field(default_factory=list[str])
    deleted: bool = False
    given: bool = False
    """Put into a dialog of the app, which may read it though it was shared nowhere."""


@dataclass(eq=False)
class Channel:
    """A conversation: "public", "private", "im" or "mpim"."""

    id: str
    team: Team
    name: str
    kind: str
    creator: str
    members: dict[str, None] = field(default_factory=dict[str, None])
    shared: bool = False
    archived: bool = False
    created: int = field(default_factory=lambda: int(time.time()))
    messages: dict[str, "Message"] = field(default_factory=dict[str, "Message"])
    threads: dict[str, list["Message"]] = field(default_factory=dict[str, list["Message"]])
    """Root's ts -> the messages of the thread, the root first."""

    @property
    def event_type(self) -> str:
        """What `channel_type` of its message events says."""
        return {"public": "channel", "private": "group"}.get(self.kind, self.kind)


@dataclass(eq=False)
class Stream:
    """What is known of a message while it streams."""

    mode: str = ""
    """"markdown_text" or "chunks", whichever was used first."""
    markdown: str = ""
    blocks: list[Json] = field(default_factory=list[Json])
    tasks: dict[str, Json] = field(default_factory=dict[str, Json])
    plan: str = ""
    appends: int = 0
    started_at: float = field(default_factory=time.monotonic)
    recipient: str = ""
    closed_by_slack: bool = False


@dataclass(eq=False)
class Message:
    """A message as it reads now; `versions` holds how it read before."""

    channel: Channel
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list[Json])
    attachments: list[Json] = field(default_factory=list[Json])
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    subtype: str = ""
    thread_ts: str = ""
    broadcast: bool = False
    files: list[File] = field(default_factory=list[File])
    metadata: Json = field(default_factory=dict[str, Any])
    client_msg_id: str = ""
    ephemeral_to: str = ""
    edited: Json = field(default_factory=dict[str, Any])
    deleted: bool = False
    streaming: bool = False
    stream: Stream | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    versions: list[Version] = field(default_factory=list[Version])
    created_at: float = field(default_factory=time.monotonic)
    deleted_at: float = 0.0
    by_app: bool = False
    """Posted by the app under test."""
    author: str = ""
    """The name of who wrote it."""

    @property
    def id(self) -> str:
        """The channel and the ts, which together name a message."""
        return f"{self.channel.id}:{self.ts}"

    @property
    def root(self) -> str:
        """The ts of the thread that it is in or would open."""
        return self.thread_ts or self.ts

    @property
    def shown(self) -> str:
        """What one reads, as plain text."""
        return self.versions[-1].shown if self.versions else self.text

    @property
    def buttons(self) -> list[Button]:
        """What one may click, in reading order."""
        return buttons(self.blocks)

    @property
    def pictures(self) -> list[Picture]:
        """The images that it shows: its blocks' and its files'."""
        images = [one for one in self.files if one.mimetype.startswith("image/")]
        return pictures(self.blocks) + [Picture(one.alt, file=one.id, title=one.title) for one in images]


@dataclass(eq=False)
class View:
    """A modal or a home tab as one person has it before them."""

    id: str
    team: Team
    person: str
    body: Json
    kind: str
    """ "modal" or "home"."""
    hash: str
    root: str = ""
    previous: str = ""
    closed: bool = False
    cleared: bool = False
    versions: list[Version] = field(default_factory=list[Version])
    values: Json = field(default_factory=dict[str, Any])
    """What was filled in: block_id -> action_id -> state."""
    errors: dict[str, str] = field(default_factory=dict[str, str])
    """What the app last said was wrong with it, by block id."""
    created_at: float = field(default_factory=time.monotonic)

    @property
    def title(self) -> str:
        """The modal's title."""
        return str(self.body.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        """Its blocks."""
        return self.body["blocks"]

    @property
    def shown(self) -> str:
        """What one reads, as plain text."""
        return self.versions[-1].shown

    @property
    def buttons(self) -> list[Button]:
        """What one may click or choose."""
        return buttons(self.blocks)


@dataclass(eq=False)
class AssistantThread:
    """What the app did to a thread of the assistant pane."""

    channel: str
    thread_ts: str
    context: Json = field(default_factory=dict[str, Any])
    title: str = ""
    status: str = ""
    statuses: list[str] = field(default_factory=list[str])
    prompts: list[Json] = field(default_factory=list[Json])
    prompts_title: str = ""


@dataclass(eq=False)
class Usergroup:
    """A user group, mentioned as <!subteam^ID>."""

    id: str
    team: Team
    handle: str
    users: list[str]


@dataclass(eq=False)
class Installation:
    """The app as installed in one workspace, with its token and what it may do."""

    team: Team
    bot_user: Account
    bot_token: str
    scopes: list[str]
    refresh_token: str = ""
    expires_at: float = 0.0
    """`time.time()`; 0 means never."""
    org: str = ""
    """The enterprise, if it is installed for a whole organization: its workspaces share the token."""
    revoked: bool = False
    error: str = ""
    """What Slack says to its token once it is revoked."""
    old_tokens: dict[str, str] = field(default_factory=dict[str, str])
    """Former tokens and the error that they get."""

    @property
    def bot_id(self) -> str:
        """The bot's id, which messages of the app carry."""
        return self.bot_user.bot_id
