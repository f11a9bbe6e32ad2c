"""The page's adapter keeps the contract of platforms, on a real board in a real Redis; and what is its own."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from redis import Redis

from adapters.web.adapter import WebAdapter
from adapters.web.board import Board, Shown
from adapters.web.files import KEPT, MOST_FILES, Upload, WebFiles
from adapters.web.watching import Watching
from core.audience import EVERYONE
from core.conversation_keys import SHARDS, Command
from core.conversations import Conversations
from core.errors import DocumentError, LeaseLostError
from core.mailbox import Mailbox, Turn
from core.messages import Author, Message, Place
from core.question import Question
from core.redis_client import ConnectedRedis
from core.reply import Finished, Status, Text
from tests.contract.platform_adapter import ANSWER, PUMP, PlatformAdapterContract, Standing
from tests.ingesting import png
from tests.postings import Script, answer, each, posting_of, take

PLACE = Place(platform="web", workspace="web", channel="ada", thread="a-conversation-of-22-ch")
MOST = 1_000_000


class BrokenOff:
    """The store's Redis, to which a connection may break once what was sent is written: then it is sent again."""

    def __init__(self, redis: ConnectedRedis) -> None:
        self._redis = redis
        self.breaks_off = False

    async def execute(self, *command: str | bytes | float) -> object:
        return await self._redis.execute(*command)

    async def execute_all(self, commands: Sequence[Command]) -> list[object]:
        if self.breaks_off:
            self.breaks_off = False
            await self._redis.execute_all(commands)
        return await self._redis.execute_all(commands)


class WebStage:
    """A conversation of somebody's on the page."""

    def __init__(self, store: Conversations, beside: Redis) -> None:
        self.store = store
        self.redis = BrokenOff(store.redis)
        self.board = Board(self.redis, store.keys)
        self.files = WebFiles(store.redis, store.keys, store.keep_picture, reads=_is_text, most=MOST)
        self.mailbox = Mailbox(store, "web")
        self.adapter = WebAdapter(self.board, self.files, _everyone)
        self._beside = beside

    async def ask(self, text: str) -> Question:
        question = asked(text)
        await self.mailbox.submit(question)
        return question

    def shown(self, question: Question) -> Shown | None:
        """What stands now; as a contract looks at it, without waiting."""
        key = self.store.keys.conversation(PLACE.conversation).shown
        entry = cast("bytes | None", self._beside.hget(key, question.message.id))
        if entry is None:
            return None
        return Shown(question=question.message.id, attempt=entry[:16].decode(), **json.loads(entry[16:]))

    def standing(self, question: Question) -> Sequence[Standing]:
        shown = self.shown(question)
        if shown is None:
            return []
        reply = shown.reply
        said = [reply.text, *(one.title for one in reply.citations)]
        if reply.failure is not None:
            said += [reply.failure.message, reply.failure.hint]
        return [Standing("\n".join(said), tuple(f"{one.picture.alt} {one.caption}" for one in reply.pictures))]

    def keep(self, sha256: str, data: bytes) -> None:
        """Nothing to do: the browser asks for the bytes."""

    def does_not_answer(self) -> None:
        self.redis.breaks_off = True

    async def until_stands(self, question: Question, text: str) -> None:
        watching = Watching(self.board)
        changes = watching.follow(PLACE.conversation, question.message.id)
        async with asyncio.timeout(5), watching.running(), aclosing(changes):
            async for shown in changes:
                if shown is not None and text in shown.reply.text:
                    return
        raise AssertionError("it ended without that")


async def _everyone(question: Question) -> tuple[str, ...]:
    return (EVERYONE, question.message.author.id)


def _is_text(name: str, data: bytes) -> bool:
    return name.endswith(".md")


def asked(text: str, **more: object) -> Question:
    message = Message(id=f"q-{uuid4().hex}", place=PLACE, author=Author(id="ada"), text=text, sent_at=datetime.now(UTC))
    return Question(message=message.model_copy(update=more), alone=True)


