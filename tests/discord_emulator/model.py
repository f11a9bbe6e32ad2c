"""What there is in the world: users, guilds, channels, messages and what hangs on them. State only, no rules."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.discord_emulator.bodies import Json, inner, listed

if TYPE_CHECKING:
    from tests.discord_emulator.interaction import Interaction


TEXT, DM, CATEGORY, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 4, 5, 10, 11, 12, 15
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 6, 1 << 7, 1 << 12
HAS_THREAD, COMPONENTS_V2 = 1 << 5, 1 << 15


@dataclass(eq=False)
class User:
    """An account: a person's, this bot's, or another bot's."""

    id: int
    name: str
    shown: str
    bot: bool = False
    locale: str = "en-US"
    takes_dms: bool = True
    installed: bool = False
    """Whether the person has installed the application for themselves."""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int
    guild: "Guild"
    mentionable: bool = False


@dataclass(eq=False)
class Member:
    user: User
    joined_at: float
    roles: list[Role] = field(default_factory=list[Role])
    nick: str | None = None


@dataclass(eq=False)
class Overwrite:
    """What a role (kind 0) or member (kind 1) may do in one channel beyond or below what it may in the guild."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class Guild:
    id: int
    name: str
    owner: User
    locale: str = "en-US"
    tier: int = 0
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    channels: dict[int, "Channel"] = field(default_factory=dict[int, "Channel"])
    """Threads too."""
    installed: bool = True
    """Whether the application is installed here; its bot may be absent all the same."""
    unavailable: bool = False

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    @property
    def threads(self) -> "list[Channel]":
        return [one for one in self.channels.values() if one.is_thread]

    @property
    def upload_limit(self) -> int:
        """Bytes a file may have: 10 MiB, more with boosts (support.discord.com, Server Boosting)."""
        return {2: 50, 3: 100}.get(self.tier, 10) << 20


@dataclass(eq=False)
class Channel:
    id: int
    name: str
    kind: int
    guild: Guild | None = None
    parent: "Channel | None" = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    topic: str | None = None
    position: int = 0
    recipients: list[User] = field(default_factory=list[User])
    messages: "dict[int, Message]" = field(default_factory=dict[int, "Message"])
    pins: "list[Message]" = field(default_factory=list["Message"])
    owner: User | None = None
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440
    thread_members: dict[int, float] = field(default_factory=dict[int, float])
    deleted: bool = False

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    def __repr__(self) -> str:
        return f"<#{self.name}>"


@dataclass(eq=False)
class Attachment:
    """A file on the CDN. Its links carry an end (`ex`); `expire` ends those that were given out, and new ones work."""

    id: int
    filename: str
    content: bytes
    content_type: str | None
    description: str | None
    base: str
    """`CDN/attachments/CHANNEL` or `CDN/ephemeral-attachments/APPLICATION`."""
    given: float
    width: int | None = None
    height: int | None = None
    ephemeral: bool = False
    generation: int = 0

    def expire(self) -> None:
        self.generation += 1

    @property
    def signature(self) -> str:
        return hashlib.sha256(f"{self.id}.{self.generation}".encode()).hexdigest()

    @property
    def url(self) -> str:
        """The link as it is given out now: issued at `is`, good for a day, signed by `hm`."""
        start = int(self.given)
        return f"{self.base}/{self.id}/{quote(self.filename)}?ex={start + 86_400:x}&is={start:x}&hm={self.signature}&"


@dataclass(frozen=True)
class Button:
    label: str | None
    custom_id: str | None
    url: str | None
    style: int
    disabled: bool
    emoji: str | None


@dataclass(frozen=True)
class Version:
    """What a message said from `at` on; `at` is monotonic seconds."""

    at: float
    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    attachments: tuple[Attachment, ...]
    thinking: bool


@dataclass(eq=False)
class Message:
    id: int
    channel: Channel
    author: User
    content: str = ""
    kind: int = 0
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    flags: int = 0
    reference: "Message | None" = None
    reference_json: Json | None = None
    mentions: list[User] = field(default_factory=list[User])
    mention_roles: list[Role] = field(default_factory=list[Role])
    mention_everyone: bool = False
    reactions: dict[str, list[User]] = field(default_factory=dict[str, list[User]])
    nonce: str | int | None = None
    tts: bool = False
    webhook_id: int | None = None
    application_id: int | None = None
    interaction: "Interaction | None" = None
    ephemeral_for: User | None = None
    thread: Channel | None = None
    edited_at: float | None = None
    deleted: bool = False
    history: list[Version] = field(default_factory=list[Version])
    created_at: float = field(default_factory=time.monotonic)

    def remember(self) -> None:
        """Add what it says now to its history."""
        parts = tuple(self.embeds), tuple(self.components), tuple(self.attachments)
        self.history.append(Version(time.monotonic(), self.content, *parts, self.thinking))

    @property
    def thinking(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def ephemeral(self) -> bool:
        return self.ephemeral_for is not None

    def buttons(self) -> list[Button]:
        found: list[Button] = []
        for one in walk(self.components):
            if one.get("type") == 2:
                emoji = inner(one, "emoji").get("name")
                facts = one.get("label"), one.get("custom_id"), one.get("url"), one["style"], bool(one.get("disabled"))
                found.append(Button(*facts, emoji))
        return found

    def component(self, label_or_custom_id: str) -> Json | None:
        """Return the button or select with this label, emoji, placeholder or custom_id."""
        for one in walk(self.components):
            names = one.get("label"), one.get("custom_id"), one.get("placeholder"), inner(one, "emoji").get("name")
            if one.get("custom_id") and label_or_custom_id in names:
                return one
        return None


def walk(components: list[Json]) -> Iterator[Json]:
    """Yield every component, those in rows, sections, containers and labels too."""
    for one in components:
        yield one
        yield from walk(listed(one, "components"))
        for key in ("accessory", "component"):
            if one.get(key):
                yield from walk([one[key]])


@dataclass(eq=False)
class Webhook:
    id: int
    token: str
    name: str
    channel: Channel
    user: User


@dataclass(eq=False)
class Application:
    id: int
    name: str
    bot: User
    owner: User
    message_content: bool = True
    """Whether the Message Content intent is switched on in the developer portal; likewise the next two."""
    server_members: bool = True
    presence: bool = True
    public: bool = True
    user_installable: bool = True
    redirect_uris: list[str] = field(default_factory=list[str])
    emojis: list[Json] = field(default_factory=list[Json])
    commands: dict[int | None, list[Json]] = field(default_factory=lambda: {None: []})
    """As registered, with ids and versions: those of all guilds under None, those of one guild under its id."""

    @property
    def flags(self) -> int:
        """APPLICATION_COMMAND_BADGE, and the limited forms of the intents that are switched on."""
        switched = (self.presence, 1 << 13), (self.server_members, 1 << 15), (self.message_content, 1 << 19)
        return sum((bit for on, bit in switched if on), 1 << 23 if any(self.commands.values()) else 0)
