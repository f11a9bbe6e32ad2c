"""Who may see what: principals are plain strings, and an audience is what somebody, or a whole place, holds of them.

A document names the principals who may see it; an answer draws on documents that name one of its audience. `EVERYONE`
are the full members; guests and people of other organizations hold `GUESTS` and what their channels hold, and no more.
"""

from core.messages import EVERYONE

__all__ = ["EVERYONE", "GUESTS", "channel", "group", "person", "workspace"]

GUESTS = "guests"
"""What may be seen by everybody who can talk to Lorelens at all, guests and people of other organizations included."""


def workspace(platform: str, workspace_id: str) -> str:
    """The full members of a workspace or server."""
    return f"{platform}/{workspace_id}"


def channel(platform: str, workspace_id: str, channel_id: str) -> str:
    """Those who may read a channel."""
    return f"{platform}/{workspace_id}/channel/{channel_id}"


def person(platform: str, workspace_id: str, person_id: str) -> str:
    """One person."""
    return f"{platform}/{workspace_id}/person/{person_id}"


def group(platform: str, workspace_id: str, name: str) -> str:
    """The members of a group that whoever signs people in knows of."""
    return f"{platform}/{workspace_id}/group/{name}"
