"""`lorelens train` as a person uses it: from nothing, killed and gone on with, and fine-tuned without forgetting."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.models.local.loading import load_local
from core.training.evaluation import Figures, evaluate
from core.training.prompts import PromptMaker
from core.training.run import asked_of
from tests.tiny_vlm.dataset import write_new_colour, write_replay
from tests.tiny_vlm.lessons import held_out
from tests.tiny_vlm.scenes import SEEN, UNSEEN, Pair
from tests.tiny_vlm.trained import CONFIG, LESSONS, ROOT

pytestmark = pytest.mark.slow
LORELENS = (sys.executable, "-c", "from bots.cli import main; main()", "train")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
LEARNED = {"colour": 0.95, "shape": 0.95, "colour of": 0.95, "shape of": 0.95, "passage": 0.95}
"""What is answered rightly at least; which of two things is meant is the last that is learned."""


def begin(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*LORELENS, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = process.communicate(timeout=200)
    return process.returncode, said, complained


def train(*arguments: object) -> dict[str, Any]:
    code, said, complained = finish(begin(*arguments, "--json"))
    assert code == 0, complained
    return json.loads(said)


def kill_once_there_is(pattern: str, folder: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while not list(folder.glob(pattern)):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    finish(process)


@pytest.fixture(scope="module")
def short_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, hardly trained."""
    text = CONFIG.read_text(encoding="utf-8")
    start = text.index("[schedule]")
    schedule = "[schedule]\nsteps = 24\nlessons = 4\nlearning_rate = 2.5e-3\nwarmup = 4\ncheckpoint = 4\n"
    file = tmp_path_factory.mktemp("config") / "short.toml"
    file.write_text(text[:start] + schedule, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def untaught(short_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untaught") / "model"
    train(LESSONS, "--from-scratch", short_config, "--out", folder)
    return folder


def test_training_from_nothing_that_is_killed_goes_on_as_if_it_had_not_been(
    untaught: Path, short_config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    command = (LESSONS, "--from-scratch", short_config, "--out", out)
    kill_once_there_is("checkpoints/checkpoint.pt", out, begin(*command))
    assert not (out / "config.json").exists()
    code, _, complained = finish(begin(*command))
    assert code == 3 and "--resume" in complained
    train(*command, "--resume")
    assert (out / "model.safetensors").read_bytes() == (untaught / "model.safetensors").read_bytes()
    code, _, complained = finish(begin(*command))
    assert code == 3 and "holds a model already" in complained


def test_fine_tuning_that_is_killed_goes_on_as_if_it_had_not_been(untaught: Path, tmp_path: Path) -> None:
    data = write_new_colour(tmp_path, pictures=24)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    command = (data, "--model", untaught, "--epochs", 8)
    report = train(*command, "--out", whole)
    assert report["trained_parameters"] < report["parameters"] / 5
    kill_once_there_is("checkpoints/checkpoint-*/COMPLETE", broken, begin(*command, "--out", broken))
    train(*command, "--out", broken, "--resume")
    adapter = "adapter_model.safetensors"
    assert (broken / adapter).read_bytes() == (whole / adapter).read_bytes()


def figures_of(model: Path, scenes: int, pairs: Sequence[Pair]) -> Figures:
    """What a model answers rightly about new scenes."""
    loaded = load_local(str(model), device="cpu", precision="float32")
    maker = PromptMaker(loaded.processor, loaded.notes.prompt)
    asked = [one for lesson in held_out(scenes, pairs) for one in asked_of(lesson)]
    return evaluate(loaded.model, maker, asked)[0]


def test_the_tiny_model_sees_and_reads(tiny_vlm: Path) -> None:
    seen, unseen = figures_of(tiny_vlm, 150, SEEN), figures_of(tiny_vlm, 60, UNSEEN)
    assert {kind: seen.kinds[kind] for kind, least in LEARNED.items() if seen.kinds[kind] < least} == {}
    assert {kind: unseen.kinds[kind] for kind in ("colour", "shape") if unseen.kinds[kind] < 0.85} == {}


def test_a_new_colour_is_learned_and_the_old_ones_are_not_forgotten(tiny_vlm: Path, tmp_path: Path) -> None:
    new, replay = write_new_colour(tmp_path), write_replay(tmp_path)
    out = tmp_path / "model"
    report = train(new, "--model", tiny_vlm, "--replay", replay, "--epochs", 6, "--merge", "--out", out)
    taught, old = report["measured"]
    assert taught["before"]["kinds"]["colour"] == 0
    assert taught["after"]["kinds"]["colour"] >= 0.8
    assert old["before"]["kinds"].keys() == old["after"]["kinds"].keys()
    # What the command keeps aside of so small a replay set is too little to tell a few points by.
    assert figures_of(out, 150, SEEN).exact_match >= figures_of(tiny_vlm, 150, SEEN).exact_match - 0.03
    assert load_local(str(out), device="cpu", precision="float32").notes.prompt == "brief"
    assert "## Figures" in (out / "README.md").read_text(encoding="utf-8")


def test_what_cannot_be_trained_says_why(tmp_path: Path, tiny_vlm: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"question": "q?", "answer": ""}\n', encoding="utf-8")
    code, _, complained = finish(begin(data, "--model", tiny_vlm, "--out", tmp_path / "a"))
    assert code == 2 and "no answer (1)" in complained
    code, _, complained = finish(begin(data, "--out", tmp_path / "b"))
    assert code == 3 and "What is to be trained?" in complained
    code, _, complained = finish(begin(tmp_path / "gone", "--model", tiny_vlm, "--out", tmp_path / "c"))
    assert code == 2 and "is not there" in complained
