"""A process that syncs a git repository into a data folder: says when it begins, each step, and what came of it."""

import asyncio
import sys
from pathlib import Path

import core.knowledge.ingest as ingestion
import core.sources.git.connector as connector
from core.errors import LorelensError
from core.knowledge.ingest import Reader
from core.knowledge.ledger import Ledger
from core.sources.configured import Configured, ConfiguredSources
from core.sources.connector import SourceSpec
from core.sources.git.connector import git
from core.sources.syncing import Syncing, Unwatched
from tests.ingesting import OCR, Team

NAME = "pages"


class _Told(Unwatched):
    """Tells each step, so that whoever kills this process knows how far it is."""

    def fetched(self, item: str, *, total: int | None = None) -> None:
        print("fetched", item, flush=True)

    def advance(self, stage: str, item: str) -> None:
        print(stage, item, flush=True)


async def main(place: Path) -> int:
    """Sync it; 0 if it went well."""
    ingestion.BATCH_PASSAGES, connector.BATCH_FILES = 4, 3  # many writes, so that there is much to cut off
    team = Team(place)
    spec = git.check(SourceSpec(name=NAME, kind="git", location=str(place / "docs")))
    sources = ConfiguredSources(team.data)
    sources.put(Configured(spec=spec))
    index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")

    async def reader() -> Reader:
        return Reader(index, ledger, team.pictures, OCR, None)

    print("begin", flush=True)
    try:
        report = await Syncing(sources, reader, lambda spec: git.open(spec, None)).sync(NAME, _Told())
    except LorelensError as error:
        print(error.code, error, flush=True)
        return error.exit_code
    finally:
        ledger.close()
        await index.close()
    print(report.model_dump_json(), flush=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(Path(sys.argv[1]))))
