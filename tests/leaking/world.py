"""Who may see what, written down by itself: nothing here knows how Lorelens decides."""

import random
import re
from dataclasses import dataclass, field

SECRET = re.compile(r"sesame\d{4}")
"""The word of one document that stands in nothing that anybody asks."""
WORKSPACE = "T1"


@dataclass
class Source:
    """A source: the channels whose members may read it; none stands for the whole company."""

    name: str
    channels: set[int]
    documents: list[int] = field(default_factory=list[int])


class World:
    """People, private channels with members, and sources of documents; all drawn from one seed."""

    def __init__(self, *, seed: int = 7, people: int = 50, channels: int = 40, documents: int = 1000) -> None:
        self.chance = random.Random(seed)
        self.people = range(people)
        self.channels = range(channels)
        self.members = {channel: set(self.chance.sample(self.people, 6)) for channel in self.channels}
        self.sources = [Source(f"channel {channel}", {channel}) for channel in self.channels]
        self.sources += [Source(f"shared {at}", set(self.chance.sample(self.channels, 2))) for at in range(8)]
        self.sources += [Source("handbook", set()), Source("news", set())]
        self.source_of = {number: self.chance.choice(self.sources) for number in range(documents)}
        for number, source in self.source_of.items():
            source.documents.append(number)

    def secret(self, number: int) -> str:
        return f"sesame{number:04}"

    def topic(self, number: int) -> str:
        """What people search a document by; every seventh has the same."""
        return f"topic{number % (len(self.source_of) // 7 + 1):03}"

    def may_see(self, person: int, number: int) -> bool:
        channels = self.source_of[number].channels
        return not channels or any(person in self.members[channel] for channel in channels)

    def readers(self, channel: int | None, asker: int) -> set[int]:
        """Who reads an answer: the asker alone, or all in the channel."""
        return {asker} if channel is None else set(self.members[channel])

    def leaked(self, shown: str, readers: set[int]) -> list[int]:
        """Documents of which a text shows the word, though somebody who reads it may not see them."""
        found = {int(word.removeprefix("sesame")) for word in SECRET.findall(shown)}
        return sorted(number for number in found if not all(self.may_see(person, number) for person in readers))

    def join_or_leave(self) -> None:
        """Somebody joins or leaves a channel; one member stays."""
        channel, person = self.chance.choice(self.channels), self.chance.choice(self.people)
        inside = self.members[channel]
        if person not in inside:
            inside.add(person)
        elif len(inside) > 1:
            inside.remove(person)

    def audience_of(self, channel: int | None, asker: int) -> tuple[str, ...]:
        """The principals that a platform names for an answer: what all its readers hold."""
        readers = self.readers(channel, asker)
        held = ["guests", "everyone", f"slack/{WORKSPACE}"]
        held += [principal(one) for one in self.channels if readers <= self.members[one]]
        return tuple(held if channel is not None else [*held, f"slack/{WORKSPACE}/person/U{asker}"])


def principal(channel: int) -> str:
    return f"slack/{WORKSPACE}/channel/C{channel}"


def named(source: Source) -> tuple[str, ...]:
    """The principals that a source names."""
    return tuple(principal(channel) for channel in sorted(source.channels)) or ("everyone",)
