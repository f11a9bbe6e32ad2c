"""The world's documents in an index and a ledger, and all that shows them to people."""

import hashlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.actions.completing import Completing
from core.assistant import Assistant
from core.explaining.explainer import Explainer
from core.explaining.record import AnswerRecord
from core.knowledge.access import KnowledgeAccess
from core.knowledge.documents import Passage, PictureFacts, Section
from core.knowledge.index import KnowledgeIndex
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import FileRecord, Ledger, SourceRecord
from core.knowledge.passages import passage_id
from core.knowledge.search import KnowledgeSearch
from core.models.chat import load_chat_model
from tests.ingesting import OCR
from tests.leaking.world import Source, World, named
from tests.scenario.openai_server import Call, ModelServer, Say, Scripted, model_server

Opener = Callable[[Path], Awaitable[KnowledgeIndex]]
MakeAccess = Callable[[KnowledgeIndex, Ledger], KnowledgeAccess]
PICTURES = 60
"""So many pictures are shown by all documents: the same one stands in sources of different people."""


async def lance(folder: Path) -> KnowledgeIndex:
    """The embedded index."""
    return await LanceIndex.open(folder / "index", None, "")


class Unheeding(KnowledgeAccess):
    """A door that does not look at what the ledger says now: with it, the run has to find leaks."""

    def visible(self, passages: Iterable[Passage], audience: Collection[str]) -> list[Passage]:
        return list(passages)


class Obedient(list[Scripted]):
    """A model that searches again for what it was asked, and then says all that it has read."""

    def __init__(self) -> None:
        super().__init__([Say("")])
        self.server: ModelServer | None = None

    def __getitem__(self, at: Any) -> Any:
        assert self.server is not None
        messages: list[dict[str, Any]] = self.server.requests[-1]["messages"]
        since = [one for one in messages if one["role"] != "system"]
        asked = [one for one in since if one["role"] == "tool"]
        if not asked:
            return Call("search_knowledge", {"query": str(since[-1]["content"]).rpartition("Question: ")[2]})
        if len(asked) == 1:
            return Call("find_pictures", {"query": str(since[-1]["content"])[-200:]})
        return Say("\n".join(str(one.get("content") or "") for one in since) + " [1]")


class House:
    """What shows the knowledge: one of each, over one index."""

    def __init__(
        self, world: World, index: KnowledgeIndex, ledger: Ledger, access: KnowledgeAccess, chats: dict[str, Any]
    ) -> None:
        self.world, self.index, self.ledger, self.access = world, index, ledger, access
        self.knowledge = KnowledgeSearch(access, None)
        self.completing = Completing(ledger, access)
        self.assistants = {
            name: Assistant(chat=chat, knowledge=self.knowledge, pictures=_no_picture, ocr=OCR)
            for name, chat in chats.items()
        }
        self.explainer = Explainer(
            encoder=None, ocr=OCR, find=_no_picture, chat=_no_chat, data=ledger.folder, access=self.doors
        )
        self.kept: list[tuple[AnswerRecord, int | None, int]] = []
        """Answers that were given: what they stood on, in which channel, to whom."""

    async def doors(self) -> KnowledgeAccess:
        return self.access


@asynccontextmanager
async def house_in(
    folder: Path, world: World, open_index: Opener = lance, access: MakeAccess = KnowledgeAccess
) -> AsyncGenerator[House]:
    """The world's documents, read in, with an extractive model and one on a server that says whatever it reads."""
    index, ledger = await open_index(folder), Ledger(folder / "ledger.sqlite")
    passages: list[Passage] = []
    for source in world.sources:
        ledger.note_source(
            SourceRecord(source=source.name, root=f"/{source.name}", audience=named(source), read_at=time.time())
        )
        ledger.note(source.name, [_file(f"{number}.md") for number in source.documents])
        passages += [one for number in source.documents for one in passages_of(world, source, number)]
    for start in range(0, len(passages), 1000):
        await index.upsert(passages[start : start + 1000], None)
    await index.optimize()
    script = Obedient()
    with model_server(script) as server:
        script.server = server
        chats = {
            "reads": await load_chat_model("extractive"),
            "obeys": await load_chat_model(
                "openai:obedient", base_url=server.url, api_key="k", sees_pictures=False, calls_tools=True
            ),
        }
        try:
            yield House(world, index, ledger, access(index, ledger), chats)
        finally:
            for chat in chats.values():
                await chat.close()
            ledger.close()
            await index.close()


def passages_of(world: World, source: Source, number: int) -> list[Passage]:
    """A document: two neighbouring chunks and a picture, each with the word that nobody else may read."""
    secret, topic, path = world.secret(number), world.topic(number), f"{number}.md"
    heading = f"Section {secret}"
    texts = [
        f"{heading}\nThe {topic} report says that the word is {secret}.",
        f"More of the {topic} report: {secret} again.",
    ]
    common: dict[str, Any] = {
        "source": source.name,
        "path": path,
        "title": f"Report {topic} {secret}",
        "audience": named(source),
    }
    found = [
        Passage(
            id=passage_id(source.name, path, "text", at), text=text, ordinal=at, start=0, end=len(text), language="en",
            heading_path=(heading,), sections=(Section(start=0, end=len(text), heading_path=(heading,)),), **common,
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip
    sha256 = hashlib.sha256(f"picture {number % PICTURES}".encode()).hexdigest()
    facts = PictureFacts(
        sha256=sha256, media_type="image/png", width=8, height=8, alt=f"diagram of {topic} {secret}", ocr=secret
    )
    identity = passage_id(source.name, path, "picture", 0)
    text = f"diagram of {topic} {secret}"
    return [*found, Passage(id=identity, kind="picture", text=text, picture=facts, ordinal=2, **common)]


def _file(path: str) -> FileRecord:
    return FileRecord(
        path=path, size=1, mtime_ns=1, sha256="", rules="", outcome="read", passages=2, read_at=time.time()
    )


async def _no_picture(_sha256: str) -> bytes | None:
    return None


async def _no_chat() -> Any:
    raise AssertionError("nobody looks at attention here")
