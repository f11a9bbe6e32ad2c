"""A team with 200 documents for different people, and who may see which: what the privacy run asks about."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from core import audience as principals
from core.models.encoder import Encoder
from tests.ingesting import Team
from tests.scenario.test_assistant import drawn
from tests.slack_emulator import Channel, Person, SlackEmulator

DOCUMENTS = 200
WORD = re.compile(r"QX\d{3}Z")
"""The word that is in one document (or one source's name) and in nothing that anybody writes."""
_FIRST = (
    "amber blue coral dusty ember frost golden hollow ivory jade khaki lunar mossy noble opal plum quiet ruby silver "
    "teal"
)
_SECOND = "falcon garden harbor island juniper kettle lantern meadow needle orchard"


@dataclass(frozen=True)
class Document:
    """`name` is what people ask about; `word` is what only those may read who hold the `audience`."""

    name: str
    word: str
    audience: str

    @property
    def question(self) -> str:
        """What a person asks to learn the word."""
        return f"What is the access word of project {self.name}?"


class PrivacyWorld:
    """People, channels and documents; who may see what as it is now."""

    def __init__(self, slack: SlackEmulator, seed: int = 17) -> None:
        self.slack = slack
        self.chance = random.Random(seed)
        kinds = ["public"] * 7 + ["private"] * 8
        self.channels = [slack.channel(f"c{at}", kind, members=[]) for at, kind in enumerate(kinds)]
        self.shared = [self.channels[0], self.channels[8]]
        self.people = [slack.person(f"m{at}", channels=self._some(5)) for at in range(12)]
        self.people += [slack.person(f"g{at}", guest="restricted", channels=self._some(3)) for at in range(3)]
        self.people += [slack.person("s0", guest="single", channels=self._some(1))]
        self.people += [slack.stranger(f"x{at}", channels=self.shared) for at in range(4)]
        self.documents = list(self._write())
        self.by_word = {one.word: one for one in self.documents}

    def _some(self, most: int) -> list[Channel]:
        return self.chance.sample(self.channels, self.chance.randint(1, most))

    def _write(self) -> Iterator[Document]:
        team = self.slack.team.id
        audiences = [principals.EVERYONE, principals.GUESTS, principals.workspace("slack", team)]
        audiences += [principals.channel("slack", team, one.id) for one in self.channels]
        audiences += [principals.person("slack", team, one.id) for one in self.people]
        names = [f"{one} {two}" for one, two in product(_FIRST.split(), _SECOND.split())]
        for number, name in enumerate(self.chance.sample(names, DOCUMENTS)):
            yield Document(name, f"QX{number:03}Z", audiences[number % len(audiences)])

    async def read_in(self, folder: Path, encoder: Encoder) -> Path:
        """Read the documents in, those of one audience as one source whose name is as secret; the data folder."""
        team = Team(folder, encoder=encoder)
        picture = drawn("diagram", "of it")
        by_audience: dict[str, list[Document]] = {}
        for one in self.documents:
            by_audience.setdefault(one.audience, []).append(one)
        for number, (audience, documents) in enumerate(by_audience.items()):
            files: dict[str, str | bytes] = {f"{number}/d.png": picture}
            for one in documents:
                files[f"{number}/{one.name.replace(' ', '-')}.md"] = (
                    f"# Project {one.name} {one.word}\n\nThe access word of project {one.name} is {one.word}.\n"
                    + (f"\n![Diagram of {one.name}: {one.word}](d.png)\n" if one is documents[0] else "")
                )
            team.write(files)
            source = f"source {documents[0].word}"
            await team.ingest(team.folder / str(number), source=source, audience=(audience,))
        return team.data

    # --- who may see what ------------------------------------------------------------------------------------------

    def is_member(self, person: Person) -> bool:
        """Whether it is a full member of the workspace."""
        account = person.account
        return not account.guest and not account.stranger and not account.deleted

    def reads(self, person: Person, channel: Channel) -> bool:
        """Whether somebody can read a channel."""
        return person.id in channel.members or (channel.kind == "public" and self.is_member(person))

    def may_see(self, person: Person, document: Document) -> bool:
        """Whether a document is for somebody."""
        if document.audience == principals.GUESTS:
            return True
        kind, _, name = document.audience.partition(f"slack/{self.slack.team.id}/")[2].partition("/")
        if kind == "channel":
            return any(self.reads(person, one) for one in self.channels if one.id == name)
        return name == person.id if kind == "person" else self.is_member(person)

    def leaks(self, text: str, *people: Person) -> list[str]:
        """The words in a text that somebody of these may not see."""
        return [
            f"{one.name} sees {word} of {self.by_word[word].audience}"
            for word in sorted(set(WORD.findall(text)))
            for one in people
            if not self.may_see(one, self.by_word[word])
        ]
