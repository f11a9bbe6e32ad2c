"""The sources of the knowledge: what was read of each, how it stands, and how to forget it."""

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


async def forget_source(source: str, *, ledger: Ledger, index: KnowledgeIndex, pictures: PictureFiles) -> int:
    """Forget all that was read from a source; answer how many passages went.

    Raises:
        QuestionError: there is no such source.
    """
    names = [record.source for record in ledger.sources()]
    if source not in names:
        raise QuestionError(f'There is no source "{source}".', hint=f"There are: {', '.join(names) or 'none yet'}.")
    with exclusively(ledger.folder):
        record = next(record for record in ledger.sources() if record.source == source)
        ledger.note_source(record.model_copy(update={"finished": False}))
        ledger.distrust(source)
        gone = await index.delete(source)
        for sha256 in ledger.pictures(source):
            if ledger.remove_picture(source, sha256):
                pictures.delete(sha256)
        ledger.remove_source(source)
        await index.optimize()
    return gone
