"""`lorelens doctor slack`: whether Slack is set up, and what will not work. It posts nothing."""

import re
from collections.abc import AsyncGenerator

from pydantic import SecretStr

from adapters.slack.api import SlackClient, ask, new_session
from adapters.slack.installations import Listed
from adapters.slack.manifest import manifest as the_manifest
from adapters.slack.manifest import manifest_text
from adapters.slack.pacing import Pacing
from bots.findings import Finding
from bots.slack.doctor_calls import bot_findings, identity, request_url, socket
from bots.slack.oauth import check_oauth, has_oauth, many_workspaces, public_url
from config.settings import Settings
from core.application import Application
from core.errors import LorelensError, SettingsError

PAGE = "docs/slack.md"
_TOKENS = "OAuth & Permissions, Bot User OAuth Token, at https://api.slack.com/apps"
_APP_TOKENS = "Basic Information, App-Level Tokens, with the scope connections:write, at https://api.slack.com/apps"
_CREDENTIALS = "Basic Information, App Credentials, at https://api.slack.com/apps"
_AGAIN = "Install the app there again: whoever may do that opens /slack/install."
_MOST_ASKED = 50
"""Installations whose token is tried; of more, what is kept of them is looked at."""


def is_set_up(settings: Settings) -> bool:
    """Whether anything of Slack is set."""
    return any(
        map(secret, (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret))
    ) or bool(settings.slack_client_id)


def manifest(public: str) -> str:
    """The app's manifest, with comments; without them for events by HTTP at a public address."""
    if not public:
        return manifest_text()
    try:
        return the_manifest().by_http(public).as_yaml()
    except ValueError as error:
        raise SettingsError(f"{error}.", hint="Write --http https://HOST, as Slack is to reach it.") from error


async def brief(application: Application) -> Finding:
    """Who the app is, or what is wrong first."""
    settings = application.settings
    found = settings_findings(settings)
    wrong = next((one for one in found if one.state == "broken"), None)
    if wrong is not None:
        return Finding("slack", "broken", wrong.found, wrong.remedy)
    if has_oauth(settings):
        workspaces = await many_workspaces(application)
        try:
            listed = await workspaces.installations.listed()
        finally:
            await workspaces.close()
        return Finding("slack", "ok", f"{found[0].found}; installed in {_counted(listed)}")
    async with new_session() as session:
        client = SlackClient(
            secret(settings.slack_bot_token), url=settings.slack_api_url, session=session, pacing=Pacing()
        )
        _, finding = await identity(client)
    more = " `lorelens doctor slack` says more."
    return Finding("slack", finding.state, f"{found[0].found}; {finding.found}", (finding.remedy + more).strip())


async def thorough(application: Application) -> list[Finding]:
    """Everything, in the order in which it is best mended."""
    settings = application.settings
    found = settings_findings(settings)
    async with new_session() as session:
        client = SlackClient("", url=settings.slack_api_url, session=session, pacing=Pacing())
        reached = await _web_api(client)
        found.append(reached)
        if reached.state == "broken":
            return found
        token, app_token = secret(settings.slack_bot_token), secret(settings.slack_app_token)
        if token.startswith(_BOT):
            client = SlackClient(token, url=settings.slack_api_url, session=session, pacing=Pacing())
            found += await bot_findings(client)
        if app_token.startswith("xapp-"):
            app = SlackClient(app_token, url=settings.slack_api_url, session=session, pacing=Pacing())
            found.append(await socket(app))
    if has_oauth(settings):
        found += [finding async for finding in _installations(application)]
    if secret(settings.slack_signing_secret):
        found.append(await request_url(settings.slack_public_url, secret(settings.slack_signing_secret)))
    return found


# --- settings ----------------------------------------------------------------------------------------------------

_BOT = ("xoxb-", "xoxe.xoxb-")


def settings_findings(settings: Settings) -> list[Finding]:
    """What is set, and whether it looks like what it should be; the first says how Slack is reached."""
    return [_mode(settings), *_token_settings(settings), *_http_settings(settings), *_oauth_settings(settings)]


def _mode(settings: Settings) -> Finding:
    if not secret(settings.slack_bot_token) and not settings.slack_client_id:
        return Finding(
            "settings",
            "broken",
            "neither a bot token nor a client id is set",
            f"Set Slack up: {PAGE} leads through it.",
        )
    ways = [
        way
        for way, value in (("Socket Mode", settings.slack_app_token), ("HTTP", settings.slack_signing_secret))
        if secret(value)
    ]
    which = "many workspaces, by OAuth" if has_oauth(settings) else "one workspace, by its bot token"
    if not ways:
        return Finding(
            "settings",
            "broken",
            f"{which}; but nothing says how events come",
            "Set LORELENS_SLACK_APP_TOKEN for Socket Mode, or LORELENS_SLACK_SIGNING_SECRET for HTTP.",
        )
    said = f"events by {' and '.join(ways)}; {which}"
    if secret(settings.slack_bot_token) and settings.slack_client_id:
        return Finding("settings", "note", said, "For OAuth, take LORELENS_SLACK_BOT_TOKEN away: it goes first.")
    return Finding("settings", "ok", said)


