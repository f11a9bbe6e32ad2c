"""What the door works with, made once for an app."""

from dataclasses import dataclass

from fastapi import Request

from bots.web.desk import WebDesk
from bots.web.door.counting import Counting
from bots.web.door.directory import Directory
from bots.web.door.passwords import Passwords
from bots.web.door.people_file import PeopleFile
from bots.web.door.proxied import Proxied
from bots.web.door.rules import Rules, rules_of
from bots.web.door.sessions import Sessions


@dataclass(frozen=True)
class Doorway:
    """The parts."""

    rules: Rules
    directory: Directory
    sessions: Sessions
    counting: Counting
    passwords: Passwords

    @classmethod
    def at(cls, desk: WebDesk) -> "Doorway":
        """The door of a desk.

        Raises:
            SettingsError: who may get in does not follow from the settings.
        """
        rules = rules_of(desk.application.settings)
        redis, keys = desk.store.redis, desk.store.keys
        return cls(
            rules,
            Directory(rules, PeopleFile(desk.application.data), Proxied(redis, keys, rules)),
            Sessions(redis, keys, rules.session_seconds),
            Counting(redis, keys),
            Passwords(),
        )


def doorway_of(request: Request) -> Doorway:
    """The door that a request came through."""
    found: Doorway = request.state.doorway
    return found
