"""Who people are in a workspace: their names, their language, and whether they are full members of it.

One person is asked for by `users.info`. Where many must be judged, `users.list` is read once (`standings`): a channel
of thousands would otherwise cost thousands of calls. People of other organizations are not on that list, so whoever
is missing from it counts as a stranger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from adapters.lookups import Lookups
from adapters.payloads import Payload, listing, mapping, mappings, string
from adapters.slack.api import Clients, Installed, ask, pages

FRESH = 60.0
"""Seconds for which an answer holds. Changes are heard of by events, but only by the process that receives them."""
ROSTER_FRESH = 600.0
"""Seconds for which the list of all people holds: it costs a call per thousand of them. Whoever is not on it is asked
for by name, and a change of somebody's standing is rare and heard of."""
FEW = 20
"""So many people are asked for one by one; where more must be judged, the whole list is read."""
_PAGE = 1000
_MOST_PAGES = 60
_AT_ONCE = 5
_SLACKBOT = "USLACKBOT"

Chosen = Callable[[str, str], Awaitable[str]]
"""The language that a person of a workspace chose here (team, user): a BCP 47 tag, or empty; it raises nothing."""

Standing = Literal["member", "guest", "stranger", "bot", "gone"]
"""`stranger`: of another organization or workspace; `gone`: deactivated. Guests of either kind are `guest`."""


@dataclass(frozen=True)
class Person:
    """One person as a workspace knows them; `locale` is what they chose, else Slack's: a BCP 47 tag or empty."""

    id: str
    name: str
    locale: str
    standing: Standing


class People:
    """The people of the workspaces that `clients` reach; the language that somebody chose counts before Slack's."""

    def __init__(self, clients: Clients, *, fresh: float = FRESH, chosen: Chosen | None = None) -> None:
        self._clients = clients
        self._chosen = chosen
        self._people = Lookups[tuple[str, str], Person](seconds=fresh, most=5000)
        self._rosters = Lookups[str, Mapping[str, Standing]](seconds=max(fresh, ROSTER_FRESH if fresh else 0), most=50)
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def person(self, installed: Installed, user: str) -> Person:
        """Who it is; raises as `SlackClient` does."""

        async def look() -> Person:
            client = await self._clients.client(installed.team, installed.enterprise)
            async with self._few:
                answer = await ask(client, "users.info", user=user, include_locale=True)
            person = as_person(mapping(answer.get("user")), user, installed)
            language = await self._chosen(installed.team, user) if self._chosen is not None else ""
            return replace(person, locale=language) if language else person

        return await self._people.get((installed.team, user), look)

    async def standings(self, installed: Installed, users: Collection[str]) -> Mapping[str, Standing]:
        """The standing of each; raises as `SlackClient` does if one can't be learned."""
        known = {user: person for user in users if (person := self._people.known((installed.team, user)))}
        unknown = [user for user in users if user not in known]
        standings: dict[str, Standing] = {user: person.standing for user, person in known.items()}
        if len(unknown) > FEW:
            roster = await self._rosters.get(installed.team, lambda: self._roster(installed))
            standings.update((user, roster[user]) for user in unknown if user in roster)
            unknown = [user for user in unknown if user not in roster]
        if len(unknown) > FEW:
            standings.update((user, "stranger") for user in unknown)
            return standings
        people = await asyncio.gather(*(self.person(installed, user) for user in unknown))
        standings.update((person.id, person.standing) for person in people)
        return standings

    def heard(self, installed: Installed, event: Payload) -> None:
        """An event that may tell of a person: what was known of them is forgotten."""
        kind = string(event.get("type"))
        if kind in {"user_change", "team_join", "user_profile_changed", "user_status_changed"}:
            user = string(mapping(event.get("user")).get("id"))
            self._people.forget((installed.team, user))
            if kind in {"user_change", "team_join"}:
                self._rosters.forget(installed.team)

    def forget(self, installed: Installed, user: str) -> None:
        """What is known of a person is not so any more: they chose another language."""
        self._people.forget((installed.team, user))

    async def close(self) -> None:
        """Ask no further."""
        await self._people.close()
        await self._rosters.close()

    async def _roster(self, installed: Installed) -> Mapping[str, Standing]:
        client = await self._clients.client(installed.team, installed.enterprise)
        arguments = {"team_id": installed.team} if installed.enterprise else {}
        roster: dict[str, Standing] = {}
        async for page in pages(client, "users.list", "members", most=_MOST_PAGES, size=_PAGE, arguments=arguments):
            for user in mappings(page):
                roster[string(user.get("id"))] = standing_of(user, installed)
        return roster


def as_person(user: Payload, user_id: str, installed: Installed) -> Person:
    """A user object of Slack (https://docs.slack.dev/reference/objects/user-object)."""
    profile = mapping(user.get("profile"))
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return Person(
        id=user_id,
        name=next((name.strip() for name in map(string, names) if name.strip()), ""),
        locale=string(user.get("locale")),
        standing=standing_of(user, installed),
    )


def standing_of(user: Payload, installed: Installed) -> Standing:
    """What somebody is in a workspace.

    In Enterprise Grid a person is of the workspaces that `enterprise_user.teams` names.
    """
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == _SLACKBOT:
        return "bot"
    if user.get("deleted"):
        return "gone"
    teams = {string(user.get("team_id")), *map(string, listing(mapping(user.get("enterprise_user")).get("teams")))}
    if user.get("is_stranger") or installed.team not in teams:
        return "stranger"
    if user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_invited_user"):
        return "guest"
    return "member"
