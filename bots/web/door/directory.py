"""Who somebody is now, and what they hold: asked anew each time, so that whoever is removed holds nothing any more."""

import logging
from typing import TYPE_CHECKING

from bots.web.door.people_file import PeopleFile
from bots.web.door.proxied import Proxied
from bots.web.door.rules import Rules, rules_of
from bots.web.door.secrets import digest
from bots.web.visitors import PLATFORM, WORKSPACE, Person
from core.audience import person
from core.errors import SettingsError

if TYPE_CHECKING:
    from core.application import Application
    from core.question import Question

_log = logging.getLogger(__name__)

LOCAL = "local"
"""The person at this machine, where nobody is asked who they are."""


class Directory:
    """The people of a page."""

    def __init__(self, rules: Rules, file: PeopleFile, proxied: Proxied) -> None:
        self.rules = rules
        self.file = file
        self.proxied = proxied

    @classmethod
    async def of(cls, application: "Application") -> "Directory":
        """The directory of one process.

        Raises:
            SettingsError: who may get in does not follow from the settings.
        """
        rules = rules_of(application.settings)
        store = await application.conversations()
        return cls(rules, PeopleFile(application.data), Proxied(store.redis, store.keys, rules))

    async def check(self) -> None:
        """Whether anybody could get in.

        Raises:
            SettingsError: nobody could; says which command mends it.
        """
        people = (await self.file.people()).people.values()
        if self.rules.login == "password" and not any(one.password for one in people):
            raise SettingsError(
                "Nobody could sign in to the web page: there are no people yet.",
                hint="Add yourself with `lorelens web people add NAME --role operator` (docs/web-access.md).",
            )
        if self.rules.login == "password" and not self.rules.is_loopback and not self.rules.proxies:
            _log.warning("Passwords can be read on the way to the web page: put https in front (docs/web-access.md)")

    async def person(self, id_: str) -> Person | None:
        """Somebody as they are now; None if they may not get in (any more).

        Raises:
            SettingsError: the people can't be read.
            StoreUnavailableError: Redis is away.
        """
        if self.rules.login == "none" and (id_ == LOCAL or id_.startswith(f"{LOCAL}-")):
            return local_person(id_)
        if self.rules.login == "proxy" and (named := await self.proxied.last_said(id_)) is not None:
            return named
        return (await self.file.people()).person(id_)

    async def principals(self, question: "Question") -> tuple[str, ...]:
        """What the author of a question holds now (`core.audience`): nothing if they are gone. Raises as `person`."""
        found = await self.person(question.message.author.id)
        return found.audience if found is not None else ()


def local_person(id_: str) -> Person:
    """Whoever sits at this machine: an operator."""
    return Person(id=id_, role="operator", principals=(person(PLATFORM, WORKSPACE, LOCAL),))


def local_id(browser: str) -> str:
    """Who they are at one browser, by its secret, so that two at one machine don't see each other's conversations."""
    return f"{LOCAL}-{digest(browser)[:32]}"
