"""Who there is: users, user groups, bots, the team (docs.slack.dev/reference/methods)."""

from tests.slack_emulator.api.conversations import page
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import Account, Json
from tests.slack_emulator.payloads import user as user_json


def _user(asking: Asking, account: Account, *, locale: bool = False) -> Json:
    body = user_json(account, locale=locale)
    if "users:read.email" not in asking.installation.scopes:
        body["profile"].pop("email", None)
    if not _colleague(asking, account):
        body["is_stranger"] = True
    return body


def _colleague(asking: Asking, account: Account) -> bool:
    enterprise = asking.installation.team.enterprise
    return account.team is asking.installation.team or bool(enterprise and account.team.enterprise == enterprise)


def _met(asking: Asking, account: Account) -> bool:
    """Whether somebody of another organization shares a channel with the bot's workspace."""
    return any(one.shared and account.id in one.members for one in asking.world.channels.values())


@method("users.info", "user! include_locale:bool", "users:read", tier=4, takes_json=False)
async def info(asking: Asking) -> Json:
    """One person."""
    account = asking.world.accounts.get(asking.text("user"))
    if account is None:
        raise RefusedError("user_not_found")
    if not _colleague(asking, account) and not _met(asking, account):
        raise RefusedError("user_not_visible")
    return {"ok": True, "user": _user(asking, account, locale=bool(asking.get("include_locale")))}


@method("users.list", "cursor include_locale:bool limit:int team_id", "users:read", tier=2, takes_json=False)
async def list_users(asking: Asking) -> Json:
    """Everybody."""
    own = [one for one in asking.world.accounts.values() if one.team is asking.installation.team or _met(asking, one)]
    found, more = page(own, asking, 1000, 1000)
    locale = bool(asking.get("include_locale"))
    return {"ok": True, "members": [_user(asking, one, locale=locale) for one in found], "response_metadata": more}


@method("users.lookupByEmail", "email!", "users:read.email", tier=3, takes_json=False)
async def by_email(asking: Asking) -> Json:
    """Somebody by their address."""
    for account in asking.world.accounts.values():
        if account.email == asking.text("email") and account.team is asking.installation.team:
            return {"ok": True, "user": _user(asking, account)}
    raise RefusedError("users_not_found")


@method(
    "usergroups.list",
    "include_count:bool include_disabled:bool include_users:bool team_id",
    "usergroups:read",
    tier=2,
    takes_json=False,
)
async def usergroups(asking: Asking) -> Json:
    """The user groups."""
    found = [
        {"id": one.id, "team_id": one.team.id, "is_usergroup": True, "name": one.handle, "handle": one.handle}
        | ({"users": one.users} if asking.get("include_users") else {})
        | ({"user_count": str(len(one.users))} if asking.get("include_count") else {})
        for one in asking.world.usergroups.values()
        if one.team is asking.installation.team
    ]
    return {"ok": True, "usergroups": found}


@method("bots.info", "bot team_id", "users:read", tier=3, takes_json=False)
async def bot_info(asking: Asking) -> Json:
    """A bot by its id."""
    for account in asking.world.accounts.values():
        if account.bot_id and account.bot_id == asking.text("bot"):
            body = {"id": account.bot_id, "deleted": account.deleted, "name": account.name, "updated": 1_700_000_000}
            return {"ok": True, "bot": body | {"app_id": account.app_id, "user_id": account.id, "icons": {}}}
    raise RefusedError("bot_not_found")


@method("team.info", "domain team", "team:read", tier=3, takes_json=False)
async def team_info(asking: Asking) -> Json:
    """The workspace."""
    team = asking.installation.team
    body: Json = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}
    if team.enterprise:
        body |= {"enterprise_id": team.enterprise, "enterprise_name": team.name}
    return {"ok": True, "team": body}
