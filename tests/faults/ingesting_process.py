"""A process that reads `docs` of a folder into its `data`: says when it begins, each step, and what came of it."""

import asyncio
import sys
from pathlib import Path

import core.knowledge.ingest as ingestion
from core.errors import LorelensError
from core.models.minilm import MiniLM
from tests.ingesting import Team, Watch


class _Told(Watch):
    """Tells each step, so that whoever kills this process knows how far it is."""

    def advance(self, stage: str, item: str) -> None:
        print(stage, item, flush=True)


async def main(place: Path, *, encoding: bool) -> int:
    """Read it in; 0 if it went well."""
    ingestion.BATCH_PASSAGES = 4  # many writes, so that there is much to cut off
    encoder = MiniLM() if encoding else None
    if encoder:
        encoder.encode(["warm"])
    team = Team(place, encoder)
    print("begin", flush=True)
    try:
        report = await team.ingest(watch=_Told())
    except LorelensError as error:
        print(error.code, error, flush=True)
        return error.exit_code
    print(report.model_dump_json(), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(Path(sys.argv[1]), encoding=sys.argv[2] == "minilm")))
