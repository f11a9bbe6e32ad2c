"""`lorelens doctor discord`: whether Discord is set up, and what will not work. It posts nothing."""

import re
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import discord

from adapters.discord.addresses import Plain
from adapters.discord.api import ask
from adapters.discord.servers import Servers
from adapters.payloads import mapping, mappings, string
from bots.discord.permissions import WITHOUT, invite_url, missing, shown, user_install_url
from bots.discord.platform import addresses_of, log_in, token_of
from bots.discord.registering import is_registered
from bots.findings import Finding
from config.settings import Settings
from core.application import Application
from core.errors import LorelensError, SettingsError

PAGE = "docs/discord.md"
_PORTAL = "https://discord.com/developers/applications"
_INTENTS = f"Turn on the Message Content Intent: {_PORTAL}, your application, Bot, Privileged Gateway Intents."
_CHANNELS = "In the channel's settings, under Permissions, allow it to Lorelens; or invite it again, by the link."
_TOKEN = re.compile(r"[\w-]{3,}\.[\w-]{4,}\.[\w-]{20,}")
_MOST_SERVERS = 20
"""Servers whose channels are looked at."""
_MOST_NAMED = 5
"""Channels that are named in one finding."""


def is_set_up(settings: Settings) -> bool:
    """Whether a token is set."""
    return bool(token_of(settings))


def manifest(public: str) -> str:
    """Discord has none.

    Raises:
        SettingsError: always; it says what stands in its place.
    """
    del public
    raise SettingsError(
        "Discord knows no manifests.", hint="`lorelens doctor discord` prints the link by which it is invited."
    )


async def brief(application: Application) -> Finding:
    """Who the app is, or what is wrong first."""
    async with _client(application.settings) as client:
        found = [_identity(client), _intent(client)]
    wrong = next((one for one in found if one.state == "broken"), None)
    if wrong is not None:
        return Finding("discord", "broken", wrong.found, f"{wrong.remedy} `lorelens doctor discord` says more.")
    return Finding("discord", "ok", found[0].found)


async def thorough(application: Application) -> list[Finding]:
    """Everything, in the order in which it is best mended."""
    found = settings_findings(application.settings)
    if any(one.state == "broken" for one in found):
        return found
    try:
        async with _client(application.settings) as client:
            found += [_identity(client), _intent(client), *_application(client)]
            found += [await _finding("gateway", _gateway(client)), await _finding("commands", _commands(client))]
            try:
                found += [finding async for finding in _servers(client)]
            except LorelensError as error:
                found.append(Finding("servers", "broken", error.message, error.hint))
            found += _links(client.application_id or 0)
    except LorelensError as error:
        found.append(Finding("token", "broken", error.message, error.hint))
    return found


def settings_findings(settings: Settings) -> list[Finding]:
    """What is set, and whether it looks like what it should be."""
    token = token_of(settings)
    if not token:
        return [Finding("settings", "broken", "no token is set", f"Set Discord up: {PAGE} leads through it.")]
    if not _TOKEN.fullmatch(token):
        remedy = f"Take the bot's token: {_PORTAL}, your application, Bot, Reset Token."
        said = "LORELENS_DISCORD_TOKEN does not look like one: three parts with points between"
        return [Finding("settings", "broken", said, remedy)]
    at = addresses_of(settings)
    shards = f"{settings.discord_shards} connection(s)" if settings.discord_shards else "as many connections as it says"
    gateway = f", gateway {at.gateway}" if at.gateway else ""
    return [Finding("settings", "ok", f"{at.api}{gateway}; {shards}")]


@asynccontextmanager
async def _client(settings: Settings) -> AsyncGenerator[Plain]:
    """A client that can ask.

    Raises:
        PlatformRefusedError: Discord does not know the token.
        PlatformUnavailableError: Discord is away.
    """
    client = Plain(addresses_of(settings))
    await log_in(client, token_of(settings))
    try:
        yield client
    finally:
        await client.close()


async def _finding(part: str, work: Any) -> Finding:
    try:
        return await work
    except LorelensError as error:
        return Finding(part, "broken", error.message, error.hint)


def _identity(client: Plain) -> Finding:
    name = client.application.name if client.application else ""
    return Finding("token", "ok", f"{client.user} ({client.user.id if client.user else ''}), of the application {name}")


