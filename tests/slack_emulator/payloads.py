"""The JSON of users, channels, messages, files and views, with the fields that Slack documents."""

import time
from pathlib import PurePath
from typing import Any

from tests.slack_emulator.model import Account, Channel, File, Json, Message, Team, View
from tests.slack_emulator.world import World

_OFFSETS = {"Asia/Shanghai": 28800, "Europe/Berlin": 3600, "America/Los_Angeles": -28800}


def user(account: Account, *, locale: bool = False) -> Json:
    """A user object (https://docs.slack.dev/reference/objects/user-object)."""
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": account.real_name,
        "real_name_normalized": account.real_name,
        "display_name": account.display_name,
        "display_name_normalized": account.display_name,
        "fields": None,
        "status_text": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "avatar_hash": f"g{account.id[-9:].lower()}",
        "image_24": f"https://secure.gravatar.com/avatar/{account.id}.jpg?s=24",
        "image_72": f"https://secure.gravatar.com/avatar/{account.id}.jpg?s=72",
        "first_name": account.real_name.split(" ", 1)[0],
        "last_name": account.real_name.partition(" ")[2],
        "status_text_canonical": "",
        "team": account.team.id,
    }
    profile |= {"bot_id": account.bot_id, "api_app_id": account.app_id} if account.bot_id else {"email": account.email}
    body: Json = {
        "id": account.id,
        "team_id": account.team.id,
        "name": account.name,
        "deleted": account.deleted,
        "color": "9f69e7",
        "real_name": account.real_name,
        "tz": account.tz,
        "tz_label": account.tz,
        "tz_offset": _OFFSETS.get(account.tz, 0),
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": bool(account.guest),
        "is_ultra_restricted": account.guest == "single",
        "is_bot": bool(account.bot_id),
        "is_app_user": False,
        "updated": 1_700_000_000,
        "is_email_confirmed": not account.bot_id,
        "who_can_share_contact_card": "EVERYONE",
    }
    if account.stranger:
        body["is_stranger"] = True
    if account.team.enterprise:
        body["enterprise_user"] = {
            "id": account.id,
            "enterprise_id": account.team.enterprise,
            "enterprise_name": account.team.name,
            "is_admin": False,
            "is_owner": False,
            "teams": [account.team.id],
        }
    if locale:
        body["locale"] = account.locale
    return body


def channel(one: Channel, bot: str, world: World, *, counted: bool = False, locale: bool = False) -> Json:
    """A conversation object as the bot sees it (https://docs.slack.dev/reference/objects/conversation-object)."""
    if one.kind == "im":
        other = next((member for member in one.members if member != bot), bot)
        body = _conversation(one) | {"is_im": True, "user": other, "is_user_deleted": False, "priority": 0}
    else:
        body = _conversation(one) | _named(one, bot)
        body["shared_team_ids"] = _teams(one, world)
        if one.shared:
            body["connected_team_ids"] = [team for team in body["shared_team_ids"] if team != one.team.id]
            body["conversation_host_id"] = one.team.id
    if counted:
        body["num_members"] = len(one.members)
    if locale:
        body["locale"] = "en-US"
    return body


def _conversation(one: Channel) -> Json:
    return {
        "id": one.id,
        "created": one.created,
        "is_archived": one.archived,
        "is_im": False,
        "is_org_shared": False,
        "context_team_id": one.team.id,
        "updated": one.created * 1000,
    }


def _named(one: Channel, bot: str) -> Json:
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "name": one.name,
        "name_normalized": one.name,
        "is_channel": one.kind == "public",
        "is_group": one.kind == "private",
        "is_mpim": one.kind == "mpim",
        "is_private": one.kind != "public",
        "is_general": one.name == "general",
        "is_shared": one.shared,
        "is_ext_shared": one.shared,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "parent_conversation": None,
        "unlinked": 0,
        "creator": one.creator,
        "is_member": bot in one.members,
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
        "is_read_only": False,
        "is_thread_only": False,
    }


def _teams(one: Channel, world: World) -> list[str]:
    found = dict.fromkeys([one.team.id])
    if one.shared:
        found |= dict.fromkeys(world.accounts[member].team.id for member in one.members if member in world.accounts)
    return list(found)


