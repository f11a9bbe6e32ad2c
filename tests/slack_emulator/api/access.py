"""Tokens: auth.test, OAuth and its rotation, revocation, Socket Mode's door (docs.slack.dev/authentication)."""

import base64
import secrets
import time

from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Installation, Json


@method("auth.test", "", tier=-1)
async def test(asking: Asking) -> Json:
    """Whose token it is."""
    one = asking.installation
    body: Json = {
        "ok": True,
        "url": f"https://{one.team.domain}.slack.com/",
        "team": one.team.name,
        "user": one.bot_user.name,
        "team_id": one.team.id,
        "user_id": one.bot_user.id,
        "bot_id": one.bot_id,
        "is_enterprise_install": bool(one.org),
    }
    if one.expires_at:
        body["expires_in"] = max(0, int(one.expires_at - time.time()))
    return body | ({"enterprise_id": one.team.enterprise} if one.team.enterprise else {})


@method("api.test", "error foo", tier=-1, caller="none")
async def api_test(asking: Asking) -> Json:
    """Whether anybody is there."""
    return {"ok": True, "args": asking.arguments}


@method("apps.connections.open", "", "connections:write", tier=1, caller="app")
async def open_connection(asking: Asking) -> Json:
    """An address for a web socket, good for one connection."""
    if asking.world.settings.mode != "socket":
        raise RefusedError("socket_mode_not_enabled")
    ticket = secrets.token_urlsafe(16)
    asking.world.tokens.tickets.add(ticket)
    base = asking.world.base.replace("http", "ws", 1)
    return {"ok": True, "url": f"{base}/link/?ticket={ticket}&app_id={asking.world.app.app_id}"}


@method("auth.revoke", "test:bool", tier=3)
async def revoke(asking: Asking) -> Json:
    """Give the token up."""
    if not asking.get("test"):
        asking.installation.revoked = True
        bot = asking.installation.bot_user.id
        event: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}}
        asking.world.happened(event, None, asking.installation.team)
    return {"ok": True, "revoked": not asking.get("test")}


@method("apps.uninstall", "client_id! client_secret!", tier=1)
async def uninstall(asking: Asking) -> Json:
    """Take the app out of the workspace."""
    _client(asking)
    asking.world.tokens.uninstall(asking.installation.team)
    return {"ok": True}


@method(
    "oauth.v2.access",
    "code client_id client_secret redirect_uri grant_type refresh_token code_verifier",
    tier=4,
    caller="none",
    takes_json=False,
)
async def oauth_access(asking: Asking) -> Json:
    """A token for a code, or a new one for a refresh token."""
    _client(asking)
    if asking.text("grant_type") == "refresh_token":
        return _refreshed(asking)
    grant = asking.world.tokens.codes.pop(asking.text("code"), None)
    if grant is None:
        raise RefusedError("invalid_code")
    if grant.redirect_uri and asking.text("redirect_uri") not in ("", grant.redirect_uri):
        raise RefusedError("bad_redirect_uri")
    tokens = asking.world.tokens
    org = grant.team.enterprise if grant.org else ""
    installation = tokens.install_org(org, grant.scopes) if org else tokens.install(grant.team, grant.scopes)
    return _token(asking, installation) | {
        "authed_user": {"id": grant.person},
        "incoming_webhook": None,
    }


def _client(asking: Asking) -> None:
    app = asking.world.app
    given = (asking.text("client_id"), asking.text("client_secret"))
    if asking.basic:
        name, _, secret = base64.b64decode(asking.basic).decode().partition(":")
        given = (name, secret)
    if given[0] != app.client_id:
        raise RefusedError("invalid_client_id")
    if given[1] != app.client_secret:
        raise RefusedError("bad_client_secret")


def _refreshed(asking: Asking) -> Json:
    for installation in asking.world.installations.values():
        if installation.refresh_token and installation.refresh_token == asking.text("refresh_token"):
            if installation.revoked:
                raise RefusedError("token_revoked")
            # The former token goes on until it expires, the former refresh token does not.
            asking.world.tokens.renew(installation)
            return _token(asking, installation)
    raise RefusedError("invalid_refresh_token")


def _token(asking: Asking, installation: Installation) -> Json:
    team = installation.team
    body: Json = {
        "ok": True,
        "access_token": installation.bot_token,
        "token_type": "bot",
        "scope": ",".join(installation.scopes),
        "bot_user_id": installation.bot_user.id,
        "app_id": asking.world.app.app_id,
        "team": None if installation.org else {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise, "name": team.name} if team.enterprise else None,
        "is_enterprise_install": bool(installation.org),
    }
    if installation.refresh_token:
        expires = int(installation.expires_at - time.time())
        body |= {"refresh_token": installation.refresh_token, "expires_in": expires}
    return body
