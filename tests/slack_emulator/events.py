"""What happens becomes events for the app: who subscribed, who may see it, and the envelope around it."""

import secrets
import time
from collections.abc import Callable

from tests.slack_emulator.model import Channel, Installation, Json, Team
from tests.slack_emulator.world import World

_SCOPES = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "file_shared": "files:read",
    "file_deleted": "files:read",
    "user_change": "users:read",
    "team_join": "users:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
}
_MESSAGES = {"public": "message.channels", "private": "message.groups", "im": "message.im", "mpim": "message.mpim"}
_READ = {"public": "channels:read", "private": "groups:read", "im": "im:read", "mpim": "mpim:read"}
_LAST_WORDS = ("app_uninstalled", "tokens_revoked")
"""Sent although the token is no more."""
_FROM_OUTSIDE = ("channel_created", "member_left_channel", "channel_left", "group_left", "app_home_opened")
"""Told though the bot is not, or not any more, in the channel."""

Send = Callable[[Json, str], object]


class Events:
    """Decides who is told what."""

    def __init__(self, world: World, send: Send) -> None:
        self._world = world
        self._send = send

    def happened(self, event: Json, channel: Channel | None, team: Team) -> None:
        """Tell every installation that subscribed and may see it."""
        for installation in list(self._world.installations.values()):
            if self._is_told(installation, event, channel, team):
                self._send(self.envelope(event, installation, channel), subscription(event, channel))

    def _is_told(self, installation: Installation, event: Json, channel: Channel | None, team: Team) -> bool:
        kind = subscription(event, channel)
        subscribed = self._world.app.events
        if subscribed is not None and kind not in subscribed and event["type"] not in _LAST_WORDS:
            return False
        if installation.revoked and event["type"] not in _LAST_WORDS:
            return False
        happened_in = channel.team if channel is not None else team
        if (channel is None or installation.org) and installation.team is not happened_in:
            return False  # an organization's installation is told once, for the workspace where it happened
        if channel is None:
            return True
        inside = installation.bot_user.id in channel.members
        if not inside and (event["type"] not in _FROM_OUTSIDE or installation.team is not channel.team):
            return False
        scope = _SCOPES.get(kind) or (_READ[channel.kind] if kind.startswith(("member_", "channel_")) else "")
        return not scope or scope in installation.scopes

    def envelope(self, event: Json, installation: Installation, channel: Channel | None = None) -> Json:
        """The event in the envelope of the Events API (https://docs.slack.dev/apis/events-api#event-wrapper)."""
        team = installation.team
        enterprise: Json = {"enterprise_id": team.enterprise} if team.enterprise else {}
        return enterprise | {
            "token": self._world.app.verification_token,
            "team_id": team.id,
            "context_team_id": team.id,
            "context_enterprise_id": team.enterprise or None,
            "api_app_id": self._world.app.app_id,
            "event": {"event_ts": self._world.new_ts()} | event,
            "type": "event_callback",
            "event_id": self._world.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": team.enterprise or None,
                    "team_id": team.id,
                    "user_id": installation.bot_user.id,
                    "is_bot": True,
                    "is_enterprise_install": bool(installation.org),
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.shared),
            "event_context": f"4-{secrets.token_hex(24)}",
        }


def subscription(event: Json, channel: Channel | None) -> str:
    """The name under which an event is subscribed to: `message.channels` and so on for messages."""
    kind = str(event["type"])
    return _MESSAGES[channel.kind] if kind == "message" and channel is not None else kind
