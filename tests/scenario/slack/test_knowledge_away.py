"""Weaviate is away when somebody asks: they are told at once, in their language, and answered when it is back."""

from pathlib import Path

import pytest

from adapters.texts.chinese import CHINESE
from adapters.texts.english import ENGLISH
from core.knowledge.copying import copy
from core.knowledge.lance import LanceIndex
from core.knowledge.weaviate import errors
from core.knowledge.weaviate.index import WeaviateIndex
from tests.scenario.served_team import Shared
from tests.scenario.slack.conftest import ROLLBACK, StartBot
from tests.slack_emulator import SlackEmulator
from tests.weaviate_emulator import WeaviateEmulator


async def migrated(shared: Shared, emulator: WeaviateEmulator, place: Path) -> None:
    """All that the team knows, in Weaviate."""
    encoder = shared.encoder
    lance = await LanceIndex.open(shared.data / "index", encoder.dimension, encoder.name)
    weaviate = await WeaviateIndex.open(
        emulator.http_url, encoder.dimension, encoder.name, grpc_address=emulator.grpc_address
    )
    async for _ in copy(lance, weaviate, place / "copying.json"):
        pass
    for index in (lance, weaviate):
        await index.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", ENGLISH.waiting), ("zh-CN", CHINESE.waiting)], ids=["English", "Chinese"]
)
async def test_who_asks_meanwhile_is_told_so_and_answered_later(
    slack: SlackEmulator,
    shared: Shared,
    start_bot: StartBot,
    locale: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errors, "CALL_SECONDS", 0.3)
    mei = slack.person("mei", locale=locale)
    general = slack.channel("general")
    async with WeaviateEmulator() as emulator:
        await migrated(shared, emulator, tmp_path)
        bot = await start_bot(weaviate_url=emulator.http_url, weaviate_grpc=emulator.grpc_address)
        async with emulator.away():
            asked = await mei.mentions(general, "How long does a rollback take?")
            await slack.until(lambda: said in slack.assistant(asked).statuses)
            assert not slack.replies(asked)
        answer = await bot.answer(asked, seconds=20)
        assert ROLLBACK in answer.shown
        await bot.stop()