def _intent(client: Plain) -> Finding:
    """Small applications have the intent by a switch alone, and the flag that says so is a limited one."""
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding("message content", "ok", "the intent is on")
    said = "the Message Content Intent is off: Discord refuses the connection"
    return Finding("message content", "broken", said, _INTENTS)


def _application(client: Plain) -> list[Finding]:
    info = client.application
    if info is None:
        return []
    found: list[Finding] = []
    if info.interactions_endpoint_url:
        said = f"commands and buttons are sent to {info.interactions_endpoint_url}, not here"
        remedy = f"Empty the Interactions Endpoint URL: {_PORTAL}, your application, General Information."
        found.append(Finding("interactions", "broken", said, remedy))
    if info.bot_require_code_grant:
        remedy = f"Turn off Requires OAuth2 Code Grant: {_PORTAL}, your application, Bot."
        found.append(Finding("invitation", "broken", "it can't be invited by a link", remedy))
    if not info.bot_public:
        said = "only its owner can invite it (Public Bot is off)"
        found.append(Finding("invitation", "ok", said))
    return found


async def _gateway(client: Plain) -> Finding:
    told = mapping(await ask(client.http, "/gateway/bot"))
    limit = mapping(told.get("session_start_limit"))
    left = limit.get("remaining")
    said = f"{string(told.get('url'))}, {told.get('shards')} connection(s) recommended, {left} starts left today"
    if left == 0:
        return Finding("gateway", "broken", said, "Discord lets it connect again tomorrow.")
    return Finding("gateway", "ok", said)


async def _commands(client: Plain) -> Finding:
    path = "/applications/{application_id}/commands"
    query = {"with_localizations": "true"}
    there = mappings(await ask(client.http, path, query=query, application_id=client.application_id or 0))
    names = ", ".join(string(one.get("name")) for one in there) or "none"
    if is_registered(there):
        return Finding("commands", "ok", f"registered: {names}")
    return Finding(
        "commands",
        "note",
        f"registered, and not as this version has them: {names}",
        "`lorelens serve discord` does it.",
    )


async def _servers(client: Plain) -> AsyncGenerator[Finding]:
    servers = Servers(client)
    try:
        ids = await servers.all()
        if not ids:
            yield Finding("servers", "note", "it is on none", "Open the link below to add it to one.")
            return
        yield Finding("servers", "ok", f"it is on {len(ids)}{' or more' if len(ids) >= 200 else ''}")
        for guild in ids[:_MOST_SERVERS]:
            try:
                async for finding in _server(servers, guild):
                    yield finding
            except LorelensError as error:
                yield Finding(guild, "broken", error.message, error.hint)
    finally:
        await servers.close()


async def _server(servers: Servers, guild: str) -> AsyncGenerator[Finding]:
    """What it may not do there, by permission; a channel that it can't see may be meant so."""
    server = await servers.server(guild)
    member = await servers.member(guild, servers.own_id)
    if member is None:
        yield Finding(server.guild.name, "note", "Discord does not say what it may do there")
        return
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    seen = 0
    channels = [one for one in server.channels if isinstance(one, discord.TextChannel | discord.ForumChannel)]
    for channel in channels:
        absent = missing(channel.permissions_for(member))
        seen += "view_channel" not in absent
        if "view_channel" not in absent:
            for permission in absent:
                lacking[permission].append(f"#{channel.name}")
    said = f"it sees {seen} of {len(channels)} channels"
    if channels and not seen:
        yield Finding(server.guild.name, "broken", said, _CHANNELS)
    else:
        yield Finding(server.guild.name, "ok", said)
    for permission in WITHOUT:
        if where := lacking[permission]:
            named = ", ".join(where[:_MOST_NAMED]) + (
                f" and {len(where) - _MOST_NAMED} more" * (len(where) > _MOST_NAMED)
            )
            said = f"lacks {shown(permission)} in {named}: {WITHOUT[permission]}"
            state = "note" if permission == "embed_links" else "broken"
            yield Finding(server.guild.name, state, said, _CHANNELS)


def _links(application: int) -> list[Finding]:
    return [
        Finding("add to a server", "ok", invite_url(application)),
        Finding("install for oneself", "ok", user_install_url(application)),
    ]
