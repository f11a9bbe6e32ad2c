"""On what an answer may draw: what everybody may see who will be able to read it.

In a channel those are its members, and all full members of the workspace if it is public. So an answer there draws on
what guests may see and on the channel itself; on what full members may see if all who can read it are full members of
this workspace; and on another channel if all who can read the answer can read that one as well:

- a public channel, if every guest who can read the answer is in it (full members can read it anyway);
- a private channel, if the answer stands in a private one whose members are all in it.

A public channel's answer draws on no private channel even if today's members are all in that: whoever joins tomorrow
reads the answer too. Where other organizations or workspaces share the channel, people can read along who are on no
list of its members, so it draws on nothing but the channel and what guests may see. Directly, an answer draws on what
the asker may see. Other apps in a channel are not counted among its people.

What it costs, when nothing is remembered: one `conversations.info`, one `conversations.members` per thousand members,
`users.info` for up to twenty people, and for more the list of all people, one call per thousand, kept for ten minutes;
one `conversations.list` per thousand public channels; and for a private channel `users.conversations` of two members,
with `conversations.members` for the few channels they share. It is given `PATIENCE`; where Slack takes longer or
refuses, the answer draws on less, which is logged, and what was asked is there for the next one. A channel of more
than 20,000 people, or a workspace of more than 60,000, draws on less too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping

from adapters.learning import learn_all
from adapters.slack.api import Installed
from adapters.slack.membership import Channel, Membership
from adapters.slack.people import Standing
from core import audience as principals
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.question import Question

PATIENCE = 10.0
"""Seconds that an answer waits for what Slack says of people and channels."""
_MOST_CANDIDATES = 20
_ASKED_MEMBERS = 2
_MOST_GUESTS = 20

_log = logging.getLogger(__name__)


async def audience(question: Question, installed: Installed, membership: Membership) -> tuple[str, ...]:
    """The principals on which the answer may draw, by the rules above; never fails."""
    draws = _Audience(installed, membership)
    place = question.message.place
    if place.visibility == "direct":
        await draws.within_patience(draws.directly(question.message.author.id))
    else:
        draws.add_channels([place.channel])
        await draws.within_patience(draws.in_channel(place.channel))
    return draws.principals()


class _Audience:
    """What an answer may draw on, growing as Slack answers: what is not learned in time is not in it."""

    def __init__(self, installed: Installed, membership: Membership) -> None:
        self._installed = installed
        self._membership = membership
        self._principals = {principals.GUESTS}

    def principals(self) -> tuple[str, ...]:
        return tuple(sorted(self._principals))

    def add_channels(self, channels: Iterable[str]) -> None:
        team = self._installed.team
        self._principals.update(principals.channel("slack", team, channel) for channel in channels)

    def _add_members(self) -> None:
        self._principals.update((principals.EVERYONE, principals.workspace("slack", self._installed.team)))

    async def within_patience(self, growing: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await growing
        except (TimeoutError, PlatformRefusedError, PlatformUnavailableError) as error:
            reason = str(error) or "Slack takes too long"
            _log.warning("An answer draws on less than it might: %s", reason, extra={"team": self._installed.team})

    async def directly(self, asker: str) -> None:
        """What the asker may see."""
        self._principals.add(principals.person("slack", self._installed.team, asker))
        await learn_all(self._own_channels(asker), self._as_member(asker))

    async def _own_channels(self, asker: str) -> None:
        self.add_channels(await self._membership.channels_of(self._installed, asker))

    async def _as_member(self, asker: str) -> None:
        if (await self._membership.people.person(self._installed, asker)).standing == "member":
            self._add_members()
            self.add_channels(await self._membership.public(self._installed))

    async def in_channel(self, channel_id: str) -> None:
        """What all who can read the channel may see."""
        channel = await self._membership.channel(self._installed, channel_id)
        if channel.is_foreign:
            return
        members = await self._membership.members(self._installed, channel_id)
        if members is None:
            _log.warning("An answer draws on less than it might: %s has too many members to ask for", channel_id)
            return
        standings = await self._membership.people.standings(self._installed, members)
        people = frozenset(user for user in members if standings.get(user) not in {"bot", "gone"})
        if not people:
            return
        if all(standings.get(user) == "member" for user in people):
            self._add_members()
        await learn_all(self._public_channels(people, standings), self._private_channels(channel, people))

    async def _public_channels(self, people: frozenset[str], standings: Mapping[str, Standing]) -> None:
        """The public channels that all of them can read: full members every one, the others those they are in."""
        readable = await self._membership.public(self._installed)
        others = [user for user in people if standings.get(user) != "member"]
        if len(others) > _MOST_GUESTS:
            return
        for user in others:
            readable &= await self._membership.channels_of(self._installed, user)
        self.add_channels(readable)

    async def _private_channels(self, channel: Channel, people: frozenset[str]) -> None:
        """The private channels that hold all who are in this one, if this one is private."""
        if not channel.is_private:
            return
        some = sorted(people)[:_ASKED_MEMBERS]
        candidates = await self._membership.channels_of(self._installed, some[0])
        for user in some[1:]:
            candidates &= await self._membership.channels_of(self._installed, user)
        candidates -= {channel.id}
        if len(people) > len(some):
            # Most channels that two people share are public, and those are judged above.
            candidates -= await self._membership.public(self._installed)
            candidates = frozenset(sorted(candidates)[:_MOST_CANDIDATES])
        for candidate in sorted(candidates):
            if len(people) <= len(some) or people <= (
                await self._membership.members(self._installed, candidate) or frozenset()
            ):
                self.add_channels([candidate])
