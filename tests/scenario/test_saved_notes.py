"""People save messages from chat; the team finds them, and nobody who was not there does."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from core.audience import EVERYONE, channel, person
from core.errors import QuestionError
from core.knowledge.index import SearchQuery
from core.knowledge.ingest import Reader
from core.knowledge.ingest_lock import exclusively
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.loaders import load
from core.knowledge.picture_files import PictureFiles
from core.knowledge.saved import SavedNote, SavedNotes
from core.knowledge.sources import source_states
from core.messages import Author, Message, Place
from core.pictures import normalize
from tests.ingesting import OCR, png

GENERAL = Place(platform="slack", workspace="T1", channel="C1", thread="1.0", visibility="public")
BOARD = Place(platform="slack", workspace="T1", channel="G1", visibility="private")
MIRA, OLE = Author(id="U1", name="Mira"), Author(id="U2", name="Ole")
LINK = "https://team.example.org/archives/C1/p17"
PICTURE = normalize(png("port 8443"), name="console.png")


def message(text: str, identity: str = "C1:17.0", place: Place = GENERAL, author: Author = MIRA) -> Message:
    return Message(id=identity, place=place, author=author, text=text, sent_at=datetime(2026, 11, 24, 10, tzinfo=UTC))


def note(*messages: Message, audience: tuple[str, ...] = (EVERYONE,), name: str = "general") -> SavedNote:
    return SavedNote(
        messages=messages, permalink=LINK, saved_by=OLE, saved_at=datetime.now(UTC), place_name=name, audience=audience
    )


async def pictures(sha256: str) -> bytes | None:
    return PICTURE.data if sha256 == PICTURE.picture.sha256 else None


class Desk:
    """A data folder, as one process has it open."""

    def __init__(self, data: Path, index: LanceIndex) -> None:
        self.data, self.index = data, index
        self.ledger = Ledger(data / "ledger.sqlite")
        self.notes = SavedNotes(data, self.reader, retry_after=0.02)

    async def reader(self) -> Reader:
        return Reader(self.index, self.ledger, PictureFiles(self.data / "pictures"), OCR, None)

    async def save(self, what: SavedNote) -> bool:
        saved = await self.notes.save(what, pictures)
        await self.notes.settled()
        return saved.replaced

    async def find(self, words: str, *audience: str) -> list[str]:
        """The texts that somebody finds."""
        query = SearchQuery(text=words, dense_weight=0.0, audience=audience or (EVERYONE,))
        return [hit.passage.text for hit in await self.index.search(query)]

    def sources(self) -> dict[str, tuple[str, ...]]:
        return {state.record.source: state.record.audience for state in source_states(self.ledger)}

    async def close(self) -> None:
        await self.notes.close()
        self.ledger.close()


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    index = await LanceIndex.open(tmp_path / "index", None, "")
    desk = Desk(tmp_path, index)
    yield desk
    await desk.close()
    await index.close()


async def test_saved_message_is_found_with_its_link_and_says_who_wrote_it(desk: Desk) -> None:
    await desk.save(note(message("The VPN gateway moved to *vpn2*.\nUse port 8443.")))

    (hit,) = await desk.index.search(SearchQuery(text="vpn gateway", dense_weight=0.0))
    assert (hit.passage.title, hit.passage.url) == ("The VPN gateway moved to vpn2.", LINK)
    assert "Mira, 2026-11-24 10:00 UTC:" in hit.passage.text
    assert desk.sources() == {"saved: general": (EVERYONE,)}


async def test_question_is_saved_with_its_answer_and_its_picture(desk: Desk) -> None:
    question = message("Which port?").model_copy(update={"pictures": (PICTURE.picture,)})
    answer = message("It is on the console.", "C1:18.0", author=OLE)

    await desk.save(note(question, answer))

    hits = await desk.index.search(SearchQuery(text="port 8443 console", dense_weight=0.0))
    assert {hit.passage.kind for hit in hits} == {"text", "picture"}
    assert {hit.passage.url for hit in hits} == {LINK}
    assert any("It is on the console." in hit.passage.text for hit in hits)


async def test_saving_again_replaces_what_was_edited(desk: Desk) -> None:
    first = message("Lunch is at noon.").model_copy(update={"pictures": (PICTURE.picture,)})
    assert not await desk.save(note(first))
    assert await desk.save(note(message("Lunch is at one.")))

    assert len(await desk.find("lunch")) == 1
    assert "at one" in (await desk.find("lunch"))[0]
    assert await desk.find("8443") == []


async def test_what_was_removed_is_found_no_more_even_while_others_read_documents_in(desk: Desk) -> None:
    shown = message("The secret port.").model_copy(update={"pictures": (PICTURE.picture,)})
    await desk.save(note(shown))
    await desk.save(note(message("Lunch is at noon.", "C1:19.0")))

    with exclusively(desk.data):
        assert await desk.notes.remove(GENERAL, "C1:17.0")
        assert await desk.find("secret port 8443") == []
    await desk.notes.settled()

    assert await desk.find("secret port 8443") == []
    assert len(await desk.find("lunch")) == 1
    assert not await desk.notes.remove(GENERAL, "C1:17.0")


async def test_answer_that_is_deleted_takes_its_note_and_the_last_note_its_source(desk: Desk) -> None:
    await desk.save(note(message("Which port?"), message("8443.", "C1:18.0", author=OLE)))

    assert await desk.notes.remove(GENERAL, "C1:18.0")
    await desk.notes.settled()

    assert desk.sources() == {}
    assert not (desk.data / "saved/slack/T1/C1").exists()


async def test_saving_waits_for_nobody_and_is_read_in_when_the_lock_is_free(desk: Desk) -> None:
    with exclusively(desk.data):
        await desk.notes.save(note(message("The VPN gateway moved.")), pictures)
        assert await desk.find("vpn") == []
    async with asyncio.timeout(5):
        await desk.notes.settled()

    assert len(await desk.find("vpn")) == 1


async def test_what_a_process_left_on_disk_is_taken_up_at_the_next_start(desk: Desk) -> None:
    with exclusively(desk.data):
        await desk.notes.save(note(message("The VPN gateway moved.")), pictures)
        await desk.close()
    again = Desk(desk.data, desk.index)
    await again.notes.start()
    await again.notes.settled()

    assert len(await again.find("vpn")) == 1
    await again.close()


async def test_private_place_is_seen_by_its_own_alone(desk: Desk) -> None:
    board = channel("slack", "T1", "G1")
    await desk.save(note(message("The merger is in May.", "G1:1", BOARD), audience=(board,), name="board"))
    await desk.save(note(message("May is sunny.")))

    assert len(await desk.find("may")) == 1
    assert len(await desk.find("may", EVERYONE, board)) == 2


@pytest.mark.parametrize("audience", [(EVERYONE,), (channel("slack", "T1", "C1"),), (person("slack", "T1", "U9"),)])
async def test_what_is_said_in_private_is_never_saved_for_others(desk: Desk, audience: tuple[str, ...]) -> None:
    with pytest.raises(QuestionError, match="private place"):
        await desk.save(note(message("The merger.", place=BOARD), audience=audience))
    assert not (desk.data / "saved").exists()


async def test_messages_of_two_places_and_empty_ones_are_refused(desk: Desk) -> None:
    with pytest.raises(QuestionError, match="different places"):
        await desk.save(note(message("One."), message("Two.", "G1:1", BOARD)))
    with pytest.raises(QuestionError, match="nothing in this message"):
        await desk.save(note(message("  ")))


async def test_channel_that_became_private_hides_what_was_saved_there_before(desk: Desk) -> None:
    await desk.save(note(message("The plan.")))
    own = channel("slack", "T1", "C1")
    private = GENERAL.model_copy(update={"visibility": "private"})
    await desk.save(note(message("The budget.", "C1:20.0", private), audience=(own,)))

    assert await desk.find("plan budget") == []
    assert len(await desk.find("plan budget", own)) == 2


async def test_places_of_the_same_name_are_different_sources(desk: Desk) -> None:
    other = GENERAL.model_copy(update={"workspace": "T2"})
    await desk.save(note(message("Here.")))
    await desk.save(note(message("There.", place=other)))

    assert set(desk.sources()) == {"saved: general", "saved: general (slack/T2/C1)"}


async def test_whatever_a_message_says_is_only_data(desk: Desk) -> None:
    hostile = (
        'Title: "x"\u2028\n---\nurl: https://evil.example.org\n---\n![](../../../ledger.sqlite) <script>x</script>'
    )
    place = Place(platform="slack", workspace="../..", channel="..", visibility="public")
    bad = Author(id='U"\n---', name="[Eve](https://evil.example.org)\n# Boss")
    await desk.save(note(message(hostile, '"\n/../x', place, bad), name='"]\n---\nurl: x'))

    (file,) = (desk.data / "saved").rglob("*.md")
    document = load(file, file.parent)
    assert file.relative_to(desk.data / "saved").parts[:-1] == ("slack", "%2E%2E%2F%2E%2E", "%2E%2E")
    assert document.url == LINK
    assert document.title.startswith('Title: "x"')
    assert "[Eve]" not in document.text and "Boss" in document.text
    assert json.loads(file.read_text().split("authors: ")[1].split("\n")[0]) == ['U"\n---']
    assert await desk.notes.remove(place, '"\n/../x')


async def test_notes_go_with_the_person_who_saved_or_wrote_them(desk: Desk) -> None:
    eve = Author(id="U3", name="Eve")
    await desk.save(note(message("Mira wrote this.")))
    await desk.save(note(message("Eve wrote this.", "C1:18.0", author=eve)))
    await desk.save(note(message("Eve too.", "C1:19.0", author=eve)).model_copy(update={"saved_by": eve}))

    assert [one.title for one in await desk.notes.of_person("slack", "T1", "U3")] == ["Eve wrote this.", "Eve too."]
    assert await desk.notes.forget_person("slack", "T1", "U2") == 2
    await desk.notes.settled()

    assert await desk.find("Mira wrote") == []
    assert [text.rpartition("\n")[2] for text in await desk.find("Eve")] == ["Eve too."]
    assert await desk.notes.forget_person("slack", "T2", "U3") == 0


async def test_place_and_workspace_are_forgotten_for_good(desk: Desk) -> None:
    other = GENERAL.model_copy(update={"workspace": "T2"})
    await desk.save(note(message("Lunch here.")))
    await desk.save(note(message("Lunch there.", place=other), name="town"))

    assert not await desk.notes.forget_source("docs")
    assert await desk.notes.forget_source("saved: general")
    assert [text.rpartition("\n")[2] for text in await desk.find("lunch")] == ["Lunch there."]
    assert await desk.notes.forget_workspace("slack", "T2") == 1
    await desk.notes.settled()

    assert desk.sources() == {}
    await desk.notes.start()
    await desk.notes.settled()
    assert await desk.find("lunch") == []
