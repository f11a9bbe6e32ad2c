"""What people see of the worker: one answer or a reason, also where things change or fail meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots.turn_handling import WorkLimits
from bots.worker import Worker
from core.conversations import Conversations
from core.errors import ModelUnavailableError, PlatformUnavailableError
from core.mailbox import Mailbox
from core.messages import Author, Message, Place
from core.posting import Posting
from core.question import Question
from core.redis_client import ConnectedRedis, connect
from core.reply import Failure, Finished, ReplyPart, Status, Text

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACE = Place(platform="board", workspace="T1", channel="general", thread="1")
SOON = WorkLimits(turns=2, turn_time=0.5, tries=2, patience=0.5, grace=5, pause=0.02)


class Board:
    """A platform in memory: what stands on it by key, and how often it was told to refuse."""

    platform = "board"

    def __init__(self) -> None:
        self.standing: dict[str, str] = {}
        self.answers: list[tuple[tuple[str, ...], str]] = []
        self.withdrawn: list[str] = []
        self.doing: list[str] = []
        self.refuses: list[Exception] = []
        self.changed = asyncio.Event()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        text = ""
        async for part in parts:
            if isinstance(part, Text):
                text += part.text
            elif isinstance(part, Failure):
                text += f"[{part.code}] {part.message}"
            else:
                if isinstance(part, Status):
                    self.doing.append(part.stage)
                continue
            await posting.ready()
            if self.refuses:
                raise self.refuses.pop()
            self.standing[posting.key] = text
            await posting.note(id=posting.key)
            self._change()
        self.answers.append((tuple(question.message.text for question in posting.questions), text))
        self._change()
        return f"reply-{posting.key}"

    async def withdraw(self, posting: Posting) -> None:
        if posting.posted:
            self.withdrawn.append(self.standing.pop(posting.key))
        self._change()

    async def close(self) -> None:
        """Nothing to let go of."""

    def _change(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, holds: Callable[["Board"], object]) -> None:
        async with asyncio.timeout(20):
            while not holds(self):
                await self.changed.wait()


class Answers:
    """Answers with what was asked; waits at a gate where a test wants it to."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[tuple[str, ...]] = []
        self.failing: Callable[[], Exception] | None = None
        self.lookups_failing = 0

    async def __call__(self, questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        texts = tuple(question.message.text for question in questions)
        self.asked.append(texts)
        yield Status(stage="thinking")
        if self.failing is not None:
            raise self.failing()
        if self.lookups_failing:
            self.lookups_failing -= 1
            yield Failure(code="index", message="The knowledge can't be looked up now.")
            yield Finished()
            return
        yield Text(text=f"About {' + '.join(texts)}:")
        await self.gate.wait()
        yield Text(text=" done.")
        yield Finished()


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[ConnectedRedis]:
    async with await connect("", tmp_path) as redis:
        yield redis


@pytest.fixture
def mailbox(redis: ConnectedRedis) -> Mailbox:
    return Mailbox(Conversations(redis), "board", lease=1.0)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@asynccontextmanager
async def working(
    mailbox: Mailbox, board: Board, answers: Answers, limits: WorkLimits = SOON
) -> AsyncGenerator[Worker]:
    worker = Worker(mailbox, board, answers, limits=limits)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running


def asked(text: str, message_id: str = "", place: Place = PLACE, at: int = 0) -> Question:
    sent_at = NOON + timedelta(seconds=at)
    message = Message(id=message_id or text, place=place, author=Author(id="ada"), text=text, sent_at=sent_at)
    return Question(message=message)


async def said(mailbox: Mailbox) -> list[tuple[str, str]]:
    history = await mailbox.store.history(PLACE.conversation, 10_000)
    return [(message.role, message.text) for message in history]


async def test_a_question_is_answered_and_both_are_remembered(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert board.answers == [(("parcels",), "About parcels: done.")]
    assert await said(mailbox) == [("person", "parcels"), ("assistant", "About parcels: done.")]


async def test_what_is_asked_meanwhile_is_answered_together_and_in_order(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("one"))
        await board.until(lambda board: board.standing)
        for text in ("two", "three"):
            await mailbox.submit(asked(text))
        answers.gate.set()
        await board.until(lambda board: len(board.answers) == 2)
    assert [texts for texts, _ in board.answers] == [("one",), ("two", "three")]


async def test_conversations_are_answered_side_by_side(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    answers.gate.clear()
    places = [PLACE.model_copy(update={"thread": thread}) for thread in "12"]
    async with working(mailbox, board, answers):
        for place in places:
            await mailbox.submit(asked("hello", place=place))
        await board.until(lambda board: len(board.standing) == 2)
        answers.gate.set()
        await board.until(lambda board: len(board.answers) == 2)


async def test_an_edited_question_is_answered_as_edited_in_the_same_reply(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parsels", "1"))
        await board.until(lambda board: board.standing)
        await mailbox.store.edit(asked("parcels", "1").message)
        await board.until(lambda board: "About parcels:" in board.standing.values())
        answers.gate.set()
        await board.until(lambda board: board.answers)
    assert list(board.standing.values()) == ["About parcels: done."]
    assert await said(mailbox) == [("person", "parcels"), ("assistant", "About parcels: done.")]


async def test_the_answer_to_a_deleted_question_is_withdrawn(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("my password is hunter2", "1"))
        await board.until(lambda board: board.standing)
        await mailbox.store.delete(PLACE.conversation, "1")
        await board.until(lambda board: board.withdrawn)
    assert board.standing == {}
    assert await said(mailbox) == []


@pytest.mark.parametrize("text", ["stop", "停止"])
async def test_stop_ends_the_answer_and_says_so(mailbox: Mailbox, board: Board, answers: Answers, text: str) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("a long story"))
        await board.until(lambda board: board.standing)
        assert await mailbox.submit(asked(text)) == "stopping"
        await board.until(lambda board: board.answers)
    assert board.answers == [(("a long story",), "[stopped] Stopped, as asked.")]


async def test_a_handler_that_hangs_is_given_up_with_a_reason(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("forever"))
        await board.until(lambda board: board.answers)
        answers.gate.set()
        await mailbox.submit(asked("next", at=1))
        await board.until(lambda board: len(board.answers) == 2)
    assert answers.asked == [("forever",), ("forever",), ("next",)]
    assert board.answers[0][1].startswith("[failed] Answering this took too long")
    assert board.answers[1] == (("next",), "About next: done.")
    (letter,) = await mailbox.dead_letters()
    assert (letter.message_ids, letter.tries) == (("forever",), 2)


async def test_a_handler_that_always_fails_is_given_up_with_a_reason_that_tells_no_secret(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.failing = lambda: ValueError("/srv/secret is broken")
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("break"))
        await board.until(lambda board: board.answers)
    assert "[failed] I could not answer this" in board.answers[0][1]
    assert "secret" not in board.answers[0][1]
    (letter,) = await mailbox.dead_letters()
    assert letter.error == "ValueError: /srv/secret is broken"
    assert len(board.standing) == 1


async def test_a_dead_letter_that_is_retried_is_answered_in_place_of_the_reason(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.failing = lambda: ValueError("broken")
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("break"))
        await board.until(lambda board: board.answers)
        answers.failing = None
        (letter,) = await mailbox.dead_letters()
        assert await mailbox.retry(letter)
        await board.until(lambda board: len(board.answers) == 2)
    assert list(board.standing.values()) == ["About break: done."]
    assert await mailbox.dead_letters() == []


async def test_a_platform_that_asks_for_patience_is_posted_to_again(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    board.refuses = [PlatformUnavailableError("slow down", retry_after=0.05) for _ in range(5)]
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert list(board.standing.values()) == ["About parcels: done."]
    assert await mailbox.dead_letters() == []


async def test_what_stays_away_too_long_is_said(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    answers.failing = lambda: ModelUnavailableError("The model is away.", hint="Try again later.")
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert board.answers[0][1] == "[failed] The model is away."
    assert len(answers.asked) > SOON.tries


async def test_a_question_waits_while_the_knowledge_can_not_be_looked_up(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.lookups_failing = 3
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert board.answers == [(("parcels",), "About parcels: done.")]
    assert len(answers.asked) == 4
    assert board.doing[:2] == ["thinking", "waiting"]  # said at once, not after all tries


async def test_knowledge_that_stays_away_too_long_is_said(mailbox: Mailbox, board: Board, answers: Answers) -> None:
    answers.lookups_failing = 1_000_000
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert board.answers[0][1] == "[failed] I can't look into the team's documents right now."


async def test_a_reason_that_can_not_be_posted_is_posted_later(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.failing = lambda: ValueError("broken")
    board.refuses = [PlatformUnavailableError("away", retry_after=0.02) for _ in range(3)]
    async with working(mailbox, board, answers, WorkLimits(tries=1, pause=0.02)):
        await mailbox.submit(asked("break"))
        await board.until(lambda board: board.answers)
    assert [text[:8] for text in board.standing.values()] == ["[failed]"]
    assert len(await mailbox.dead_letters()) == 1


async def test_a_reply_that_was_made_is_posted_by_whoever_takes_over_without_asking_the_model_again(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    async def dies_at_the_end(posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        async for _ in parts:
            pass
        board.post = posts
        raise PlatformUnavailableError("gone", retry_after=0.01)

    posts, board.post = board.post, dies_at_the_end
    async with working(mailbox, board, answers):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert answers.asked == [("parcels",)]
    assert board.answers == [(("parcels",), "About parcels: done.")]


async def test_a_worker_that_is_stopped_finishes_what_it_began(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.gate.clear()
    async with working(mailbox, board, answers) as worker:
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.standing)
        worker.stop()
        await mailbox.submit(asked("for another worker", place=PLACE.model_copy(update={"thread": "2"})))
        answers.gate.set()
    assert list(board.standing.values()) == ["About parcels: done."]
    assert (await mailbox.state()).conversations == 1


async def test_a_worker_out_of_grace_hands_back_and_another_goes_on_in_the_same_reply(
    mailbox: Mailbox, board: Board, answers: Answers
) -> None:
    answers.gate.clear()
    impatient = WorkLimits(turn_time=60, grace=0.05, pause=0.02)
    async with working(mailbox, board, answers, impatient):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.standing)
    assert (await mailbox.state()).conversations == 1
    answers.gate.set()
    async with working(mailbox, board, answers):
        await board.until(lambda board: board.answers)
    assert list(board.standing.values()) == ["About parcels: done."]


@pytest.mark.slow
async def test_while_redis_is_away_nothing_is_posted_and_afterwards_all_is(
    mailbox: Mailbox, board: Board, answers: Answers, redis: ConnectedRedis
) -> None:
    answers.gate.clear()
    patient = WorkLimits(turns=2, turn_time=30, pause=0.05)
    async with working(mailbox, board, answers, patient):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.standing)
        await redis.execute("CLIENT", "PAUSE", 2500, "ALL")  # longer than the lease
        answers.gate.set()
        await board.until(lambda board: board.answers)
    assert list(board.standing.values()) == ["About parcels: done."]
    assert await said(mailbox) == [("person", "parcels"), ("assistant", "About parcels: done.")]
