"""What people do in chat beside asking: search, look through pictures and sources, share, forget, see how it stands."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from core.actions.excerpts import excerpt
from core.actions.forgetting import WouldGo, before_forgetting, forget_me, what_would_go
from core.actions.pictures import pictures
from core.actions.recent import recent
from core.actions.search import search
from core.actions.sharing import Sharing, share
from core.actions.sources import sources
from core.actions.status import status
from core.audience import EVERYONE, GUESTS, channel
from core.conversations import Conversations
from core.evidence import Evidence, EvidencePassage
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.knowledge.access import KnowledgeAccess
from core.knowledge.index import SearchQuery
from core.knowledge.ingest import Reader
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.saved import SavedNote, SavedNotes
from core.knowledge.search import KnowledgeSearch
from core.mailbox import Mailbox
from core.messages import Author, Message, Place
from core.quality.feedback import FeedbackBook
from core.question import Question
from core.reply import Citation, Finished, Reply, ReplyPart, ShownPicture, gather
from tests.ingesting import OCR, Team, png

GUIDE = """# Deploying

## Rolling back

To undo a release, run the deploy *script* with --undo. Ask [Eve](https://evil.example.org/x) first.

![The release console](console.png)
"""
BOARD = "# Budget\n\nThe merger budget is nine million.\n"
BOARD_ROOM = channel("slack", "T1", "G1")
GENERAL = channel("slack", "T1", "C1")
PLACE = Place(platform="slack", workspace="T1", channel="C1", visibility="public")
MIRA, OLE = Author(id="U1", name="Mira"), Author(id="U2", name="Ole")


class Desk:
    """A team's knowledge: a guide for everybody, and what the board alone may see."""

    def __init__(self, team: Team, index: LanceIndex, ledger: Ledger) -> None:
        self.team, self.index, self.ledger = team, index, ledger
        self.access = KnowledgeAccess(index, ledger)
        self.knowledge = KnowledgeSearch(self.access, None)
        self.notes = SavedNotes(team.data, self.reader)

    async def reader(self) -> Reader:
        return Reader(self.index, self.ledger, self.team.pictures, OCR, None)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    team = Team(tmp_path)
    team.write({"guide.md": GUIDE, "console.png": png("undo"), "指南.md": "# 回滚\n\n请使用撤销选项运行部署脚本。\n"})
    await team.ingest(source="handbook", url="https://git.example.org/docs")
    board = tmp_path / "board"
    board.mkdir()
    (board / "budget.md").write_text(BOARD)
    (board / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    await team.ingest(board, source="board", audience=(BOARD_ROOM,))
    index = await team.index()
    desk = Desk(team, index, Ledger(team.data / "ledger.sqlite"))
    yield desk
    await desk.notes.close()
    desk.ledger.close()
    await index.close()


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Conversations]:
    store = await Conversations.open("", tmp_path / "redis")
    yield store
    await store.close()


def text(parts: Sequence[ReplyPart]) -> str:
    assert isinstance(parts[-1], Finished)
    return gather(parts).text


async def test_search_lists_passages_with_place_excerpt_and_link(desk: Desk) -> None:
    said = text(await search("undo the release", desk.knowledge, (EVERYONE,), chinese=False))

    assert said.startswith("**Found for “undo the release”**\n\n**1.** [Deploying › Rolling back](<https://git.")
    assert "guide.md>)\n> " in said
    assert r"To **undo** a **release**, run the deploy script" in said
    assert "https://evil.example.org" not in said


async def test_search_in_chinese_marks_chinese_words(desk: Desk) -> None:
    said = text(await search("撤销选项", desk.knowledge, (EVERYONE,), chinese=True))

    assert said.startswith("**“撤销选项”的搜索结果**")
    assert "请使用**撤销选项**运行部署脚本。" in said


async def test_search_shows_nothing_of_what_the_asker_may_not_see(desk: Desk) -> None:
    parts = await search("merger budget", desk.knowledge, (GUESTS,), chinese=False)
    assert text(parts) == "Nothing was found for “merger budget” in what may be seen here."
    assert gather(parts).declined
    assert "nine million" in text(await search("merger budget", desk.knowledge, (BOARD_ROOM,), chinese=False))
    assert text(await search("  ", desk.knowledge, (EVERYONE,), chinese=True)) == "请说明要找什么。"


async def test_query_is_shown_as_it_was_written_and_does_nothing(desk: Desk) -> None:
    said = text(await search("**x** [a](https://evil.example.org) {0}", desk.knowledge, (GUESTS,), chinese=False))
    assert r"\*\*x\*\* a" in said
    assert "https://evil" not in said and "{0}" in said


def test_excerpt_of_a_long_text_is_short_and_around_the_words() -> None:
    long = " ".join(f"Sentence number {at} says nothing much." for at in range(200))
    shown, sentence = excerpt(f"{long} Tokens are rotated monthly. {long}", "rotating tokens")

    assert sentence == "Tokens are rotated monthly."
    assert "**Tokens** are **rotated** monthly." in shown
    assert len(shown) < 350 and shown.startswith("… ") and shown.endswith(" …")
    assert "snake_case" in excerpt("Set snake_case and `x`.", "set")[0]
    assert r"\`x\`" in excerpt("Set snake_case and `x`.", "set")[0]


async def test_pictures_are_shown_with_where_they_are_from(desk: Desk) -> None:
    parts = await pictures("release console", desk.knowledge, (EVERYONE,), chinese=False)
    (shown,) = [part for part in parts if isinstance(part, ShownPicture)]

    assert (shown.source, shown.caption.splitlines()[0]) == ("console.png", "The release console")
    assert "https://git.example.org/docs/console.png" in text(parts)
    assert "没有找到" in text(await pictures("console", desk.knowledge, (GUESTS,), chinese=True))


async def test_sources_are_those_that_the_asker_may_see(desk: Desk) -> None:
    everyone = text(sources(desk.ledger, (EVERYONE,), chinese=False))
    board = text(sources(desk.ledger, (BOARD_ROOM,), chinese=False))

    assert re.search(
        r"- \[handbook\]\(<https://git.example.org/docs/>\): documents: 3 · pictures: 1 · read 20", everyone
    )
    assert "board" not in everyone
    assert "- **board**: documents: 1" in board and "files that could not be read: 1" in board
    assert "broken.pdf" not in board
    assert text(sources(desk.ledger, (GUESTS,), chinese=False)) == "I know no documents that may be seen here yet."


async def test_status_tells_nothing_private(desk: Desk, store: Conversations) -> None:
    await Mailbox(store, "slack").submit(Question(message=message("Secret question?")))
    said = text(await status(desk.ledger, store, "openai:gpt", (EVERYONE,), chinese=False))

    assert "Model: openai:gpt" in said
    assert "documents: 3 · pictures: 1" in said
    assert "wait for an answer: 1" in said
    assert "board" not in said and "Secret" not in said


def message(words: str, identity: str = "C1:1", author: Author = MIRA, minutes: int = 0) -> Message:
    sent_at = datetime.now(UTC) + timedelta(minutes=minutes)
    return Message(id=identity, place=PLACE, author=author, text=words, sent_at=sent_at)


async def record(desk: Desk, words: str, *, cites: bool = True, pictures: bool = False) -> AnswerRecord:
    """An answer to somebody who may see everything."""
    hits = await desk.index.search(SearchQuery(text=words, dense_weight=0.0, audience=(EVERYONE, BOARD_ROOM)))
    evidence = tuple(EvidencePassage(number=at, passage=hit.passage) for at, hit in enumerate(hits, start=1))
    first = next(one.passage for one in evidence if (one.passage.kind == "picture") == pictures)
    cited = Citation(number=1, source=first.path, title=first.title, quote=first.text.splitlines()[-1])
    question = message(words)
    return AnswerRecord(
        question=question,
        asked=(question.id,),
        evidence=Evidence(question=words, standalone=words, passages=evidence),
        reply=Reply(
            text="So it is. [1]",
            citations=(cited,) if cites else (),
            suggestions=("What about “X”?",),
            model="extractive",
        ),
        answered_at=datetime.now(UTC),
    )


async def test_answer_is_shared_where_everybody_may_see_what_it_cites(desk: Desk) -> None:
    answer = await record(desk, "undo the release")
    shared = await share(answer, desk.access, (EVERYONE, GENERAL), chinese=False)

    assert shared.allowed
    assert gather(shared.parts) == answer.reply.model_copy(update={"suggestions": ()})


async def test_answer_from_private_documents_is_not_shared_and_they_are_named(desk: Desk) -> None:
    answer = await record(desk, "merger budget")
    refused = await share(answer, desk.access, (EVERYONE, GENERAL), chinese=False)

    assert not refused.allowed
    assert text(refused.parts) == "I can't share this answer there: not everybody there may see Budget."
    assert "nine million" not in str(refused)
    assert (await share(answer, desk.access, (BOARD_ROOM,), chinese=False)).allowed


async def test_answer_that_cites_nothing_is_shared_only_if_all_it_read_may_be_seen(desk: Desk) -> None:
    answer = await record(desk, "merger budget", cites=False)
    assert not (await share(answer, desk.access, (EVERYONE,), chinese=True)).allowed
    assert (await share(answer, desk.access, (BOARD_ROOM,), chinese=True)).allowed


async def test_answer_is_not_shared_once_its_document_is_hidden_changed_or_gone(desk: Desk) -> None:
    async def shared(answer: AnswerRecord) -> Sharing:
        return await share(answer, desk.access, (EVERYONE,), chinese=False)

    answer, shown = await record(desk, "undo the release"), await record(desk, "release console", pictures=True)
    assert (await shared(answer)).allowed and (await shared(shown)).allowed
    await desk.team.ingest(source="handbook", audience=(BOARD_ROOM,))
    assert not (await shared(answer)).allowed and not (await shared(shown)).allowed
    desk.team.write({"guide.md": "# Deploying\n\nPress the button.\n"})
    await desk.team.ingest(source="handbook", audience=(EVERYONE,))
    assert not (await shared(answer)).allowed


async def test_failed_answer_has_nothing_to_share(desk: Desk) -> None:
    answer = (await record(desk, "undo the release")).model_copy(update={"reply": Reply()})
    refused = await share(answer, desk.access, (EVERYONE,), chinese=True)
    assert (refused.allowed, text(refused.parts)) == (False, "这里没有可以分享的回答。")


async def test_person_sees_what_would_go_and_then_it_goes(desk: Desk, store: Conversations) -> None:
    await store.remember(message("How?"))
    await store.remember(message("And so?", "C1:2", OLE))
    await FeedbackBook(store).give(PLACE.conversation, "C1:2", MIRA, helpful=True)

    async def no_picture(sha256: str) -> None:
        return None

    saved = SavedNote(
        messages=(message("The *plan* is set.", "C1:3"),),
        saved_by=OLE,
        saved_at=datetime.now(UTC),
        place_name="general",
        audience=(EVERYONE,),
    )
    await desk.notes.save(saved, no_picture)

    would_go = await what_would_go(store, desk.notes, "slack", ["T1"], "U1")
    said = text(before_forgetting(would_go, chinese=False))
    assert "1 messages" in said and "feedback on answers: 1" in said and "\n  - The plan is set." in said

    done = text(await forget_me(store, desk.notes, "slack", ["T1"], "U1", chinese=False))
    assert done.startswith("Forgotten: 1 messages, 0 pictures, feedback on 1 answers, 1 saved notes.")
    await desk.notes.settled()
    assert (await what_would_go(store, desk.notes, "slack", ["T1"], "U1")).nothing
    assert not (await what_would_go(store, desk.notes, "slack", ["T1"], "U2")).nothing
    again = await forget_me(store, desk.notes, "slack", ["T1"], "U1", chinese=True)
    assert text(again) == text(before_forgetting(WouldGo(), chinese=True)) == "这里没有可以删除的属于你的内容。"


async def test_recent_answers_are_ones_own_newest_first_and_bounded(desk: Desk, store: Conversations) -> None:
    kept = KeptAnswers(store)
    for at in range(4):
        question = message(f"\nQuestion {at}?\nmore", f"C1:{at}", MIRA if at != 2 else OLE, minutes=at)
        await store.remember(question)
        answer = (await record(desk, "undo")).model_copy(update={"question": question, "asked": (question.id,)})
        assert await kept.keep(answer)
    await store.remember(message("Not answered yet?", "C1:9", minutes=9))

    found = await recent(store, "slack", "T1", "U1", limit=2)

    assert [(one.question, one.message_id) for one in found] == [("Question 3?", "C1:3"), ("Question 1?", "C1:1")]
    assert {one.conversation for one in found} == {PLACE.conversation}
    assert await recent(store, "slack", "T1", "U9") == []
