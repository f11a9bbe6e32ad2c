"""`lorelens models` as an operator uses it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bots.cli import app
from tests.scenario.openai_server import Refuse, Say, model_server


def models(*arguments: str, data: Path, **environment: str) -> Result:
    variables = {"COLUMNS": "80", "LORELENS_ENCODER": "none", **environment}
    return CliRunner().invoke(app, ["models", "--data", str(data), *arguments], env=variables)


def test_the_overview_fits_80_columns_and_gives_lines_to_paste(tmp_path: Path) -> None:
    done = models(data=tmp_path)
    assert done.exit_code == 0
    assert max(map(len, done.output.splitlines())) <= 80
    assert "Qwen3-VL 4B" in done.output
    assert "questions about pictures" in done.output
    assert 'model = "' in done.output


def test_one_model_is_shown_with_its_sources(tmp_path: Path) -> None:
    done = models("Qwen3-VL 8B", data=tmp_path)
    assert "https://arxiv.org/abs/2511.21631" in done.output
    assert "Apache-2.0\n              https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct" in done.output
    assert "Apache-2.0 (not checked" not in done.output
    assert 'model = "local:Qwen/Qwen3-VL-8B-Instruct"' in done.output


def test_a_licence_that_was_not_read_is_said_to_be_unchecked(tmp_path: Path) -> None:
    assert "Apache-2.0 (not checked; see the model's card)" in models("Qwen3-VL 4B", data=tmp_path).output
    fields = json.loads(models("Qwen3-VL 4B", "--json", data=tmp_path).output)
    assert (fields["licence_source"], fields["licence_note"]) == ("", "not checked; see the model's card")


def test_an_unknown_model_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    done = models("Qwen9", data=tmp_path)
    assert done.exit_code == 3
    assert "Qwen3-VL 8B" in done.output


def test_the_configured_model_is_measured_and_the_figure_kept(tmp_path: Path) -> None:
    with model_server([Say("ready"), Say("one two three four", tokens=9), Say("unused")]) as server:
        model = {"LORELENS_MODEL": "openai:Qwen/Qwen3-VL-8B-Instruct", "LORELENS_MODEL_BASE_URL": server.url}
        done = models("--measure", "--json", data=tmp_path, **model)
    fields = json.loads(done.output)
    [measured] = fields["measured"]
    assert measured["tokens_per_second"] > 0
    entry = next(one for one in fields["models"] if one["name"] == "Qwen/Qwen3-VL-8B-Instruct")
    assert entry["tokens_per_second"] == measured["tokens_per_second"]
    assert "tokens a second" in models(data=tmp_path).output


def test_a_model_that_does_not_answer_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.served.persistence.FIRST_PAUSE", 0.0)
    with model_server([Refuse(503, "loading")]) as server:
        model = {"LORELENS_MODEL": "openai:m", "LORELENS_MODEL_BASE_URL": server.url}
        done = models("--measure", data=tmp_path, **model)
    assert done.exit_code == 4
    assert "failed (loading)" in done.output