@asynccontextmanager
async def stage_at(folder: Path) -> AsyncGenerator[WebStage]:
    store = await Conversations.open("", folder)
    assert store.redis.embedded is not None
    beside = Redis(unix_socket_path=store.redis.embedded.socket)
    try:
        yield WebStage(store, beside)
    finally:
        beside.close()
        await store.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[WebStage]:
    async with stage_at(tmp_path) as stage:
        yield stage


class TestWebAdapter(PlatformAdapterContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncGenerator[WebStage]:
        async with stage_at(tmp_path) as stage:
            yield stage


async def test_whoever_was_paused_before_it_began_writes_nothing_over_what_others_said(stage: WebStage) -> None:
    question = await stage.ask("Which pump is it?")
    slow = await take(stage.mailbox, question)
    posting = posting_of(stage.mailbox, slow)
    ready = posting.ready

    async def paused() -> float:
        """Right after it was told that nobody else answers, it is paused for long."""
        seconds = await ready()
        await stage.mailbox.hand_back(slow)
        await answer(stage.mailbox, stage.adapter, question, each(ANSWER))
        return seconds

    posting.ready = paused
    with pytest.raises(LeaseLostError):
        await stage.adapter.post(posting, each((Text(text="Something else."), Finished())))
    (reply,) = stage.standing(question)
    assert PUMP in reply.text and "else" not in reply.text


async def test_an_attempt_that_has_lost_its_turn_in_mid_answer_writes_no_more(stage: WebStage) -> None:
    question = await stage.ask("Which pump is it?")
    turn = await take(stage.mailbox, question)
    script = Script(Text(text="The valve"))
    posting = asyncio.create_task(stage.adapter.post(posting_of(stage.mailbox, turn), aiter(script)))
    await stage.until_stands(question, "The valve")
    await stage.mailbox.hand_back(turn)
    await answer(stage.mailbox, stage.adapter, question, each(ANSWER))
    script.end(Text(text=" V-7."))
    with pytest.raises(LeaseLostError):
        await posting
    (reply,) = stage.standing(question)
    assert PUMP in reply.text and "valve" not in reply.text


async def test_a_reply_that_was_written_over_by_a_worker_that_lost_the_turn_stands_again(stage: WebStage) -> None:
    question = await stage.ask("Which pump is it?")
    turn = await take(stage.mailbox, question)
    script = Script(Text(text="The pump"))
    posting = asyncio.create_task(stage.adapter.post(posting_of(stage.mailbox, turn), aiter(script)))
    await stage.until_stands(question, "The pump")
    over = await stage.board.begin(
        PLACE.conversation, question.message.id, [Text(text="Hm")], instead_of=stage.shown(question)
    )
    assert over is not None
    script.end(Text(text=" is P-101."))
    await posting
    (reply,) = stage.standing(question)
    assert reply.text == "The pump is P-101."


async def test_what_is_said_of_a_deleted_question_stands_nowhere(stage: WebStage) -> None:
    question = await stage.ask("Which pump is it?")
    turn = await take(stage.mailbox, question)
    script = Script(Text(text="The pump"))
    posting = asyncio.create_task(stage.adapter.post(posting_of(stage.mailbox, turn), aiter(script)))
    await stage.until_stands(question, "The pump")
    await stage.mailbox.deleted(PLACE.conversation, question.message.id)
    script.end(Text(text=" is P-101."))
    await posting
    assert stage.shown(question) is None


async def test_what_it_is_doing_is_shown_while_nothing_follows(stage: WebStage) -> None:
    question = await stage.ask("Which pump is it?")
    script = Script(Status(stage="searching"))
    answering = asyncio.create_task(answer(stage.mailbox, stage.adapter, question, aiter(script)))
    watching = Watching(stage.board)
    changes = watching.follow(PLACE.conversation, question.message.id)
    async with asyncio.timeout(5), watching.running(), aclosing(changes):
        async for shown in changes:
            if shown is not None and shown.status is not None:
                break
    script.end(Text(text="P-101."))
    await answering
    shown = stage.shown(question)
    assert shown is not None and shown.status is None and shown.is_over


async def test_the_reply_to_several_questions_moves_when_the_one_that_it_stands_under_is_deleted(
    stage: WebStage,
) -> None:
    first, second = asked("Which pump"), asked("is it?")
    for one in (first, second):
        await stage.mailbox.submit(one.model_copy(update={"alone": False}))
    await answer(stage.mailbox, stage.adapter, first, each(ANSWER))
    assert not stage.standing(first) and stage.standing(second)
    await stage.mailbox.deleted(PLACE.conversation, second.message.id)
    await answer(stage.mailbox, stage.adapter, first, each(ANSWER))
    assert stage.standing(first) and not stage.standing(second)


async def test_a_document_is_handed_out_until_its_message_goes(stage: WebStage) -> None:
    pictures, (note,) = await stage.files.incoming([Upload("note.md", "text/markdown", b"# Pumps")])
    assert not pictures
    question = asked("What does it say?", attachments=(note,))
    await stage.mailbox.submit(question)
    assert await stage.adapter.complete(question, stage.store.keep_picture) == question.message
    assert await stage.adapter.document(question, note) == b"# Pumps"
    left = await stage.store.redis.execute("TTL", stage.store.keys.upload(note.reference))
    assert 0 < left <= KEPT
    await stage.store.forget_conversation(PLACE.conversation)
    with pytest.raises(DocumentError, match="Send it again"):
        await stage.adapter.document(question, note)


async def test_what_cannot_be_taken_says_why_and_nothing_else_is_lost(stage: WebStage) -> None:
    pictures, attachments = await stage.files.incoming(
        [
            Upload("pump.png", "image/png", png("P-101")),
            Upload("../etc/empty.md", "text/markdown", b""),
            Upload("tool.exe", "application/x-msdownload", b"MZ\x00"),
            Upload("large.md", "text/markdown", b"a" * (MOST + 1)),
            Upload("broken.png", "image/png", b"\x89PNG\r\n\x1a\nnothing"),
            *(Upload(f"{at}.md", "text/markdown", b"a") for at in range(MOST_FILES - 4)),
        ]
    )
    assert [one.name for one in pictures] == ["pump.png"]
    assert await stage.store.picture(pictures[0].sha256)
    problems = {one.name: one.problem for one in attachments if one.problem}
    assert set(problems) == {"empty.md", "tool.exe", "large.md", "broken.png", f"{MOST_FILES - 5}.md"}
    assert "up to 1 MB" in problems["large.md"] and all(one.endswith(".") for one in problems.values())
    assert all(bool(one.reference) == (not one.problem) for one in attachments)


async def test_problems_are_said_in_chinese_to_who_reads_chinese(stage: WebStage) -> None:
    _, (file,) = await stage.files.incoming([Upload("空.md", "text/markdown", b"")], in_chinese=True)
    assert file.problem == "“空.md”是空的。 请再发一次。"


async def test_who_asks_much_at_once_keeps_nobody_else_waiting(stage: WebStage) -> None:
    for at in range(60):
        await stage.mailbox.submit(in_talk("ada", at))
    for at in range(20):
        await stage.mailbox.submit(in_talk(f"person-{at}", at))
    taken = [turn for shard in range(SHARDS) for turn in await all_of(stage.mailbox, shard)]
    people = [Place.named(turn.conversation).channel for turn in taken]
    assert len(set(people)) == 21
    assert people.count("ada") < 60


def in_talk(person: str, at: int) -> Question:
    place = Place(platform="web", workspace="web", channel=person, thread=f"talk-{at}")
    return asked("Which pump is it?", place=place, author=Author(id=person))


async def all_of(mailbox: Mailbox, shard: int) -> list[Turn]:
    """All turns of a shard that may be answered at once."""
    found: list[Turn] = []
    while isinstance(turn := await mailbox.take(shard), Turn):
        found.append(turn)
    return found
