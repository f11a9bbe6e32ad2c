"""Gateway intents, and the event kinds that each of them lets through.

discord.com/developers/docs/events/gateway#gateway-intents
"""

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 9, 1 << 10, 1 << 11
DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 12, 1 << 13, 1 << 14
MESSAGE_CONTENT = 1 << 15
EVERY = (1 << 26) - 1 & ~(1 << 17 | 1 << 18 | 1 << 19 | 1 << 22 | 1 << 23)


def intent_of(event: str, in_guild: bool) -> int:
    """Return the intent that a session needs for an event; 0 where it needs none."""
    if event.startswith("MESSAGE_REACTION"):
        return GUILD_REACTIONS if in_guild else DIRECT_REACTIONS
    if event.startswith("MESSAGE_"):
        return GUILD_MESSAGES if in_guild else DIRECT_MESSAGES
    if event.startswith("GUILD_MEMBER_"):
        return GUILD_MEMBERS
    if event == "TYPING_START":
        return GUILD_TYPING if in_guild else DIRECT_TYPING
    if event == "CHANNEL_PINS_UPDATE":
        return GUILDS if in_guild else DIRECT_MESSAGES
    if event.startswith(("GUILD_", "CHANNEL_", "THREAD_")) and in_guild:
        return GUILDS
    return 0
