"""Describing, keeping and finding pictures with a model that really sees: the tiny one that the tests train."""

import asyncio
import io
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bots.cli import app
from config.settings import Settings
from core.application import Application
from tests.ingesting import Team
from tests.tiny_vlm.questions import caption_of
from tests.tiny_vlm.scenes import scene_alike

pytestmark = pytest.mark.slow


def scenes(count: int) -> dict[str, tuple[bytes, str]]:
    """Pictures with what is right to say of them, all different."""
    chance = random.Random(4)
    made: dict[str, tuple[bytes, str]] = {}
    while len(made) < count:
        scene = scene_alike(chance)
        said = caption_of(scene)
        if said not in [one for _, one in made.values()]:
            data = io.BytesIO()
            scene.picture.save(data, "PNG")
            made[f"{len(made)}.png"] = (data.getvalue(), said)
    return made


async def captions_written(model: Path, team: Team) -> dict[str, str]:
    async with Application(Settings.model_validate({"data": team.data, "model": f"local:{model}"})) as application:
        team.captioner = application.captioner
        report = await team.ingest()
    assert report.warnings == ()
    return {one.path: one.picture.caption for one in await team.passages() if one.picture is not None}


def test_captions_are_right_and_find_their_pictures(tiny_vlm: Path, tmp_path: Path) -> None:
    made = scenes(6)
    team = Team(tmp_path)
    team.write({path: data for path, (data, _) in made.items()})
    written = asyncio.run(captions_written(tiny_vlm, team))
    assert sum(written[path] == said for path, (_, said) in made.items()) >= 5

    async def found(words: str) -> str:
        async with Application(Settings.model_validate({"data": team.data, "encoder": "none"})) as application:
            hits = await (await application.knowledge()).search(words, kinds=("picture",))
        return hits[0].passage.path

    for path, said in written.items():
        assert asyncio.run(found(said)) == path


def test_several_pictures_are_described_side_by_side(
    tiny_vlm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scenes(4)
    monkeypatch.chdir(tmp_path)
    for path, (data, _) in made.items():
        (tmp_path / path).write_bytes(data)
    env = {"LORELENS_DATA": "data", "LORELENS_ENCODER": "none", "LORELENS_MODEL": f"local:{tiny_vlm}"}
    done = CliRunner().invoke(app, ["caption", *made, "--json"], env=env)
    said = {line["picture"]: line["caption"] for line in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 0
    assert sum(said[path] == right for path, (_, right) in made.items()) >= 3
