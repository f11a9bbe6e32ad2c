"""Documents for different people, each with a word that stands in no other: who reads it has seen the document."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from core.models.encoder import Encoder
from tests.ingesting import Team
from tests.scenario.test_assistant import drawn

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


def documents_for(audiences: Sequence[str], count: int, chance: random.Random) -> Iterator[Document]:
    """So many documents, for each audience in turn."""
    names = [f"{one} {two}" for one, two in product(_FIRST.split(), _SECOND.split())]
    for number, name in enumerate(chance.sample(names, count)):
        yield Document(name, f"QX{number:03}Z", audiences[number % len(audiences)])


async def read_in(documents: Sequence[Document], folder: Path, encoder: Encoder) -> Path:
    """Read them in, those of one audience as one source whose name is as secret; the data folder."""
    team = Team(folder, encoder=encoder)
    picture = drawn("diagram", "of it")
    by_audience: dict[str, list[Document]] = {}
    for one in documents:
        by_audience.setdefault(one.audience, []).append(one)
    for number, (audience, some) in enumerate(by_audience.items()):
        files: dict[str, str | bytes] = {f"{number}/d.png": picture}
        for one in some:
            files[f"{number}/{one.name.replace(' ', '-')}.md"] = (
                f"# Project {one.name} {one.word}\n\nThe access word of project {one.name} is {one.word}.\n"
                + (f"\n![Diagram of {one.name}: {one.word}](d.png)\n" if one is some[0] else "")
            )
        team.write(files)
        await team.ingest(team.folder / str(number), source=f"source {some[0].word}", audience=(audience,))
    return team.data
