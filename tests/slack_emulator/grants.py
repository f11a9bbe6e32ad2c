"""What Slack hands out for a short while with an interaction: trigger ids and response URLs."""

import secrets
import time
from dataclasses import dataclass, field

from tests.slack_emulator.model import Channel, Message, Team, View
from tests.slack_emulator.refusals import RefusedError


@dataclass(eq=False)
class Trigger:
    """Leave to open a view, once, within three seconds."""

    id: str
    team: Team
    person: str
    view: View | None = None
    """The modal that was interacted with: views.push stacks upon it."""
    at: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass(eq=False)
class ResponseUrl:
    """Leave to answer an interaction, five times within half an hour."""

    key: str
    team: Team
    person: str
    channel: Channel
    message: Message | None = None
    """What was interacted with, to be replaced or deleted."""
    at: float = field(default_factory=time.monotonic)
    uses: int = 0


class Grants:
    """The triggers and response URLs that were handed out."""

    def __init__(self) -> None:
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}

    def trigger(self, team: Team, person: str, view: View | None = None) -> str:
        """A new trigger id."""
        key = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self.triggers[key] = Trigger(key, team, person, view)
        return key

    def take(self, key: str, team: Team, seconds: float) -> Trigger:
        """Use a trigger up, within so many seconds."""
        trigger = self.triggers.get(key)
        if trigger is None or trigger.team is not team:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if time.monotonic() - trigger.at > seconds:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger

    def response_url(self, base: str, team: Team, person: str, channel: Channel, message: Message | None = None) -> str:
        """A new response URL."""
        key = f"{team.id}/{secrets.randbelow(10**13)}/{secrets.token_hex(12)}"
        self.response_urls[key] = ResponseUrl(key, team, person, channel, message)
        kind = "actions" if message else "commands"
        return f"{base}/{kind}-response/{key}"
