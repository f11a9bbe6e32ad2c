"""Installing the app and what becomes of its tokens: rotation, expiry, revocation, uninstalling."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.slack_emulator.model import Account, Installation, Team
from tests.slack_emulator.refusals import RefusedError

if TYPE_CHECKING:
    from tests.slack_emulator.world import World


@dataclass(frozen=True)
class Code:
    """What a person allowed on the OAuth page, good for one exchange."""

    team: Team
    person: str
    scopes: list[str]
    redirect_uri: str = ""
    org: bool = False


class Tokens:
    """Who may call."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.codes: dict[str, Code] = {}
        self.tickets: set[str] = set()
        """For web sockets, each good for one connection."""

    def install(self, team: Team, scopes: Sequence[str] = ()) -> Installation:
        """Install the app in a workspace, or again with other scopes; it keeps its bot."""
        world = self._world
        former = world.installations.get(team.id)
        bot = former.bot_user if former else self._bot(team)
        installation = Installation(team, bot, _token(), list(scopes or world.app.scopes))
        if former is not None:
            old = dict.fromkeys([former.bot_token], "token_revoked" if former.revoked else "")
            installation.old_tokens = former.old_tokens | {key: error for key, error in old.items() if error}
        world.installations[team.id] = installation
        if world.settings.rotate_tokens:
            self.renew(installation)
        return installation

    def install_org(self, enterprise: str, scopes: Sequence[str] = ()) -> Installation:
        """Install the app for all workspaces of an organization: one token, one bot."""
        teams = [one for one in self._world.teams.values() if one.enterprise == enterprise]
        first = self.install(teams[0], scopes)
        first.org = enterprise
        for team in teams:
            self._world.installations[team.id] = first if team is teams[0] else replace(first, team=team)
        return first

    def together(self, team: Team) -> list[Installation]:
        """The installation in a workspace and, where it is an organization's, in the others."""
        one = self._world.installations[team.id]
        return [o for o in self._world.installations.values() if o is one or (one.org and o.org == one.org)]

    def _bot(self, team: Team) -> Account:
        world, app = self._world, self._world.app
        account = Account(
            world.new_id("U"), team, app.name, app.name.title(), app.name.title(), "en-US", "America/Los_Angeles", ""
        )
        account.bot_id, account.app_id = world.new_id("B"), app.app_id
        world.accounts[account.id] = account
        return account

    def renew(self, installation: Installation) -> None:
        """Give out a new token, with a refresh token; the one before still works until it expires."""
        former, again = installation.bot_token, bool(installation.refresh_token)
        token, refresh = f"xoxe.xoxb-1-{secrets.token_hex(16)}", f"xoxe-1-{secrets.token_hex(16)}"
        for one in self.together(installation.team):
            if again:
                one.old_tokens[former] = ""
            one.bot_token, one.refresh_token = token, refresh
            one.expires_at = time.time() + self._world.settings.token_seconds

    def rotate(self, on: bool = True) -> None:
        """Turn token rotation on: installations made from now on have tokens that expire."""
        self._world.settings.rotate_tokens = on

    def expire(self, team: Team) -> None:
        """Let the token of a workspace have expired."""
        for one in self.together(team):
            one.expires_at = time.time() - 1
            one.old_tokens |= dict.fromkeys(one.old_tokens, "token_expired")

    def revoke(self, team: Team, error: str = "token_revoked") -> None:
        """Let somebody revoke the app's token, and say so to the app."""
        for one in self.together(team):
            one.revoked, one.error = True, error
        tokens = {"oauth": [], "bot": [self._world.installations[team.id].bot_user.id]}
        self._world.happened({"type": "tokens_revoked", "tokens": tokens}, None, team)

    def uninstall(self, team: Team) -> None:
        """Take the app out of a workspace; Slack tells it twice, in whatever order."""
        self.revoke(team, "account_inactive")
        installation = self._world.installations[team.id]
        self._world.happened({"type": "app_uninstalled"}, None, team)
        for channel in self._world.channels.values():
            channel.members.pop(installation.bot_user.id, None)

    def caller(self, token: str, team_id: str = "") -> Installation:
        """Whose token this is (of an organization's: in that workspace), or what Slack says to it."""
        if not token:
            raise RefusedError("not_authed")
        for one in self._world.installations.values():
            if token == one.bot_token or token in one.old_tokens:
                break
        else:
            raise RefusedError("invalid_auth")
        if one.org and team_id in self._world.installations:
            one = next((o for o in self.together(one.team) if o.team.id == team_id), one)
        if one.revoked:
            raise RefusedError(one.error or "token_revoked")
        if error := one.old_tokens.get(token):
            raise RefusedError(error)
        if one.expires_at and token == one.bot_token and time.time() >= one.expires_at:
            raise RefusedError("token_expired")
        return one

    def allow(
        self, team: Team, person: str, scopes: Sequence[str], redirect_uri: str = "", *, org: bool = False
    ) -> str:
        """What a click on Allow gives: a code for oauth.v2.access."""
        code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.codes[code] = Code(team, person, list(scopes), redirect_uri, org)
        return code


def _token() -> str:
    return f"xoxb-{secrets.randbelow(10**12)}-{secrets.randbelow(10**13)}-{secrets.token_hex(12)}"