def file(one: File, base: str) -> Json:
    """A file object (https://docs.slack.dev/reference/objects/file-object)."""
    kind = PurePath(one.name).suffix.lstrip(".").lower() or "binary"
    private = f"{base}/files-pri/{one.team.id}-{one.id}/{one.name}"
    body: Json = {
        "id": one.id,
        "created": int(one.created),
        "timestamp": int(one.created),
        "name": one.name,
        "title": one.title,
        "mimetype": one.mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": one.owner,
        "user_team": one.team.id,
        "editable": False,
        "size": len(one.content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": private,
        "url_private_download": private.replace(f"/{one.name}", f"/download/{one.name}"),
        "permalink": f"https://{one.team.domain}.slack.com/files/{one.owner}/{one.id}/{one.name}",
        "permalink_public": f"https://slack-files.com/{one.team.id}-{one.id}-0123456789",
        "is_starred": False,
        "skipped_shares": True,
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if one.mimetype.startswith("image/"):
        body["alt_txt"] = one.alt
        body["thumb_360"] = f"{base}/files-tmb/{one.team.id}-{one.id}-0/{one.name}"
    return body


def message(one: Message, world: World) -> Json:
    """A message as history and events show it."""
    body: Json = {"type": "message", "ts": one.ts, "text": one.text}
    if one.subtype:
        body["subtype"] = one.subtype
    if one.user:
        body["user"] = one.user
    account = world.accounts.get(one.user)
    if account is not None:
        body["team"] = account.team.id
        if account.team is not one.channel.team:
            body |= {"user_team": account.team.id, "source_team": account.team.id}
    if one.bot_id:
        body |= {"bot_id": one.bot_id, "app_id": one.app_id, "bot_profile": bot_profile(one, world)}
    if one.username:
        body["username"] = one.username
    filled = {
        "client_msg_id": one.client_msg_id,
        "blocks": one.blocks,
        "attachments": one.attachments,
        "files": [_attached(item, one, world) for item in one.files],
        "edited": one.edited,
        "metadata": one.metadata,
    }
    body |= {key: value for key, value in filled.items() if value}
    if one.files:
        body |= {"upload": False, "display_as_bot": False}
    if one.streaming:
        body["streaming_state"] = "in_progress"
    elif one.stream is not None:
        body["streaming_state"] = "completed" if not one.stream.closed_by_slack else "errored"
    if one.reactions:
        body["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in one.reactions.items()]
    return body | _threading(one, world)


def _attached(item: File, one: Message, world: World) -> Json:
    if one.channel.shared and one.user in world.accounts and world.accounts[one.user].team is not one.channel.team:
        # Of files from another organization only the id is told: files.info says the rest.
        return {"id": item.id, "created": 0, "timestamp": 0, "user": "", "file_access": "check_file_info"}
    return file(item, world.base)


def _threading(one: Message, world: World) -> Json:
    if one.thread_ts and one.thread_ts != one.ts:
        root = one.channel.messages.get(one.thread_ts)
        if root is not None and one.broadcast:
            return {"thread_ts": one.thread_ts, "root": message(root, world)}
        return {"thread_ts": one.thread_ts} | ({"parent_user_id": root.user} if root is not None else {})
    replies = [reply for reply in world.replies(one.channel, one.ts) if reply is not one]
    if not replies:
        return {"thread_ts": one.ts} if one.thread_ts else {}
    return {
        "thread_ts": one.ts,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies))[:5],
        "reply_users_count": len({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def bot_profile(one: Message, world: World) -> Json:
    """Who a bot is, in its messages."""
    account = world.accounts.get(one.user)
    return {
        "id": one.bot_id,
        "app_id": one.app_id,
        "user_id": one.user,
        "name": account.name if account else one.username,
        "icons": {"image_36": "https://a.slack-edge.com/80588/img/plugins/app/bot_36.png"},
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": one.channel.team.id,
    }


def view(one: View, app_id: str, bot_id: str, *, with_state: bool = True) -> Json:
    """A view object as views.* answer and interactions carry it."""
    body: Json = {
        "id": one.id,
        "team_id": one.team.id,
        "type": one.kind,
        "blocks": one.blocks,
        "private_metadata": "",
        "callback_id": "",
        "state": {"values": one.values if with_state else {}},
        "hash": one.hash,
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "previous_view_id": one.previous or None,
        "root_view_id": one.root,
        "app_id": app_id,
        "external_id": "",
        "app_installed_team_id": one.team.id,
        "bot_id": bot_id,
    }
    given: dict[str, Any] = {key: value for key, value in one.body.items() if value is not None}
    return body | given


def team(one: Team) -> Json:
    """Team as interactions name it."""
    return {"id": one.id, "domain": one.domain} | (
        {"enterprise_id": one.enterprise, "enterprise_name": one.name} if one.enterprise else {}
    )


def now() -> int:
    """Seconds since the epoch."""
    return int(time.time())
