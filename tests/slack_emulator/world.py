"""The state of the emulated Slack, its ids and clocks, and the hook by which what happens becomes events."""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.slack_emulator.faults import Faults
from tests.slack_emulator.grants import Grants
from tests.slack_emulator.looks import shown
from tests.slack_emulator.mentions import pings
from tests.slack_emulator.model import (
    Account,
    AssistantThread,
    Channel,
    File,
    Installation,
    Json,
    Message,
    Team,
    Usergroup,
    Version,
    View,
)
from tests.slack_emulator.records import Notified, Records
from tests.slack_emulator.tokens import Tokens

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Settings:
    """How this Slack is set; tests may change it at any time."""

    mode: str = "socket"
    request_url: str = ""
    ack_seconds: float = 3.0
    """Slack waits so long for an acknowledgement."""
    retry_delays: tuple[float, ...] = (0.05, 0.5, 1.5)
    """Slack itself: nearly at once, after 1 minute, after 5 minutes; long enough here for a socket to come back."""
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    mention_order: str = "both"
    mention_files: str = "both"
    strict_arguments: bool = True
    """Unknown arguments are refused (Slack ignores most of them, and with them the typing mistake)."""
    file_ready_seconds: float = 0.0
    """How long after its upload a file may not be shown in blocks yet."""
    share_seconds: float = 0.0
    """How long after files.completeUploadExternal the files stand in the channel: Slack shares them in its own time."""
    deliver_own_messages: bool = True
    """Slack sends an app its own messages too."""
    rotate_tokens: bool = False
    token_seconds: float = 43200.0


@dataclass(eq=False)
class App:
    """The app under test, as its configuration pages show it."""

    app_id: str = "A0LENS00001"
    client_id: str = "1111111111.2222222222"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verification_token: str = field(default_factory=lambda: secrets.token_hex(12))
    app_token: str = field(default_factory=lambda: f"xapp-1-A0LENS00001-{secrets.token_hex(12)}")
    app_scopes: list[str] = field(default_factory=lambda: ["connections:write", "authorizations:read"])
    name: str = "lens"
    scopes: list[str] = field(default_factory=list[str])
    events: frozenset[str] | None = None
    """The events subscribed to; None: all."""
    commands: frozenset[str] | None = None
    shortcuts: frozenset[str] | None = None
    agent: bool = True
    """Has the assistant pane."""
    home_tab: bool = True
    messages_tab: bool = True


Happened = Callable[[Json, Channel | None, Team], None]


class World:
    """Everything that stands in this Slack."""

    def __init__(self, app: App, settings: Settings, records: Records) -> None:
        self.app = app
        self.settings = settings
        self.records = records
        self.faults = Faults()
        self.grants = Grants()
        self.tokens = Tokens(self)
        self.teams: dict[str, Team] = {}
        self.accounts: dict[str, Account] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.views: dict[str, View] = {}
        self.installations: dict[str, Installation] = {}
        self.ephemeral: list[Message] = []
        self.assistant: dict[tuple[str, str], AssistantThread] = {}
        self.happened: Happened = lambda event, channel, team: None
        self.base = ""
        """Scheme, host and port, without a slash at the end."""
        self._ids = itertools.count(1)
        self._last_ts = 0

    def new_id(self, prefix: str) -> str:
        """An id of Slack's kind."""
        number, digits = next(self._ids), ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}0{digits:0>9}"

    def new_ts(self) -> str:
        """A timestamp that no message has yet, later than all."""
        self._last_ts = max(int(time.time() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """Let a message stand in its channel (or before one person), and say so."""
        if message.ephemeral_to:
            self.ephemeral.append(message)
        else:
            message.channel.messages[message.ts] = message
            message.channel.threads.setdefault(message.root, []).append(message)
            if message.by_app and (pane := self.assistant.get((message.channel.id, message.root))):
                pane.status = ""  # Slack takes it away with the app's next message there
        thread = self.assistant.get((message.channel.id, message.root))
        if thread is not None and message.by_app:
            thread.status = ""  # a reply takes the status away
        account = self.accounts.get(message.user)
        message.author = message.username or (account.display_name or account.real_name if account else message.user)
        self.reads_now(message)
        return message

    def reads_now(self, message: Message) -> None:
        """Note how a message reads from now on."""
        text = shown(message.text, message.blocks, message.attachments)
        message.versions.append(Version(time.monotonic(), text, message.text, message.blocks))
        self.records.changed()

    def pinged_by(self, message: Message, parse: str = "", link_names: bool = False) -> None:
        """Note whom a message of the app called: pessimistically, in markdown too."""
        seen = {(one.kind, one.target) for one in self.records.notified if one.message is message}
        for kind, target in pings(message.text, message.blocks, message.attachments, parse, link_names):
            if (kind, target) not in seen:
                seen.add((kind, target))
                self.records.notified.append(Notified(kind, target, message))

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted, message.deleted_at, message.streaming = True, time.monotonic(), False
        self.records.changed()

    def view_reads_now(self, view: View) -> None:
        """Note how a view reads from now on."""
        text = shown(view.title, view.blocks, [], title=True)
        view.versions.append(Version(time.monotonic(), text, view.title, view.blocks))
        self.records.changed()

    def add_view(self, team: Team, person: str, body: Json, kind: str, previous: View | None = None) -> View:
        """Put a view before a person."""
        view = View(self.new_id("V"), team, person, body, kind, self.new_hash())
        view.root = (previous.root if previous else "") or view.id
        view.previous = previous.id if previous else ""
        self.views[view.id] = view
        self.view_reads_now(view)
        return view

    def new_hash(self) -> str:
        """A view's hash, which changes as it does."""
        return f"{int(time.time())}.{secrets.token_hex(4)}"

    def replies(self, channel: Channel, root: str) -> list[Message]:
        """The standing messages of a thread, its root first."""
        return [one for one in channel.threads.get(root, []) if not one.deleted]

    def bots_of(self, channel: Channel) -> list[Installation]:
        """The installations whose bot is in a channel."""
        return [one for one in self.installations.values() if one.bot_user.id in channel.members and not one.revoked]
