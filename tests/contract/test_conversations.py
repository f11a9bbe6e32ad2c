"""What the conversation store keeps and forgets, on a real Redis."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from core.conversation_keys import ATTEMPT_LENGTH, REMEMBER_SCRIPT, KeySpace, script, write_entry
from core.conversations import MESSAGE_OVERHEAD, Conversations, Forgotten
from core.errors import StoreUnavailableError
from core.evidence import Evidence
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.messages import Author, Message, Picture, Place
from core.pictures import NormalizedPicture
from core.redis_client import ConnectedRedis, connect
from core.reply import Reply
from core.tokens import estimate_tokens

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEAM = Place(platform="slack", workspace="T1", channel="general", thread="1700000000.1")
OTHER = TEAM.model_copy(update={"channel": "random"})
_NUMBERS = itertools.count()


def said(
    text: str,
    *,
    by: str = "ada",
    at: datetime | None = None,
    place: Place = TEAM,
    pictures: Sequence[NormalizedPicture] = (),
    message_id: str = "",
) -> Message:
    number = next(_NUMBERS)
    return Message(
        id=message_id or f"m{number}",
        place=place,
        author=Author(id=by),
        text=text,
        pictures=tuple(one.picture for one in pictures),
        sent_at=at or NOON + timedelta(seconds=number),
    )


def drawn(content: str) -> NormalizedPicture:
    data = content.encode()
    picture = Picture(sha256=hashlib.sha256(data).hexdigest(), media_type="image/png", width=2, height=1)
    return NormalizedPicture(picture=picture, data=data)


@pytest.fixture
async def own_store(tmp_path: Path) -> AsyncIterator[tuple[Conversations, ConnectedRedis]]:
    """On an embedded server, which a test may break."""
    async with await connect("", tmp_path / "own") as redis:
        yield Conversations(redis), redis


async def texts(store: Conversations, place: Place = TEAM, budget: int = 10_000) -> list[str]:
    return [message.text for message in await store.history(place.conversation, budget)]


# --- remembering ---------------------------------------------------------------------------------------------------


async def test_a_message_is_remembered_once(store: Conversations) -> None:
    message = said("How do I roll back?")
    assert await store.remember(message)
    assert not await store.remember(message)
    assert await store.history(TEAM.conversation, 1000) == [message]


async def test_a_message_that_arrives_many_times_at_once_is_new_once(store: Conversations) -> None:
    message = said("How do I roll back?")
    assert sum(await asyncio.gather(*(store.remember(message) for _ in range(20)))) == 1


async def test_a_rush_of_messages_is_remembered_whole(store: Conversations) -> None:
    rush = [said(f"message {number}") for number in range(500)]
    assert all(await asyncio.gather(*(store.remember(message) for message in rush)))
    assert (await store.statistics()).messages == 500


async def test_the_same_id_elsewhere_is_another_message(store: Conversations) -> None:
    assert await store.remember(said("here", message_id="1"))
    assert await store.remember(said("there", message_id="1", place=OTHER))


async def test_an_attempt_sent_again_after_a_lost_answer_is_still_the_first(redis: ConnectedRedis, prefix: str) -> None:
    keys = KeySpace(prefix).conversation(TEAM.conversation)
    message = said("hello")
    steps = [
        script(REMEMBER_SCRIPT, keys, (message.id, write_entry(message, digit * ATTEMPT_LENGTH), 1)) for digit in "aab"
    ]
    assert [await redis.execute(*step) for step in steps] == [1, 1, 0]


async def test_an_answer_that_is_lost_on_the_way_does_not_make_a_new_message_an_old_one(
    redis: ConnectedRedis, prefix: str, tmp_path: Path
) -> None:
    if redis.embedded is None:
        pytest.skip("only the way to an embedded server can be broken here")
    lost: list[bytes] = []
    way = tmp_path / "way"
    async with _broken_way(redis.embedded.socket, way, lost), await connect(f"unix://{way}", tmp_path) as broken:
        store = Conversations(broken, prefix=prefix)
        await store.remember(said("first"))
        lost.append(b"EVAL")
        assert await store.remember(said("second"))
        assert not lost
    assert await texts(Conversations(redis, prefix=prefix)) == ["first", "second"]


@asynccontextmanager
async def _broken_way(socket: str, entrance: Path, lost: list[bytes]) -> AsyncGenerator[None]:
    """Breaks the connection instead of giving the answer to a command that `lost` names."""

    async def serve(asked: asyncio.StreamReader, answered: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_unix_connection(socket)
        while question := await asked.read(2**20):
            asks.write(question)
            answer = await answers.read(2**20)
            if lost and lost[0] in question:
                lost.clear()
                break
            answered.write(answer)
        for writer in (asks, answered):
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_unix_server(serve, entrance):
        yield


@pytest.mark.parametrize("text", ["", "🙂 שלום مرحبا 你好\0\r\n", "x" * 100_000])
async def test_any_text_comes_back_as_it_was(store: Conversations, text: str) -> None:
    message = said(text, by="a{d}a/%\n", place=TEAM.model_copy(update={"channel": "}{ /%"}))
    await store.remember(message)
    assert await store.history(message.place.conversation, 10**6) == [message]


@settings(max_examples=30)
@given(st.text(max_size=20))
def test_all_keys_of_a_conversation_share_a_slot(channel: str) -> None:
    place = Place(platform="slack", workspace="T1", channel=channel)
    keys = KeySpace("lorelens").conversation(place.conversation)
    assert len({key_slot(key.encode("utf-8", "surrogatepass")) for key in keys}) == 1


# --- history -------------------------------------------------------------------------------------------------------


async def test_history_is_in_the_order_in_which_it_was_said(store: Conversations) -> None:
    for text, minute in (("second", 2), ("first", 1), ("third", 3)):
        await store.remember(said(text, at=NOON + timedelta(minutes=minute)))
    assert await texts(store) == ["first", "second", "third"]


async def test_history_before_a_message_leaves_it_and_what_follows_out(store: Conversations) -> None:
    messages = [said(text) for text in ("first", "second", "third")]
    for message in messages:
        await store.remember(message)
    assert await store.history(TEAM.conversation, 1000, before=messages[1]) == messages[:1]
    unknown = said("not kept", at=messages[1].sent_at + timedelta(microseconds=1))
    assert await store.history(TEAM.conversation, 1000, before=unknown) == messages[:2]


async def test_a_long_history_is_read_whole(store: Conversations) -> None:
    messages = [said(f"message {number}") for number in range(150)]
    for message in messages:
        await store.remember(message)
    assert await store.history(TEAM.conversation, 10**6) == messages


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spoken=st.lists(st.sampled_from(["", "yes", "rolling back the release", "部署失败了", "x " * 200]), max_size=12),
    budget=st.integers(0, 300),
)
async def test_history_is_the_longest_newest_run_that_fits(
    redis: ConnectedRedis, prefix: str, spoken: list[str], budget: int
) -> None:
    store = Conversations(redis, prefix=f"{prefix}-{uuid4().hex}")
    for text in spoken:
        await store.remember(said(text))

    def fits(run: Sequence[str]) -> bool:
        return sum(estimate_tokens(text) + MESSAGE_OVERHEAD for text in run) <= budget

    longest = next(spoken[start:] for start in range(len(spoken) + 1) if fits(spoken[start:]))
    assert await texts(store, budget=budget) == longest


@pytest.mark.parametrize("entry", [b"", b"garbage", b"2 abc {}", b'1 abc {"id": "x"}', b"\xff\xfe", b"1 abc"])
async def test_an_entry_that_cannot_be_read_is_passed_over(
    store: Conversations, redis: ConnectedRedis, prefix: str, entry: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for message_id in ("good", "bad"):
        await store.remember(said(message_id, message_id=message_id))
    await redis.execute("HSET", KeySpace(prefix).conversation(TEAM.conversation).messages, "bad", entry)
    assert await texts(store) == ["good"]
    assert "Message bad of slack/T1/general/1700000000.1 is passed over" in caplog.text
    assert (await store.forget_conversation(TEAM.conversation)).messages == 2


async def test_what_was_said_is_not_logged(
    store: Conversations, redis: ConnectedRedis, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = said("the password is hunter2", message_id="1")
    await store.remember(message)
    entry = write_entry(message, "a" * ATTEMPT_LENGTH).replace(b'"role"', b'"rule"')
    await redis.execute("HSET", KeySpace(prefix).conversation(TEAM.conversation).messages, "1", entry)
    assert await texts(store) == []
    assert "hunter2" not in caplog.text


# --- editing and deleting ------------------------------------------------------------------------------------------


async def test_an_edited_message_replaces_what_was_said(store: Conversations) -> None:
    for text in ("first", "second"):
        await store.remember(said(text, message_id=text))
    assert await store.edit(said("first, better", message_id="first"))
    assert await texts(store) == ["first, better", "second"]


async def test_an_edit_of_what_is_not_kept_keeps_nothing(
    store: Conversations, redis: ConnectedRedis, prefix: str
) -> None:
    assert not await store.edit(said("overheard", pictures=[drawn("overheard")]))
    assert await texts(store) == []
    assert (await store.statistics()).messages == 0


async def test_a_deleted_message_is_gone_and_does_not_come_back(store: Conversations) -> None:
    message = said("oops", message_id="1")
    await store.remember(message)
    assert await store.delete(TEAM.conversation, "1")
    assert not await store.delete(TEAM.conversation, "1")
    assert not await store.remember(message)
    assert not await store.edit(message)
    assert await texts(store) == []


# --- pictures ------------------------------------------------------------------------------------------------------


async def test_a_picture_is_found_by_its_hash(store: Conversations) -> None:
    picture = drawn("\0 a screenshot")
    await store.keep_picture(picture)
    await store.keep_picture(picture)
    assert await store.picture(picture.picture.sha256) == picture.data
    assert await store.picture("0" * 64) is None
    assert (await store.statistics()).pictures == 1


async def test_a_picture_goes_with_the_last_message_that_carries_it(store: Conversations) -> None:
    picture = drawn("shared")
    await store.keep_picture(picture)
    for place, message_id in ((TEAM, "1"), (TEAM, "2"), (OTHER, "3")):
        await store.remember(said("look", message_id=message_id, place=place, pictures=[picture]))
    await store.delete(TEAM.conversation, "1")
    await store.edit(said("look, without it", message_id="2"))
    assert await store.picture(picture.picture.sha256) == picture.data
    await store.forget_conversation(OTHER.conversation)
    assert await store.picture(picture.picture.sha256) is None
    assert (await store.statistics()).pictures == 0


# --- forgetting ----------------------------------------------------------------------------------------------------


async def test_a_forgotten_conversation_leaves_nothing(
    store: Conversations, redis: ConnectedRedis, prefix: str
) -> None:
    picture = drawn("whiteboard")
    await store.keep_picture(picture)
    for number in range(100):
        await store.remember(said(f"{number}", by=f"person {number % 3}", pictures=[picture]))
    await store.delete(TEAM.conversation, (await store.history(TEAM.conversation, 100))[-1].id)
    assert await store.forget_conversation(TEAM.conversation) == Forgotten(messages=99, pictures=1)
    assert await redis.execute("KEYS", f"{prefix}*") == []


async def test_a_forgotten_person_leaves_what_others_said(store: Conversations) -> None:
    hers, shared = drawn("hers"), drawn("shared")
    for picture in (hers, shared):
        await store.keep_picture(picture)
    await store.remember(said("mine", by="ada", pictures=[hers, shared]))
    await store.remember(said("mine, elsewhere", by="ada", place=OTHER))
    await store.remember(said("his", by="bob", pictures=[shared]))
    away = TEAM.model_copy(update={"workspace": "T2"})
    await store.remember(said("a namesake's", by="ada", place=away))

    assert await store.forget_person("slack", "T1", "ada") == Forgotten(messages=2, pictures=1)

    assert await texts(store) == ["his"]
    assert await texts(store, OTHER) == []
    assert await texts(store, away) == ["a namesake's"]
    assert await store.picture(hers.picture.sha256) is None
    assert await store.picture(shared.picture.sha256) == shared.data
    assert await store.forget_person("slack", "T1", "ada") == Forgotten()


async def test_nothing_names_a_forgotten_person(store: Conversations, redis: ConnectedRedis, prefix: str) -> None:
    for number in range(3):
        await store.remember(said("text", by="U-ADA", message_id=f"{number}"))
    await store.remember(said("text", by="U-BOB"))
    await store.delete(TEAM.conversation, "1")
    await store.forget_person("slack", "T1", "U-ADA")
    for key in await redis.execute("KEYS", f"{prefix}*"):
        assert b"U-ADA" not in key
        assert b"U-ADA" not in await redis.execute("DUMP", key)


async def test_what_was_forgotten_is_in_no_file_any_more(
    own_store: tuple[Conversations, ConnectedRedis], tmp_path: Path
) -> None:
    store, _ = own_store
    picture = drawn("a picture of the secret")
    await store.keep_picture(picture)
    await store.remember(said("the secret itself", by="U-ADA", pictures=[picture]))
    await store.remember(said("harmless", by="U-BOB"))

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "own").rglob("*") if path.is_file())

    assert b"secret" in files()
    await asyncio.gather(*(store.forget_person("slack", "T1", "U-ADA") for _ in range(5)))
    assert b"secret" not in files()
    assert b"U-ADA" not in files()
    assert b"harmless" in files()


async def test_what_is_older_than_its_retention_is_swept(
    store: Conversations, redis: ConnectedRedis, prefix: str
) -> None:
    now = datetime.now(UTC)
    old, fresh = drawn("old"), drawn("fresh")
    for picture in (old, fresh):
        await store.keep_picture(picture)
    await redis.execute("ZADD", KeySpace(prefix).pictures, (now - timedelta(days=31)).timestamp(), old.picture.sha256)
    await store.remember(said("old", at=now - timedelta(days=91), place=OTHER))
    await store.remember(said("old", at=now - timedelta(days=91)))
    await store.remember(said("fresh", at=now - timedelta(days=89)))

    assert await store.sweep() == Forgotten(messages=2, pictures=1)

    assert await texts(store) == ["fresh"]
    assert await store.picture(old.picture.sha256) is None
    assert await store.picture(fresh.picture.sha256) == fresh.data
    assert (await store.statistics()).model_dump() == {"conversations": 1, "messages": 1, "pictures": 1}


async def test_no_retention_keeps_for_ever(redis: ConnectedRedis, prefix: str) -> None:
    store = Conversations(redis, prefix=prefix)
    await store.remember(said("old", at=datetime(2001, 1, 1, tzinfo=UTC)))
    assert await store.sweep() == Forgotten()
    assert await texts(store) == ["old"]


async def test_statistics_count_what_is_kept(store: Conversations) -> None:
    for number in range(30):
        place = TEAM.model_copy(update={"thread": f"{number}"})
        for _ in range(2):
            await store.remember(said("text", place=place))
    counted = await store.statistics()
    assert (counted.conversations, counted.messages) == (30, 60)


# --- what answers stood on -----------------------------------------------------------------------------------------


def record_of(question: Message, *history: Message, answer: str = "It takes four minutes.") -> AnswerRecord:
    return AnswerRecord(
        question=question,
        asked=(question.id,),
        history=tuple(message.id for message in history),
        evidence=Evidence(question=question.text, standalone=question.text),
        reply=Reply(text=answer),
        answered_at=NOON,
    )


async def test_what_an_answer_stood_on_is_found_by_its_question(store: Conversations) -> None:
    kept = KeptAnswers(store)
    first, second, elsewhere = said("first"), said("second"), said("elsewhere", place=OTHER)
    for message in (first, second, elsewhere):
        await store.remember(message)
        assert await kept.keep(record_of(message))
    await store.remember(said("not answered yet"))
    assert await kept.find(TEAM.conversation, first.id) == record_of(first)
    assert await kept.find(TEAM.conversation, elsewhere.id) is None
    assert await kept.find_anywhere(elsewhere.id) == record_of(elsewhere)
    assert await kept.find_anywhere("unknown") is None
    assert await kept.last(TEAM.conversation) == record_of(second)
    assert await kept.last("slack/T1/empty/") is None


@pytest.mark.parametrize("which", ["the question", "what was said before"])
@pytest.mark.parametrize("how", ["deleted", "edited", "forgotten", "swept"])
async def test_what_an_answer_stood_on_goes_with_each_message_it_was_made_from(
    store: Conversations, redis: ConnectedRedis, prefix: str, how: str, which: str
) -> None:
    kept = KeptAnswers(store)
    now = datetime.now(UTC)
    earlier, question, other = (said(text, by=text, at=now) for text in ("earlier", "question", "other"))
    for message in (earlier, question, other):
        await store.remember(message)
    await kept.keep(record_of(question, earlier))
    await kept.keep(record_of(other))
    gone = question if which == "the question" else earlier

    if how == "deleted":
        await store.delete(TEAM.conversation, gone.id)
    elif how == "edited":
        await store.edit(gone.model_copy(update={"text": "in other words"}))
    elif how == "forgotten":
        await store.forget_person("slack", "T1", gone.author.id)
    else:
        order = KeySpace(prefix).conversation(TEAM.conversation).order
        await redis.execute("ZADD", order, (now - timedelta(days=91)).timestamp() * 1e6, gone.id)
        await store.sweep()

    assert await kept.find(TEAM.conversation, question.id) is None
    assert await kept.find(TEAM.conversation, other.id) == record_of(other)
    assert await kept.last(TEAM.conversation) == record_of(other)


async def test_what_answers_stood_on_is_forgotten_with_the_conversation(
    store: Conversations, redis: ConnectedRedis, prefix: str
) -> None:
    question = said("question")
    await store.remember(question)
    await KeptAnswers(store).keep(record_of(question))
    await store.forget_conversation(TEAM.conversation)
    assert await redis.execute("KEYS", f"{prefix}*") == []


async def test_nothing_is_kept_of_an_answer_whose_question_was_taken_back_meanwhile(
    store: Conversations, redis: ConnectedRedis, prefix: str
) -> None:
    question = said("question")
    await store.remember(question)
    await store.delete(TEAM.conversation, question.id)
    assert not await KeptAnswers(store).keep(record_of(question))
    assert await redis.execute("EXISTS", KeySpace(prefix).conversation(TEAM.conversation).answers) == 0


@pytest.mark.parametrize("entry", [b"", b"2 {}", b'1 {"said": "hunter2"}', b"\xff"])
async def test_a_record_that_cannot_be_read_is_passed_over(
    store: Conversations, redis: ConnectedRedis, prefix: str, entry: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await redis.execute("HSET", KeySpace(prefix).conversation(TEAM.conversation).answers, "1", entry)
    assert await KeptAnswers(store).find(TEAM.conversation, "1") is None
    assert "is passed over" in caplog.text
    assert "hunter2" not in caplog.text


# --- a Redis that can't write --------------------------------------------------------------------------------------


async def test_out_of_memory_is_told_and_nothing_is_half_written(
    own_store: tuple[Conversations, ConnectedRedis],
) -> None:
    store, redis = own_store
    await redis.execute("CONFIG", "SET", "maxmemory", 1)
    message = said("hello")
    with pytest.raises(StoreUnavailableError, match="out of memory") as told:
        await store.remember(message)
    assert "maxmemory" in told.value.hint
    await redis.execute("CONFIG", "SET", "maxmemory", 0)
    assert await texts(store) == []
    assert await store.remember(message)


async def test_a_script_out_of_memory_is_told(own_store: tuple[Conversations, ConnectedRedis]) -> None:
    _, redis = own_store
    await redis.execute("CONFIG", "SET", "maxmemory", 1)
    keys = KeySpace("lorelens").conversation(TEAM.conversation)
    with pytest.raises(StoreUnavailableError, match="out of memory"):
        await redis.execute(*script(REMEMBER_SCRIPT, keys, ("1", b"entry", 1)))


async def test_a_disk_that_cannot_be_written_is_told(
    own_store: tuple[Conversations, ConnectedRedis], tmp_path: Path
) -> None:
    store, redis = own_store
    (tmp_path / "own" / "redis" / "dump.rdb").mkdir()  # where a snapshot would go
    await redis.execute("CONFIG", "SET", "save", "3600 1")
    await redis.execute("BGSAVE")
    async with asyncio.timeout(30):
        while (await redis.execute("INFO", "persistence"))["rdb_last_bgsave_status"] == "ok":  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # Redis tells nobody when it is done
    with pytest.raises(StoreUnavailableError, match="can't write to its disk") as told:
        await store.remember(said("hello"))
    assert "Make room" in told.value.hint


async def test_a_read_only_replica_is_told(own_store: tuple[Conversations, ConnectedRedis]) -> None:
    store, redis = own_store
    await redis.execute("REPLICAOF", "127.0.0.1", 1)
    with pytest.raises(StoreUnavailableError, match="read-only replica") as told:
        await store.remember(said("hello"))
    assert "primary" in told.value.hint
