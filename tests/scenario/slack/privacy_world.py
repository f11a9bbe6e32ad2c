"""A team with 200 documents for different people, and who may see which: what the privacy run asks about."""

import random
from pathlib import Path

from core import audience as principals
from core.models.encoder import Encoder
from tests.scenario.secret_documents import WORD, Document, documents_for, read_in
from tests.slack_emulator import Channel, Person, SlackEmulator

__all__ = ["WORD", "Document", "PrivacyWorld"]

DOCUMENTS = 200


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
        self.documents = list(documents_for(self._audiences(), DOCUMENTS, self.chance))
        self.by_word = {one.word: one for one in self.documents}

    def _some(self, most: int) -> list[Channel]:
        return self.chance.sample(self.channels, self.chance.randint(1, most))

    def _audiences(self) -> list[str]:
        team = self.slack.team.id
        audiences = [principals.EVERYONE, principals.GUESTS, principals.workspace("slack", team)]
        audiences += [principals.channel("slack", team, one.id) for one in self.channels]
        return audiences + [principals.person("slack", team, one.id) for one in self.people]

    async def read_in(self, folder: Path, encoder: Encoder) -> Path:
        """Read the documents in; the data folder."""
        return await read_in(self.documents, folder, encoder)

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
