"""Furnishing the world: workspaces, people, channels."""

from collections.abc import Sequence
from typing import Any

from tests.slack_emulator.interacting import Interacting
from tests.slack_emulator.model import Account, Channel, Installation, Team, Usergroup
from tests.slack_emulator.people import Person
from tests.slack_emulator.speaking import Speaking
from tests.slack_emulator.world import App, World

ALL_SCOPES = (
    "app_mentions:read assistant:write channels:history channels:join channels:read chat:write chat:write.customize "
    "chat:write.public commands files:read files:write groups:history groups:read im:history im:read im:write "
    "mpim:history mpim:read mpim:write reactions:read reactions:write team:read usergroups:read users:read "
    "users:read.email"
)


def app_of(manifest: dict[str, Any] | None, scopes: Sequence[str] | None, events: Sequence[str] | None) -> App:
    """The app as its manifest describes it; what is given besides goes before it."""
    app = App(scopes=list(scopes or ALL_SCOPES.split()), events=None if events is None else frozenset(events))
    if manifest is None:
        return app
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    app.commands = frozenset(one["command"] for one in features.get("slash_commands", []))
    app.shortcuts = frozenset(one["callback_id"] for one in features.get("shortcuts", []))
    tabs: dict[str, Any] = features.get("app_home", {})
    app.agent = "assistant_view" in features or "agent_view" in features
    app.home_tab, app.messages_tab = tabs.get("home_tab_enabled", False), tabs.get("messages_tab_enabled", True)
    if scopes is None:
        app.scopes = list(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))
    if events is None:
        app.events = frozenset(settings.get("event_subscriptions", {}).get("bot_events", []))
    return app


class Building:
    """Brings things into the world, without events: they have always been there."""

    def __init__(self, world: World, speaking: Speaking, interacting: Interacting) -> None:
        self._world = world
        self._speaking = speaking
        self._interacting = interacting
        self.team = self.workspace("Acme")

    def workspace(self, name: str, enterprise: str = "", *, installed: bool = True) -> Team:
        """A workspace, with the app in it."""
        team = Team(self._world.new_id("T"), name, name.lower().replace(" ", "-"), enterprise)
        self._world.teams[team.id] = team
        if installed:
            self._world.tokens.install(team)
        return team

    def installation(self, team: Team | None = None) -> Installation:
        """The app in a workspace."""
        return self._world.installations[(team or self.team).id]

    def person(
        self,
        name: str,
        *,
        real_name: str = "",
        display_name: str = "",
        locale: str = "en-US",
        tz: str = "America/Los_Angeles",
        guest: str = "",
        team: Team | None = None,
        email: str = "",
        channels: Sequence[Channel] | None = None,
        stranger: bool = False,
    ) -> Person:
        """Somebody, who is in all public channels unless told (a guest: in none)."""
        world = self._world
        account = Account(
            world.new_id("U"),
            team or self.team,
            name,
            real_name or name.title(),
            display_name or name,
            locale,
            tz,
            email or f"{name}@{(team or self.team).domain}.example",
            guest,
            stranger=stranger,
        )
        return self._moved_in(account, channels)

    def _moved_in(self, account: Account, channels: Sequence[Channel] | None) -> Person:
        self._world.accounts[account.id] = account
        if channels is None:
            inside = not account.guest and not account.stranger
            channels = [one for one in self._world.channels.values() if inside and _open_to(one, account)]
        for channel in channels:
            channel.members[account.id] = None
        return Person(account, self._world, self._speaking, self._interacting)

    def stranger(self, name: str, *, channels: Sequence[Channel] = (), **more: Any) -> Person:
        """Somebody of another organization, met in the Slack Connect channels given."""
        team = next((one for one in self._world.teams.values() if one.name == "Elsewhere"), None)
        team = team or self.workspace("Elsewhere", installed=False)
        for channel in channels:
            channel.shared = True
        return self.person(name, team=team, stranger=True, channels=channels, **more)

    def other_bot(self, name: str, *, channels: Sequence[Channel] | None = None) -> Person:
        """Another app's bot; what it says is a bot's message."""
        world = self._world
        account = Account(world.new_id("U"), self.team, name, name, name, "en-US", "America/Los_Angeles", "")
        account.bot_id, account.app_id = world.new_id("B"), world.new_id("A")
        return self._moved_in(account, channels)

    def channel(
        self,
        name: str,
        kind: str = "public",
        *,
        members: Sequence[Person] | None = None,
        bot: bool = True,
        shared: bool = False,
        team: Team | None = None,
    ) -> Channel:
        """A channel; unless told, all full members of the workspace are in it, and the app."""
        world, team = self._world, team or self.team
        people = [one.account for one in members or ()]
        if members is None:
            people = [one for one in world.accounts.values() if one.team is team and not one.guest and not one.bot_id]
        inside = {one.id: None for one in people}
        if bot and team.id in world.installations:
            inside[self.installation(team).bot_user.id] = None
        creator = next(iter(inside), "")
        one = Channel(world.new_id("C"), team, name, kind, creator, inside, shared)
        world.channels[one.id] = one
        return one

    def group_dm(self, *people: Person) -> Channel:
        """A direct message of several people and the app."""
        return self.channel(f"mpdm-{'--'.join(one.name for one in people)}-1", "mpim", members=people)

    def usergroup(self, handle: str, *people: Person) -> Usergroup:
        """A group that can be called by its handle."""
        group = Usergroup(self._world.new_id("S"), self.team, handle, [one.id for one in people])
        self._world.usergroups[group.id] = group
        return group


def _open_to(channel: Channel, account: Account) -> bool:
    return channel.kind == "public" and channel.team is account.team
