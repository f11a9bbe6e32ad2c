"""Pictures get captions as they are read in: with a model on the wire, one that fails, one that is away, none."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.settings import Settings
from core.application import Application
from core.knowledge.documents import PictureFacts
from core.knowledge.ingest import IngestReport
from tests.ingesting import Team, Watch, png
from tests.scenario.openai_server import ModelServer, Refuse, Say, Scripted, model_server

pytestmark = pytest.mark.slow

PAGES: dict[str, str | bytes] = {
    "light.md": "# Crossing\n\n![](light.png)\n",
    "light.png": png(size=(64, 64), colour="red"),
    "chinese.md": "# 大厅\n\n这里是公司大厅的照片。\n\n![](hall.png)\n",
    "hall.png": png(size=(64, 64), colour="blue"),
    "login.md": "# Access\n\n![](login.png)\n",
    "login.png": png("Password"),
}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(tmp_path)
    team.write(PAGES)
    return team


@asynccontextmanager
async def captioned_by(
    team: Team, server: ModelServer | str, model: str = "test", **settings: object
) -> AsyncGenerator[Team]:
    """The team with a model that captions its pictures."""
    url = server if isinstance(server, str) else server.url
    served = {"data": team.data, "model": f"openai:{model}", "model_base_url": url, "model_sees_pictures": True}
    async with Application(Settings.model_validate(served | settings)) as application:
        team.captioner = application.captioner
        yield team
    team.captioner = None


async def captions(team: Team) -> dict[str, str]:
    return {one.path: one.picture.caption for one in await team.passages() if one.picture is not None}


def asked(server: ModelServer) -> list[str]:
    """What was asked about each picture."""
    return [json.dumps(request["messages"], ensure_ascii=False) for request in server.requests]


async def test_captions_are_written_kept_searched_and_not_written_again(team: Team) -> None:
    with model_server([Say("**A tall lighthouse** by the sea.")]) as server:
        async with captioned_by(team, server):
            first = await team.ingest()
            again = await team.ingest()
    assert first.captions == 3
    assert first.warnings == ()
    assert again.captions == again.read == again.pictures == 0
    assert len(server.requests) == 3
    assert set((await captions(team)).values()) == {"A tall lighthouse by the sea."}
    assert team.watch.totals.get("captions") is None
    async with Application(Settings.model_validate({"data": team.data, "encoder": "none"})) as application:
        hits = await (await application.knowledge()).search("lighthouse", kinds=("picture",))
    assert {hit.passage.path for hit in hits} == {"light.png", "hall.png", "login.png"}
    assert "lighthouse" in hits[0].passage.text


async def test_progress_shows_captions_and_each_picture_once(team: Team) -> None:
    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            await team.ingest()
    assert team.watch.totals == {"documents": 6, "pictures": 3, "captions": 3}
    for stage in ("pictures", "captions"):
        assert sorted(item for at, item in team.watch.seen if at == stage) == ["hall.png", "light.png", "login.png"]


async def test_what_ocr_read_goes_along_as_data_and_the_page_decides_the_language(team: Team) -> None:
    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            await team.ingest()
    questions = asked(server)
    [login] = [one for one in questions if "Password" in one]
    assert "<picture-text-" in login and "</picture-text-" in login
    assert sum("请用一到三个短句" in one for one in questions) == 1
    assert all("image_url" in one for one in questions)
    assert not any("Crossing" in one or "大厅" in one for one in questions)


async def test_a_model_that_is_configured_later_captions_what_has_none_and_nothing_else_is_read(team: Team) -> None:
    before = await team.ingest()
    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            after = await team.ingest()
    assert before.captions == 0
    assert (after.captions, after.read, after.pictures) == (3, 0, 0)


async def test_another_model_leaves_captions_alone_unless_it_is_told_to_write_them_anew(team: Team) -> None:
    for model, said, recaption in (("one", "Old words.", False), ("two", "New words.", False), ("two", "New.", True)):
        with model_server([Say(said)]) as server:
            async with captioned_by(team, server, model):
                report = await team.ingest(recaption=recaption)
        assert report.captions == (0 if (model, recaption) == ("two", False) else 3)
    assert set((await captions(team)).values()) == {"New."}
    await team.ingest()
    assert set((await captions(team)).values()) == {"New."}


async def test_a_model_that_is_away_costs_only_the_captions_which_come_with_the_next_run(team: Team) -> None:
    async with captioned_by(team, "http://127.0.0.1:9/v1"):
        away = await team.ingest()
    assert away.pictures == 3
    assert [one.path for one in away.warnings] == ["captions"]
    assert "next run" in away.warnings[0].reason
    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            report = await team.ingest()
    assert report.captions == 3
    assert report.warnings == ()


async def test_a_fallback_that_does_not_see_writes_no_captions(team: Team) -> None:
    async with captioned_by(team, "http://127.0.0.1:9/v1", model_fallbacks="extractive"):
        report = await team.ingest()
    assert report.captions == 0
    assert ["can't see pictures" in one.reason for one in report.warnings] == [True]


async def test_a_picture_that_the_model_refuses_is_reported_and_the_others_go_on(team: Team) -> None:
    script: Sequence[Scripted] = [Refuse(400, "this picture is not for me"), Say("A picture.")]
    with model_server(script) as server:
        async with captioned_by(team, server):
            report = await team.ingest()
            assert report.captions == 2
            assert ["this picture is not for me" in one.reason for one in report.warnings] == [True]
            assert len(await captions(team)) == 3
            again = await team.ingest()
    assert again.captions == 1


async def test_a_run_that_is_stopped_keeps_the_captions_it_has(team: Team) -> None:
    for at in range(4):
        team.write({f"{at}.png": png(size=(64, 48 + at), colour="green")})

    class Stops(Watch):
        def advance(self, stage: str, item: str) -> None:
            super().advance(stage, item)
            if stage == "captions" and len([one for one in self.seen if one[0] == "captions"]) == 2:
                raise asyncio.CancelledError

    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            with pytest.raises(asyncio.CancelledError):
                await team.ingest(watch=Stops())
            kept = len(server.requests)
            report = await team.ingest()
    written = await captions(team)
    assert len(written) == 7
    assert set(written.values()) == {"A picture."}
    assert report.captions < 7
    assert kept + report.captions >= 7


async def test_caption_goes_with_its_picture(team: Team) -> None:
    with model_server([Say("A picture.")]) as server:
        async with captioned_by(team, server):
            await team.ingest()
            (team.folder / "light.png").unlink()
            await team.ingest()
    assert set(await captions(team)) == {"hall.png", "login.png"}


def test_facts_from_before_there_were_captions_are_read() -> None:
    old = {"sha256": "0" * 64, "media_type": "image/png", "width": 1, "height": 1, "caption": "photo, red"}
    assert PictureFacts.model_validate(old).appearance == ""
    assert IngestReport(source="a").captions == 0
