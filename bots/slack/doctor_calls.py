"""What Slack itself says of tokens, scopes and addresses, for `lorelens doctor slack`. Nothing is posted."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from adapters.payloads import string
from adapters.slack.api import ask, pages
from adapters.slack.manifest import EVENTS_PATH, WITHOUT, manifest
from adapters.slack.refusals import SlackRefusedError, answer_of
from bots.findings import Finding
from core.errors import LorelensError

REINSTALL = (
    "Add it under OAuth & Permissions at https://api.slack.com/apps (or paste the manifest again: lorelens doctor "
    "slack --manifest), then Reinstall to Workspace."
)
_SOCKET = "Make another token under Basic Information, App-Level Tokens, with the scope connections:write."
_NOWHERE = {"channel": "C0000000000", "ts": "1.000001"}
"""A message that does not exist: a call about it tells whether the method does."""
_SECONDS = 10


async def bot_findings(client: AsyncWebClient, *, brief: bool = False, remedy: str = REINSTALL) -> list[Finding]:
    """Whose token it is, what it may do and what it lacks; `brief` leaves out what costs more calls."""
    scopes, who = await identity(client)
    if who.state == "broken":
        return [who]
    found = [who, *scope_findings(scopes, remedy)]
    return found if brief else [*found, await _channels(client), await _streams(client), await _pane(client, scopes)]


async def identity(client: AsyncWebClient) -> tuple[tuple[str, ...] | None, Finding]:
    """What the token is allowed (None: Slack does not say), and whose it is."""
    untyped: Any = client
    try:
        response: Any = await untyped.api_call("auth.test")
    except LorelensError as error:
        return None, Finding("bot token", "broken", error.message, error.hint)
    answer = answer_of(response)
    bot, team = string(answer.get("user")), string(answer.get("team"))
    where = f"{team} ({string(answer.get('team_id'))}, {string(answer.get('url'))})"
    who = f"@{bot} ({string(answer.get('user_id'))}) in {where}"
    if not answer.get("bot_id"):
        return None, Finding(
            "bot token", "broken", f"{who} is a person's token", "Take the bot's: it begins with xoxb-."
        )
    return _scopes(getattr(response, "headers", None) or {}), Finding("bot token", "ok", who)


def scope_findings(granted: tuple[str, ...] | None, remedy: str = REINSTALL) -> list[Finding]:
    """Each scope that is missing, with what will not work; and what was granted though nothing needs it."""
    if granted is None:
        return [Finding("scopes", "note", "Slack does not say which it granted", "Compare them with the manifest.")]
    wanted = manifest().scopes
    missing = manifest().missing(granted)
    found: list[Finding] = []
    for scope in missing:
        without = f": {WITHOUT[scope].english}" if scope in WITHOUT else ""
        found.append(Finding(f"scope {scope}", "broken", f"missing{without}", remedy))
    more = sorted(set(granted) - set(wanted))
    if more:
        found.append(
            Finding("scopes", "note", f"granted, and not needed: {', '.join(more)}", "They may be taken away.")
        )
    return found or [Finding("scopes", "ok", f"all {len(wanted)} that it needs")]


async def socket(client: AsyncWebClient) -> Finding:
    """Whether the app-level token opens a socket; the address that Slack gives is not used."""
    try:
        await ask(client, "apps.connections.open")
    except SlackRefusedError as error:
        if error.reason == "socket_mode_not_enabled":
            return Finding("Socket Mode", "broken", "it is off in the app's settings", "Turn it on under Socket Mode.")
        return Finding("Socket Mode", "broken", f"Slack does not take the app-level token ({error.reason})", _SOCKET)
    except LorelensError as error:
        return Finding("Socket Mode", "broken", error.message, error.hint)
    return Finding("Socket Mode", "ok", "the app-level token opens a socket")


async def request_url(public_url: str, signing_secret: str) -> Finding:
    """What answers at the address that Slack is to send events to; asked as Slack asks for it, signed."""
    if not public_url:
        return Finding(
            "request URL",
            "note",
            "LORELENS_SLACK_PUBLIC_URL is not set, so the address that Slack uses can't be tried",
            f"In the app's settings, the request URLs end in {EVENTS_PATH}.",
        )
    url = public_url.rstrip("/") + EVENTS_PATH
    challenge = secrets.token_hex(12)
    body = json.dumps({"type": "url_verification", "challenge": challenge, "token": ""})
    now = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": SignatureVerifier(signing_secret).generate_signature(timestamp=now, body=body) or "",
    }
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            status, text = response.status, await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        said = f"nothing answers at {url} ({type(error).__name__})"
        remedy = "Is `lorelens serve slack` running, and does the address lead to LORELENS_SLACK_ADDRESS?"
        return Finding("request URL", "broken", said, remedy)
    if status == 200 and challenge in text:
        return Finding("request URL", "ok", f"{url} answers, with the right signing secret")
    if status == 401:
        remedy = "What runs there has another LORELENS_SLACK_SIGNING_SECRET, or its clock is wrong."
        return Finding("request URL", "broken", f"{url} does not accept the signature", remedy)
    remedy = "Does the address lead to LORELENS_SLACK_ADDRESS, with its path unchanged?"
    return Finding("request URL", "broken", f"{url} answers with HTTP {status}", remedy)


async def _channels(client: AsyncWebClient) -> Finding:
    kinds = {"types": "public_channel,private_channel", "exclude_archived": True}
    count = 0
    try:
        async for page in pages(client, "users.conversations", "channels", most=5, arguments=kinds):
            count += len(page)
    except LorelensError as error:
        return Finding("channels", "note", f"it can't be told which it is in: {error.message}", error.hint)
    if not count:
        return Finding("channels", "note", "it is in no channel yet", "Invite it: /invite @Lorelens.")
    return Finding("channels", "ok", f"it is in {count} channel{'' if count == 1 else 's'}")


async def _streams(client: AsyncWebClient) -> Finding:
    reason = await _refusal(client, "chat.appendStream", **_NOWHERE, markdown_text=" ")
    if reason == "unknown_method":
        return Finding("streaming", "note", "not offered: answers grow by edits instead", "")
    return Finding("streaming", "ok", "answers can stream")


async def _pane(client: AsyncWebClient, scopes: tuple[str, ...] | None) -> Finding:
    where = {"channel_id": "D0000000000", "thread_ts": "1.000001"}
    reason = await _refusal(client, "assistant.threads.setStatus", **where, status="")
    if reason == "unknown_method":
        return Finding("assistant pane", "note", "not offered by this Slack")
    if scopes is not None and "assistant:write" not in scopes:
        return Finding("assistant pane", "note", "off: the scope assistant:write is missing", REINSTALL)
    return Finding("assistant pane", "ok", "allowed; it shows where the app has Agents & AI Apps on, on paid plans")


async def _refusal(client: AsyncWebClient, method: str, **arguments: str) -> str:
    """Slack's reason against a call that can't succeed."""
    try:
        await ask(client, method, **arguments)
    except SlackRefusedError as error:
        return error.reason
    except LorelensError:
        return "unavailable"
    return ""


def _scopes(headers: Mapping[str, Any]) -> tuple[str, ...] | None:
    said = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    if said is None:
        return None
    return tuple(scope.strip() for scope in str(said).split(",") if scope.strip())
