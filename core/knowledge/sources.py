"""The sources of the knowledge: what was read of each, how it stands, and how to forget it."""

from collections.abc import Sequence

from core.errors import QuestionError
from core.knowledge.index import KnowledgeIndex
from core.knowledge.ingest_lock import exclusively
from core.knowledge.ledger import FileRecord, Ledger, SourceRecord
from core.knowledge.picture_files import PictureFiles
from core.messages import Value


class SourceState(Value):
    """A source as it stands: what the index holds of it, and the files that could not be read."""

    record: SourceRecord
    documents: int
    passages: int
    pictures: int
    failed: tuple[FileRecord, ...]


def source_states(ledger: Ledger) -> list[SourceState]:
    """All sources, by name."""
    states: list[SourceState] = []
    for record in ledger.sources():
        files = ledger.files(record.source).values()
        states.append(
            SourceState(
                record=record,
                documents=sum(one.outcome == "read" for one in files),
                passages=sum(one.passages for one in files if one.outcome != "pending"),
                pictures=len(ledger.pictures(record.source)),
                failed=tuple(one for one in files if one.outcome == "failed"),
            )
        )
    return states


async def change_audience(source: str, audience: Sequence[str], *, ledger: Ledger, index: KnowledgeIndex) -> int:
    """Change who may see a source; answer how many passages were changed in the index.

    Whoever may see it no more does not from the ledger's first write on, even while documents are read in; whoever may
    now, when the index has followed. What fails half way is finished by calling it again, or by the next reading in.

    Raises:
        QuestionError: there is no such source, or nobody is named.
        UnavailableError: the index can't be changed now, or somebody reads documents in: it follows then.
    """
    record = ledger.source(source)
    if record is None:
        raise _no_such_source(source, ledger)
    wanted = tuple(dict.fromkeys(audience))
    if not wanted:
        raise QuestionError("Nobody is named who may see it.", hint='Name principals, such as "everyone".')
    ledger.change_readers(source, wanted)
    with exclusively(ledger.folder):
        changed = await index.set_audience(source, wanted)
        ledger.change_rules(source, f"/{','.join(record.audience)}", f"/{','.join(wanted)}")
    return changed


def _no_such_source(source: str, ledger: Ledger) -> QuestionError:
    names = ", ".join(record.source for record in ledger.sources())
    return QuestionError(f'There is no source "{source}".', hint=f"There are: {names or 'none yet'}.")


async def take_out(source: str, path: str, *, ledger: Ledger, index: KnowledgeIndex) -> None:
    """Take a document out of the index at once, whoever reads documents in; the ledger knows it for unread, so that
    the next reading in puts right what is left. Raises `IndexUnavailableError`."""
    passages = await index.passages(source, path)
    ledger.begin(source, [path])
    pictures = {one.picture.sha256: one.id for one in passages if one.picture is not None}
    ledger.begin_pictures(source, pictures)
    await index.delete(source, path)


async def forget_source(source: str, *, ledger: Ledger, index: KnowledgeIndex, pictures: PictureFiles) -> int:
    """Forget all that was read from a source; answer how many passages went.

    Raises:
        QuestionError: there is no such source.
    """
    if ledger.source(source) is None:
        raise _no_such_source(source, ledger)
    with exclusively(ledger.folder):
        record = ledger.source(source)
        if record is None:  # somebody else has forgotten it meanwhile
            raise _no_such_source(source, ledger)
        ledger.note_source(record.model_copy(update={"finished": False}))
        ledger.distrust(source)
        gone = await index.delete(source)
        for sha256 in ledger.pictures(source):
            if ledger.remove_picture(source, sha256):
                pictures.delete(sha256)
        ledger.remove_source(source)
        await index.optimize()
    return gone