def _token_settings(settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    token, app_token = secret(settings.slack_bot_token), secret(settings.slack_app_token)
    if token and not token.startswith(_BOT):
        said = f"LORELENS_SLACK_BOT_TOKEN holds {_kind(token)}: it does not begin with xoxb-"
        found.append(Finding("bot token", "broken", said, f"Take the one under {_TOKENS}."))
    if token.startswith("xoxe.xoxb-"):
        said = "this bot token expires after 12 hours, and nobody renews it"
        found.append(Finding("bot token", "note", said, "With token rotation, let the app be installed by OAuth."))
    if app_token and not app_token.startswith("xapp-"):
        said = f"LORELENS_SLACK_APP_TOKEN holds {_kind(app_token)}: it does not begin with xapp-"
        found.append(Finding("app-level token", "broken", said, f"Make one under {_APP_TOKENS}."))
    return found


def _http_settings(settings: Settings) -> list[Finding]:
    signing = secret(settings.slack_signing_secret)
    if signing and not re.fullmatch(r"[0-9a-f]{32}", signing):
        said = "LORELENS_SLACK_SIGNING_SECRET does not look like one: 32 hexadecimal digits"
        return [Finding("signing secret", "note", said, f"It stands under {_CREDENTIALS}.")]
    return []


def _oauth_settings(settings: Settings) -> list[Finding]:
    if not has_oauth(settings):
        return []
    found: list[Finding] = []
    if not re.fullmatch(r"\d+\.\d+", settings.slack_client_id):
        said = "LORELENS_SLACK_CLIENT_ID does not look like one: two numbers with a point between"
        found.append(Finding("client id", "note", said, f"It stands under {_CREDENTIALS}."))
    try:
        keys = check_oauth(settings).keys
        found.append(Finding("secret key", "ok", "one key" if keys == 1 else f"{keys} keys; the first encrypts"))
    except SettingsError as error:
        found.append(Finding("secret key", "broken", error.message, error.hint))
    try:
        found.append(Finding("installation", "ok", f"from {public_url(settings)}/slack/install"))
    except SettingsError as error:
        found.append(Finding("installation", "broken", error.message, error.hint))
    return found


def _kind(token: str) -> str:
    """What somebody pasted instead, as far as its beginning tells."""
    kinds = {
        "xoxb-": "a bot token",
        "xapp-": "an app-level token",
        "xoxp-": "a user token",
        "xoxe": "a refresh or configuration token",
        "xoxc-": "a browser's token",
    }
    return next((kind for start, kind in kinds.items() if token.startswith(start)), "something else")


# --- Slack -------------------------------------------------------------------------------------------------------


async def _web_api(client: SlackClient) -> Finding:
    try:
        await ask(client, "api.test")
    except LorelensError as error:
        return Finding("Web API", "broken", f"{client.base_url}: {error.message}", error.hint)
    return Finding("Web API", "ok", f"{client.base_url} answers")


async def _installations(application: Application) -> AsyncGenerator[Finding]:
    try:
        workspaces = await many_workspaces(application)
    except LorelensError as error:
        yield Finding("installations", "broken", error.message, error.hint)
        return
    try:
        listed = await workspaces.installations.listed()
        if not listed:
            url = f"{application.settings.slack_public_url.rstrip('/')}/slack/install"
            yield Finding("installations", "note", "in no workspace yet", f"Open {url} in a browser.")
            return
        yield Finding("installations", "ok", f"in {_counted(listed)}")
        for number, one in enumerate(listed):
            part = one.name or one.where
            if one.problem:
                yield Finding(part, "broken", one.problem, "Install the app there again, or set the earlier key too.")
            elif number < _MOST_ASKED:
                team, enterprise = ("", one.where) if one.where.startswith("E") else (one.where, "")
                try:
                    client = await workspaces.client(team, enterprise)
                    for finding in await bot_findings(client, brief=True, remedy=_AGAIN):
                        yield Finding(f"{part}: {finding.part}", finding.state, finding.found, finding.remedy)
                except LorelensError as error:
                    yield Finding(part, "broken", error.message, error.hint)
            elif missing := the_manifest().missing(one.scopes):
                yield Finding(part, "broken", f"lacks {', '.join(missing)}", _AGAIN)
    finally:
        await workspaces.close()


def _counted(listed: list[Listed]) -> str:
    broken = sum(1 for one in listed if one.problem)
    return f"{len(listed)} workspace{'' if len(listed) == 1 else 's'}" + (f", {broken} unusable" if broken else "")


def secret(value: SecretStr | None) -> str:
    """A secret setting's text; empty if it is not set."""
    return value.get_secret_value().strip() if value else ""
