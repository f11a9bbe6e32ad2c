"""Everybody asks for everything on every way there is, and what each answer shows is held against the world."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from core.actions.openings import openings
from core.actions.pictures import pictures
from core.actions.search import search
from core.actions.sharing import share
from core.actions.sources import visible_sources
from core.answering import still_seen
from core.errors import QuestionError
from core.explaining.parts import parts_of
from core.explaining.record import AnswerRecord
from core.explaining.seeing import drawn_on
from core.knowledge.access_report import document_access
from core.knowledge.index import SearchQuery
from core.knowledge.picture_search import SearchedPicture
from core.messages import Author, Message, Place
from core.reply import ReplyPart, gather
from tests.leaking.house import House
from tests.leaking.world import WORKSPACE, named

Way = Callable[[int, "int | None", tuple[str, ...]], Awaitable[str]]


class LeakRun:
    """So many questions; between them people come and go, and sources get other readers.

    The ledger says at once who may see a source; the index is rewritten some questions later, as when it is large.
    """

    def __init__(self, house: House) -> None:
        self.house, self.world, self.chance = house, house.world, house.world.chance
        self.asked: Counter[str] = Counter()
        self.shown: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()
        self.leaks: list[str] = []
        self.disagreed = 0
        """How often `lorelens access explain` said something else than was shown."""
        self._waiting: list[str] = []
        self._ways: dict[str, tuple[int, Way]] = {
            "search": (20, self._search),
            "pictures": (10, self._pictures),
            "like": (10, self._like),
            "neighbours": (15, self._neighbours),
            "passages": (10, self._passages),
            "openings": (2, self._openings),
            "completing": (3, self._completing),
            "App Home": (6, self._home),
            "answer": (4, self._answer),
            "agent tools": (1, self._agent),
            "history": (1, self._history),
            "explain": (8, self._why),
            "share": (5, self._share),
        }

    async def ask(self, count: int) -> None:
        """So many questions, by people and ways drawn by chance."""
        ways = [name for name, (weight, _) in self._ways.items() for _ in range(weight)]
        for at in range(count):
            if at % 5 == 0:
                await self._change()
            name = self.chance.choice(ways)
            asker = self.chance.choice(self.world.people)
            inside = [one for one in self.world.channels if asker in self.world.members[one]]
            channel = self.chance.choice(inside) if inside and self.chance.random() < 0.4 else None
            text = await self._ways[name][1](asker, channel, self.world.audience_of(channel, asker))
            self.asked[name] += 1
            self.shown[name] += bool(text and "sesame" in text)
            for number in self.world.leaked(text, self.world.readers(channel, asker)):
                self.leaks.append(f"{name}: document {number} to person {asker} in {channel}")

    async def _change(self) -> None:
        self.world.join_or_leave()
        self.changes["memberships"] += 1
        if self.chance.random() < 0.3:
            source = self.chance.choice(self.world.sources[:-2])
            source.channels = set(self.chance.sample(self.world.channels, self.chance.choice((1, 1, 2))))
            self.house.ledger.change_readers(source.name, named(source))
            self._waiting.append(source.name)
            self.changes["readers of sources"] += 1
        if len(self._waiting) > 3:
            name = self._waiting.pop(0)
            source = next(one for one in self.world.sources if one.name == name)
            await self.house.index.set_audience(name, named(source))

    def _topic(self) -> str:
        return self.world.topic(self.chance.choice(range(len(self.world.source_of))))

    # --- the ways ----------------------------------------------------------------------------------------------------

    async def _search(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        return _text(await search(f"{self._topic()} report", self.house.knowledge, audience, chinese=False))

    async def _pictures(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        return _text(await pictures(f"diagram {self._topic()}", self.house.knowledge, audience, chinese=False))

    async def _like(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        number = self.chance.choice(range(len(self.world.source_of)))
        source = self.world.source_of[number]
        facts = next(one for one in await self.house.index.passages(source.name, f"{number}.md") if one.picture)
        assert facts.picture is not None
        like = SearchedPicture(facts.picture.sha256, b"", "diagram")
        return str(await self.house.knowledge.like(like, audience=audience))

    async def _neighbours(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        hits = await self.house.access.search(SearchQuery(text=self._topic(), audience=audience, limit=3))
        return str([await self.house.access.neighbours(hit.passage, 2, 2) for hit in hits])

    async def _passages(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        number = self.chance.choice(range(len(self.world.source_of)))
        source = self.world.source_of[number].name
        told = await document_access(
            f"{source}/{number}.md", audience, ledger=self.house.ledger, index=self.house.index
        )
        shown = await self.house.access.passages(source, f"{number}.md", audience)
        self.disagreed += told[0].allowed != bool(shown)
        return str(shown)

    async def _openings(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        return str(await openings(self.house.ledger, self.house.access, audience, chinese=False, limit=20))

    async def _completing(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        kind: Literal["text", "picture"] = self.chance.choice(("text", "picture"))
        typed = self.chance.choice(("", "sec", "report", self._topic()))
        return str(await self.house.completing.complete(typed, kind, audience))

    async def _home(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        seen = visible_sources(self.house.ledger, audience)
        # Whoever sees a source by name sees that its documents are there.
        return " ".join(self.world.secret(self.chance.choice(s.documents)) for s in self.world.sources
                        if s.documents and any(one.record.source == s.name for one in seen))  # fmt: skip

    async def _reply(
        self,
        name: str,
        asker: int,
        channel: int | None,
        audience: tuple[str, ...],
        history: Sequence[Message] = (),
        earlier: Sequence[AnswerRecord] = (),
    ) -> str:
        question = self._message(f"What does the {self._topic()} report say?", asker)

        async def keep(record: AnswerRecord) -> None:
            kept = record.model_copy(update={"earlier": drawn_on(earlier)})
            self.house.kept.append((kept, channel, asker))

        parts = self.house.assistants[name].answer(question, history, audience=audience, keep=keep)
        return _text([part async for part in parts])

    async def _answer(self, asker: int, channel: int | None, audience: tuple[str, ...]) -> str:
        return await self._reply("reads", asker, channel, audience)

    async def _agent(self, asker: int, channel: int | None, audience: tuple[str, ...]) -> str:
        return await self._reply("obeys", asker, channel, audience)

    async def _history(self, asker: int, channel: int | None, audience: tuple[str, ...]) -> str:
        """Asked on in a conversation with earlier answers, of which the model is given what may still be seen."""
        earlier = [one for one in self.house.kept if one[1:] == (channel, asker)] or self.house.kept[-3:]
        said = [
            one
            for record, _, _ in earlier[-3:]
            for one in (record.question, self._message(record.reply.text, asker, role="assistant"))
        ]
        records = [record for record, _, _ in earlier[-3:]]
        seen, left = await still_seen(said, records, audience, self.house.explainer)
        return await self._reply("obeys", asker, channel, audience, seen, left)

    async def _why(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        if not self.house.kept:
            return ""
        record, *_ = self.chance.choice(self.house.kept[-200:])
        try:
            if self.chance.random() < 0.3:  # by a button, which asks whether the answer was for them, too
                explanation = await self.house.explainer.explain(record, audience=audience)
            elif seen := await self.house.explainer.seen_by(record, audience):  # in words, where it was given
                explanation = await self.house.explainer.explain(seen)
            else:
                return ""
        except QuestionError:
            return ""
        return _text(parts_of(explanation, [])) + explanation.model_dump_json()

    async def _share(self, _asker: int, _channel: int | None, audience: tuple[str, ...]) -> str:
        if not self.house.kept:
            return ""
        record, *_ = self.chance.choice(self.house.kept[-200:])
        sharing = await share(record, self.house.access, audience, chinese=False)
        return _text(sharing.parts) if sharing.allowed else ""

    def _message(self, text: str, asker: int, role: Literal["person", "assistant"] = "person") -> Message:
        place = Place(platform="slack", workspace=WORKSPACE, channel=f"D{asker}")
        author = Author(id=f"U{asker}")
        identity = f"{len(self.house.kept)}-{role}-{sum(self.asked.values())}"
        message = Message(id=identity, place=place, author=author, text=text, sent_at=datetime.now(UTC))
        return message.model_copy(update={"role": role})


def _text(parts: Sequence[ReplyPart]) -> str:
    """All that the parts of a reply show, statuses and all."""
    return str([one.model_dump() for one in parts]) + gather(parts).text
