"""Whom and what a Slack message names, and the names to write in their place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.payloads import Payload, mappings, string

_ENTITY = re.compile(r"<([@#!][^<>\n]+)>")


@dataclass(frozen=True)
class Mentions:
    """Ids of the people and channels that are named, and whether a group or everybody is addressed."""

    people: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    crowd: bool = False


@dataclass(frozen=True)
class Names:
    """Names by id; `own` is the id of the app's own user, whose mention is left out of what was said to it."""

    people: Mapping[str, str] = field(default_factory=dict[str, str])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])
    own: str = ""

    def person(self, user: str, label: str = "") -> str:
        """`@Ada`, or `@U123` where the name is not known; nothing for the app itself."""
        if user == self.own:
            return ""
        return "@" + (self.people.get(user) or label.removeprefix("@") or user)

    def channel(self, channel: str, label: str = "") -> str:
        """`#general`, or `#C123` where the name is not known."""
        return "#" + (self.channels.get(channel) or label.removeprefix("#") or channel)


def mentions(message: Payload) -> Mentions:
    """What a message names, be it in its blocks or only in its text."""
    people: set[str] = set()
    channels: set[str] = set()
    crowd = False
    for entity in _ENTITY.findall(string(message.get("text"))):
        kind, name = entity[0], re.split(r"[|^]", entity[1:])[0]
        if kind == "@":
            people.add(name)
        elif kind == "#":
            channels.add(name)
        else:
            crowd = crowd or name in {"here", "channel", "everyone", "subteam"}
    for element in rich_elements(message):
        match element.get("type"):
            case "user":
                people.add(string(element.get("user_id")))
            case "channel":
                channels.add(string(element.get("channel_id")))
            case "broadcast" | "usergroup":
                crowd = True
            case _:
                pass
    return Mentions(people=frozenset(people - {""}), channels=frozenset(channels - {""}), crowd=crowd)


def rich_elements(message: Payload) -> Iterator[Payload]:
    """Every element of a message's rich text, however deep."""
    todo = [block for block in mappings(message.get("blocks")) if block.get("type") == "rich_text"]
    while todo:
        element = todo.pop()
        yield element
        todo.extend(mappings(element.get("elements")))
