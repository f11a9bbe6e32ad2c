"""Channels and who is in them (https://docs.slack.dev/reference/methods?family=conversations)."""

from typing import Any

from tests.slack_emulator.calling import Asking, RefusedError, direct, method
from tests.slack_emulator.model import Channel, Json
from tests.slack_emulator.payloads import channel as channel_json

_SCOPE = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def scope_for(channel: Channel, what: str) -> str:
    """The scope that a kind of channel needs: `what` is "read", "history" or "write"."""
    return f"{_SCOPE[channel.kind]}:{what}"


def page(items: list[Any], asking: Asking, otherwise: int, most: int) -> tuple[list[Any], Json]:
    """A page of a list and its `response_metadata`."""
    limit = min(asking.get("limit", otherwise) or otherwise, most)
    cursor = asking.text("cursor")
    if cursor and not cursor.removeprefix("page:").isdigit():
        raise RefusedError("invalid_cursor")
    start = int(cursor.removeprefix("page:")) if cursor else 0
    end = start + limit
    return items[start:end], {"next_cursor": f"page:{end}" if end < len(items) else ""}


def visible(asking: Asking, channel: Channel) -> Json:
    """A channel as the asking bot sees it."""
    return channel_json(channel, asking.bot, asking.world)


@method("conversations.info", "channel! include_locale:bool include_num_members:bool", tier=3, takes_json=False)
async def info(asking: Asking) -> Json:
    """One channel."""
    channel = asking.channel()
    asking.needs(scope_for(channel, "read"))
    counted, locale = bool(asking.get("include_num_members")), bool(asking.get("include_locale"))
    return {"ok": True, "channel": channel_json(channel, asking.bot, asking.world, counted=counted, locale=locale)}


@method("conversations.members", "channel! cursor limit:int", tier=4, takes_json=False)
async def members(asking: Asking) -> Json:
    """Who is in a channel."""
    channel = asking.channel()
    asking.needs(scope_for(channel, "read"))
    found, more = page(list(channel.members), asking, 100, 1000)
    return {"ok": True, "members": found, "response_metadata": more}


def _of_kinds(asking: Asking, *, mine: bool, user: str) -> Json:
    if asking.installation.org and not asking.text("team_id"):
        raise RefusedError("missing_argument", "[ERROR] an organization's token needs team_id")
    kinds = (asking.text("types") or "public_channel").split(",")
    if unknown := [kind for kind in kinds if kind.strip() not in _KINDS]:
        raise RefusedError("invalid_types", f"[ERROR] unknown types: {','.join(unknown)}")
    wanted = [_KINDS[kind.strip()] for kind in kinds]
    for kind in wanted:
        asking.needs(f"{_SCOPE[kind]}:read")
    found: list[Channel] = []
    for channel in asking.world.channels.values():
        inside = asking.bot in channel.members
        if channel.kind not in wanted or not (inside or (not mine and channel.kind == "public")):
            continue
        if (mine and user not in channel.members) or (channel.archived and asking.get("exclude_archived")):
            continue
        if channel.team is asking.installation.team or channel.shared:
            found.append(channel)
    some, more = page(found, asking, 100, 1000)
    return {"ok": True, "channels": [visible(asking, one) for one in some], "response_metadata": more}


@method("conversations.list", "cursor exclude_archived:bool limit:int team_id types", tier=2, takes_json=False)
async def list_channels(asking: Asking) -> Json:
    """The channels that the bot can see."""
    return _of_kinds(asking, mine=False, user=asking.bot)


@method("users.conversations", "cursor exclude_archived:bool limit:int team_id types user", tier=3, takes_json=False)
async def conversations_of_user(asking: Asking) -> Json:
    """The channels that a person is in, as far as the bot can see them."""
    user = asking.text("user") or asking.bot
    if user not in asking.world.accounts:
        raise RefusedError("user_not_found")
    if user == asking.bot:
        return _of_kinds(asking, mine=True, user=user)
    return _of_user(asking, user)


def _of_user(asking: Asking, user: str) -> Json:
    kinds = [_KINDS.get(kind.strip(), "") for kind in (asking.text("types") or "public_channel").split(",")]
    for kind in kinds:
        asking.needs(f"{_SCOPE.get(kind, 'channels')}:read")
    found = [
        channel
        for channel in asking.world.channels.values()
        if channel.kind in kinds
        and user in channel.members
        and (channel.kind == "public" or asking.bot in channel.members)
        and (channel.team is asking.installation.team or channel.shared)
        and not (channel.archived and asking.get("exclude_archived"))
    ]
    some, more = page(found, asking, 100, 1000)
    return {"ok": True, "channels": [visible(asking, one) for one in some], "response_metadata": more}


@method("conversations.open", "channel prevent_creation:bool return_im:bool users", tier=3)
async def open_conversation(asking: Asking) -> Json:
    """The direct message with a person or several."""
    if asking.text("channel"):
        channel = asking.channel()
    else:
        people = [one.strip() for one in asking.text("users").split(",") if one.strip()]
        if not people:
            raise RefusedError("users_list_not_supplied")
        if any(one not in asking.world.accounts for one in people):
            raise RefusedError("user_not_found")
        channel = _direct_with(asking, people)
    body: Json = visible(asking, channel) if asking.get("return_im") else {"id": channel.id}
    return {"ok": True, "no_op": True, "already_open": True, "channel": body}


def _direct_with(asking: Asking, people: list[str]) -> Channel:
    if len(people) == 1:
        asking.needs("im:write")
        if asking.world.accounts[people[0]].bot_id:
            raise RefusedError("cannot_dm_bot")
        return direct(asking.world, asking.installation, people[0])
    asking.needs("mpim:write")
    wanted = {asking.bot, *people}
    for channel in asking.world.channels.values():
        if channel.kind == "mpim" and set(channel.members) == wanted:
            return channel
    new = Channel(asking.world.new_id("C"), asking.installation.team, "mpdm", "mpim", asking.bot, dict.fromkeys(wanted))
    asking.world.channels[new.id] = new
    return new


@method("conversations.join", "channel!", "channels:join", tier=3)
async def join(asking: Asking) -> Json:
    """Let the bot join a public channel."""
    channel = asking.channel()
    if channel.kind != "public":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.archived:
        raise RefusedError("is_archived")
    already = asking.bot in channel.members
    channel.members[asking.bot] = None
    if not already:
        event = {"type": "member_joined_channel", "user": asking.bot, "channel": channel.id, "channel_type": "C"}
        asking.world.happened(event | {"team": channel.team.id}, channel, channel.team)
    answer: Json = {"ok": True, "channel": visible(asking, channel)}
    return answer | ({"warning": "already_in_channel"} if already else {})
