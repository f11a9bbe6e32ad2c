"""What a Web API method is: its arguments, scope and tier, and the refusals that it may answer with."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.slack_emulator.model import Channel, Installation, Json, Message
from tests.slack_emulator.refusals import RefusedError
from tests.slack_emulator.world import World


@dataclass
class Asking:
    """One call while it is answered."""

    world: World
    method: "Method"
    arguments: Json
    token: str
    basic: str = ""
    """What stands in an `Authorization: Basic` header."""
    _installation: Installation | None = None

    def of(self, installation: Installation | None) -> "Asking":
        """Say whose token it is."""
        self._installation = installation
        return self

    @property
    def installation(self) -> Installation:
        """Whose token it is."""
        if self._installation is None:
            raise RefusedError("not_allowed_token_type")
        return self._installation

    @property
    def bot(self) -> str:
        """The bot's user id."""
        return self.installation.bot_user.id

    def get(self, name: str, otherwise: Any = None) -> Any:
        """An argument, or what it is otherwise."""
        return self.arguments.get(name, otherwise)

    def text(self, name: str) -> str:
        """An argument as text, empty if it is not there."""
        return str(self.arguments.get(name, ""))

    def needs(self, *scopes: str) -> None:
        """One of these scopes must have been granted."""
        granted = self.installation.scopes
        if not any(one in granted for one in scopes):
            raise RefusedError("missing_scope", needed=scopes[0], provided=",".join(granted))

    def channel(self, name: str = "channel", *, by_user: bool = False) -> Channel:
        """The channel that is meant, which must be seen by the bot."""
        wanted = self.text(name)
        if by_user and wanted in self.world.accounts:
            return direct(self.world, self.installation, wanted)
        channel = self.world.channels.get(wanted)
        if channel is None or not self._sees(channel):
            raise RefusedError("channel_not_found")
        return channel

    def joined(self, name: str = "channel", *, by_user: bool = False) -> Channel:
        """The channel that is meant, in which the bot must be."""
        channel = self.channel(name, by_user=by_user)
        if self.bot not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def _sees(self, channel: Channel) -> bool:
        org = self.installation.org
        own = channel.team is self.installation.team or channel.shared or bool(org and channel.team.enterprise == org)
        return self.bot in channel.members or (own and channel.kind == "public")

    def message(self, channel: Channel, ts: str, error: str = "message_not_found") -> Message:
        """A standing message."""
        message = channel.messages.get(ts)
        if message is None or message.deleted:
            raise RefusedError(error)
        return message

    def find_file(self, wanted: str) -> bool:
        """Whether an image block may show a file of Slack's (id or address) now."""
        for file in self.world.files.values():
            if wanted == file.id or f"/{file.id}/" in wanted:
                return file.complete and not file.deleted and time.monotonic() >= file.ready_at
        return False


def direct(world: World, installation: Installation, user: str) -> Channel:
    """The direct message of the bot and a person, opened if need be."""
    bot = installation.bot_user.id
    for channel in world.channels.values():
        if channel.kind == "im" and bot in channel.members and user in channel.members:
            return channel
    team = world.accounts[user].team
    team = team if installation.org and team.enterprise == installation.org else installation.team
    new = Channel(world.new_id("D"), team, "", "im", bot, {bot: None, user: None})
    world.channels[new.id] = new
    return new


Answering = Callable[[Asking], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A method of the Web API."""

    name: str
    run: Answering
    scopes: tuple[str, ...]
    """One of these is needed; none: whatever token."""
    tier: int
    """1 to 4 as documented; 0: special (posting, about one a second and channel); -1: not limited."""
    arguments: Mapping[str, str]
    """Name -> kind: "string", "array", "object", "bool", "int", "any"."""
    required: frozenset[str]
    caller: str = "bot"
    """ "bot", "app" or "none"."""
    takes_json: bool = True


METHODS: dict[str, Method] = {}


def method(
    name: str, arguments: str, *scopes: str, tier: int = 3, caller: str = "bot", takes_json: bool = True
) -> Callable[[Answering], Answering]:
    """Register a method. `arguments`: "channel! blocks:array limit:int": `!` if required, the kind unless a string."""
    kinds: dict[str, str] = {}
    required: set[str] = set()
    for word in arguments.split():
        argument, _, kind = word.partition(":")
        if argument.endswith("!") or kind.endswith("!"):
            required.add(argument.rstrip("!"))
        kinds[argument.rstrip("!")] = kind.rstrip("!") or "string"

    def registered(run: Answering) -> Answering:
        METHODS[name] = Method(name, run, scopes, tier, kinds, frozenset(required), caller, takes_json)
        return run

    return registered


_EVERYWHERE = ("team_id",)
"""Slack's own clients send these with every call."""


def checked(method: Method, given: Json, strict: bool) -> Json:
    """The arguments in their kinds, or invalid_arguments."""
    problems: list[str] = []
    found: Json = {}
    for name, value in given.items():
        if name not in method.arguments:
            if strict and name not in _EVERYWHERE:
                problems.append(f"[ERROR] unknown argument: {name}")
            continue
        if value is None:
            continue
        try:
            found[name] = _as(method.arguments[name], value)
        except ValueError as error:
            if name == "blocks":
                raise RefusedError("invalid_blocks_format") from error
            problems.append(f"[ERROR] {error} [json-pointer:/{name}]")
    problems += [f"[ERROR] missing required field: {name}" for name in sorted(method.required - found.keys())]
    if problems:
        raise RefusedError("invalid_arguments", *problems)
    return found


def _as(kind: str, value: Any) -> Any:
    if kind in ("array", "object"):
        return _structure(kind, value)
    if kind == "bool":
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise ValueError("must provide a boolean")
        return str(value).lower() in ("true", "1")
    if kind == "int":
        return int(value)
    if kind == "string" and not isinstance(value, (str, int, float)):
        raise ValueError("must provide a string")
    return str(value) if kind == "string" else value


def _structure(kind: str, value: Any) -> Any:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, list if kind == "array" else dict):
        raise ValueError(f"must provide an {kind}")
    return found  # pyright: ignore[reportUnknownVariableType]


__all__ = ["METHODS", "Asking", "Method", "RefusedError", "checked", "direct", "method"]
