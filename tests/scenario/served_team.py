"""What the stories of all chat platforms share: a team's documents read in once, and a Redis for the whole run."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bots.turn_handling import WorkLimits
from bots.worker import Worker
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.models.encoder import Encoder
from core.models.minilm import MiniLM
from core.redis_server import EmbeddedRedis
from tests.ingesting import OCR, Team
from tests.scenario.test_assistant import drawn

ROLLBACK = "A rollback takes four minutes and needs no approval."
ERROR = "ERR-4031 means that the webhook signature does not match."
DOCUMENTS = {
    "deploy.md": "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\n## Rollback\n\n"
    f"Run `parcel rollback` on the bastion host. {ROLLBACK}\n\n![How a rollback goes](rollback.png)\n",
    "errors.md": f"# Error codes\n\n## ERR-4031\n\n{ERROR} Rotate the signing key in the partner console.\n",
    "holidays.md": "# 休假\n\n每位员工每年有二十五天带薪休假。申请须提前两周提交给直属经理。\n",
}
SOON = WorkLimits(turns=4, turn_time=20, tries=3, patience=5, grace=5, pause=0.05)


@dataclass(frozen=True)
class Shared:
    """What all tests of a run share: documents that were read in, the encoder, and where a Redis listens."""

    data: Path
    encoder: Encoder
    redis_url: str


def shared_team(folder: Path) -> Iterator[Shared]:
    """The documents in an index, the encoder, and a Redis, until it is closed."""
    encoder = MiniLM()
    (folder / "team").mkdir()
    (folder / "redis").mkdir()
    team = Team(folder / "team", encoder=encoder)
    team.write({**DOCUMENTS, "rollback.png": drawn("operator", "bastion host", "previous release")})
    asyncio.run(team.ingest())
    redis = asyncio.run(EmbeddedRedis.start(folder / "redis"))
    yield Shared(team.data, encoder, redis.url)
    asyncio.run(redis.stop())


class SharedApplication(Application):
    """An application on what is shared, with conversations of its own."""

    def __init__(self, settings: Settings, shared: Shared, store: Conversations) -> None:
        super().__init__(settings)
        self.encoder = shared.encoder
        self.ocr = OCR
        self._store = store

    async def conversations(self) -> Conversations:
        return self._store


@asynccontextmanager
async def working(worker: Worker) -> AsyncGenerator[None]:
    """A worker that works while the block runs; in the end it is stopped as SIGTERM does."""
    work = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await work
