"""The world as JSON, the way Discord's REST and gateway show it."""

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.clock import snowflake_time, timestamp
from tests.discord_emulator.model import (
    CATEGORY,
    DM,
    FORUM,
    PRIVATE_THREAD,
    Application,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    User,
)
from tests.discord_emulator.permissions import in_channel


def user(one: User) -> Json:
    """Return the user object."""
    return {
        "id": str(one.id),
        "username": one.name,
        "discriminator": "0000" if one.bot else "0",
        "global_name": None if one.bot else one.shown,
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    } | ({"bot": True} if one.bot else {})


def role(one: Role) -> Json:
    """Return the role object."""
    return {
        "id": str(one.id),
        "name": one.name,
        "description": None,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": one.position,
        "permissions": str(int(one.permissions)),
        "managed": False,
        "mentionable": one.mentionable,
        "flags": 0,
    }


def member(one: Member, with_user: bool = True) -> Json:
    """Return the guild member object."""
    told: Json = {
        "nick": one.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role.id) for role in one.roles],
        "joined_at": timestamp(one.joined_at),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }
    return told | {"user": user(one.user)} if with_user else told


def channel(one: Channel, seen_by: User | None = None) -> Json:
    """Return the channel or thread object; a thread says where `seen_by` is a member of it."""
    if one.kind == DM:
        others = [user(each) for each in one.recipients if each is not seen_by]
        return {
            "id": str(one.id), "type": DM, "last_message_id": _last(one), "flags": 0, "recipients": others,
        }  # fmt: skip
    told: Json = {
        "id": str(one.id),
        "type": one.kind,
        "guild_id": str(one.guild.id) if one.guild else None,
        "name": one.name,
        "parent_id": str(one.parent.id) if one.parent else None,
        "flags": 0,
    }
    if one.is_thread:
        return told | _thread(one, seen_by)
    told |= {
        "position": one.position,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.kind, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
            for o in one.overwrites.values()
        ],
    }
    if one.kind != CATEGORY:
        told |= {"nsfw": False, "topic": one.topic, "rate_limit_per_user": 0, "last_message_id": _last(one)}
    if one.kind == FORUM:
        told |= {
            "available_tags": [], "default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 0,
        }  # fmt: skip
    return told


def _last(one: Channel) -> str | None:
    standing = [id_ for id_, each in one.messages.items() if not each.ephemeral]
    return str(standing[-1]) if standing else None


def _thread(one: Channel, seen_by: User | None) -> Json:
    meta: Json = {
        "archived": one.archived,
        "auto_archive_duration": one.auto_archive,
        "archive_timestamp": timestamp(snowflake_time(one.id)),
        "locked": one.locked,
        "create_timestamp": timestamp(snowflake_time(one.id)),
    }
    if one.kind == PRIVATE_THREAD:
        meta["invitable"] = True
    told: Json = {
        "owner_id": str(one.owner.id) if one.owner else None,
        "last_message_id": _last(one),
        "rate_limit_per_user": 0,
        "message_count": len(one.messages),
        "member_count": len(one.thread_members),
        "total_message_sent": len(one.messages),
        "thread_metadata": meta,
    }
    if seen_by is not None and seen_by.id in one.thread_members:
        told["member"] = thread_member(one, seen_by.id)
    return told


def thread_member(one: Channel, user_id: int) -> Json:
    """Return the thread member object."""
    joined = timestamp(one.thread_members[user_id])
    return {"id": str(one.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


def guild(one: Guild) -> Json:
    """Return the guild object, as REST shows it."""
    return {
        "id": str(one.id), "name": one.name, "icon": None, "description": None, "home_header": None, "splash": None,
        "discovery_splash": None, "features": [], "banner": None, "owner_id": str(one.owner.id),
        "application_id": None, "region": "us-west", "afk_channel_id": None, "afk_timeout": 300,
        "system_channel_id": None, "system_channel_flags": 0, "widget_enabled": False, "widget_channel_id": None,
        "verification_level": 0, "roles": [role(each) for each in one.roles.values()],
        "default_message_notifications": 0, "mfa_level": 0, "explicit_content_filter": 0, "max_presences": None,
        "max_members": 500_000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25,
        "vanity_url_code": None, "premium_tier": one.tier, "premium_subscription_count": 0,
        "preferred_locale": one.locale, "rules_channel_id": None, "safety_alerts_channel_id": None,
        "public_updates_channel_id": None, "premium_progress_bar_enabled": False, "nsfw": False, "nsfw_level": 0,
        "emojis": [], "stickers": [], "incidents_data": None,
    }  # fmt: skip


def guild_create(one: Guild, bot: User, all_members: bool) -> Json:
    """Return what GUILD_CREATE tells: members beyond the bot itself only where `all_members`."""
    members = one.members.values() if all_members else [one.members[bot.id]]
    visible = [each for each in one.threads if not each.archived and in_channel(each, bot)]
    return guild(one) | {
        "joined_at": timestamp(one.members[bot.id].joined_at),
        "large": len(one.members) > 250,
        "unavailable": False,
        "member_count": len(one.members),
        "voice_states": [],
        "members": [member(each) for each in members],
        "channels": [channel(each, bot) for each in one.channels.values() if not each.is_thread],
        "threads": [channel(each, bot) for each in visible],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(one: Attachment) -> Json:
    """Return the attachment object, with a link that is good from now."""
    told: Json = {
        "id": str(one.id),
        "filename": one.filename,
        "size": len(one.content),
        "url": one.url,
        "proxy_url": one.url,
    }
    if one.content_type:
        told["content_type"] = one.content_type
    if one.description:
        told["description"] = one.description
    if one.width:
        told |= {"width": one.width, "height": one.height, "placeholder": "AAAA", "placeholder_version": 1}
    if one.ephemeral:
        told["ephemeral"] = True
    return told


def message(one: Message, bot: User | None = None, content: bool = True, shallow: bool = False) -> Json:
    """Return the message object; `content` False hides what only the Message Content intent shows."""
    told: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "type": one.kind,
        "author": user(one.author),
        "content": one.content if content else "",
        "timestamp": timestamp(snowflake_time(one.id)),
        "edited_timestamp": timestamp(one.edited_at) if one.edited_at else None,
        "tts": one.tts,
        "mention_everyone": one.mention_everyone,
        "mentions": [user(each) for each in one.mentions],
        "mention_roles": [str(each.id) for each in one.mention_roles],
        "attachments": [attachment(each) for each in one.attachments] if content else [],
        "embeds": list(one.embeds) if content else [],
        "components": list(one.components) if content else [],
        "pinned": one in one.channel.pins,
        "flags": one.flags,
    }
    if one.reactions:
        told["reactions"] = [_reaction(emoji, users, bot) for emoji, users in one.reactions.items()]
    if one.nonce is not None:
        told["nonce"] = one.nonce
    if one.webhook_id:
        told["webhook_id"] = str(one.webhook_id)
    if one.application_id:
        told["application_id"] = str(one.application_id)
    if one.interaction and one.interaction.metadata:
        told["interaction_metadata"] = one.interaction.metadata
    if one.thread:
        told["thread"] = channel(one.thread, bot)
    if one.reference_json:
        told["message_reference"] = one.reference_json
        if not shallow and one.kind in (19, 21):
            alive = one.reference is not None and not one.reference.deleted
            shown = message(one.reference, bot, content, shallow=True) if one.reference and alive else None
            told["referenced_message"] = shown
    return told


def _reaction(emoji: str, users: list[User], bot: User | None) -> Json:
    return {
        "emoji": {"id": None, "name": emoji}, "count": len(users), "me": bot in users, "me_burst": False,
        "count_details": {"burst": 0, "normal": len(users)}, "burst_colors": [],
    }  # fmt: skip


def application(one: Application, guilds: int) -> Json:
    """Return the application object that `applications/@me` and `oauth2/applications/@me` give."""
    install: Json = {"scopes": ["applications.commands", "bot"], "permissions": "274878024704"}
    kinds: Json = {"0": {"oauth2_install_params": install}}
    if one.user_installable:
        kinds["1"] = {"oauth2_install_params": {"scopes": ["applications.commands"], "permissions": "0"}}
    return {
        "id": str(one.id), "name": one.name, "icon": None, "description": "", "type": None, "bot": user(one.bot),
        "bot_public": one.public, "bot_require_code_grant": False, "verify_key": "0" * 64,
        "flags": one.flags, "flags_new": str(one.flags), "owner": user(one.owner), "team": None,
        "redirect_uris": one.redirect_uris, "interactions_endpoint_url": None,
        "role_connections_verification_url": None, "approximate_guild_count": guilds,
        "approximate_user_install_count": 0, "approximate_user_authorization_count": 0, "tags": [],
        "install_params": install, "integration_types_config": kinds, "event_webhooks_url": None,
        "event_webhooks_status": 1, "event_webhooks_types": [],
        "explicit_content_filter": 0, "eligible_oauth2_scopes": [],
    }  # fmt: skip
