"""`lorelens caption` and `lorelens pictures --like`, as a person and a script run them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bots.cli import app
from tests.ingesting import png
from tests.scenario.openai_server import Abilities, ModelServer, Refuse, Say, model_server
from tests.scenario.test_assistant import drawn

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, where Lorelens is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "login.png").write_bytes(drawn("Badge number", "Sign in"))
    (tmp_path / "red.png").write_bytes(png(size=(80, 80), colour="red"))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def lorelens(*arguments: str, server: ModelServer | None = None, stdin: str = "") -> Result:
    env = {"LORELENS_DATA": "data", "LORELENS_ENCODER": "none", "COLUMNS": "200"}
    if server is not None:
        env |= {"LORELENS_MODEL": "openai:test", "LORELENS_MODEL_BASE_URL": server.url}
    return CliRunner().invoke(app, list(arguments), env=env, input=stdin)


def lines(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_pictures_are_described_by_a_model_that_sees(home: Path) -> None:
    with model_server([Say("**A red square.**")]) as server:
        done = lorelens("caption", "red.png", "login.png", "--language", "zh", server=server)
        assert "请用一到三个短句" in server.text_of(0) + server.text_of(1)
    assert done.exit_code == 0, done.output
    assert done.stdout.split("\n\n")[0].splitlines() == ["red.png", "   A red square."]
    assert done.stdout.count("A red square.") == 2


def test_without_a_model_that_sees_it_says_what_can_be_read_and_that_it_is_no_more(home: Path) -> None:
    done = lorelens("caption", "login.png", "red.png", "--json")
    login, red = lines(done)
    assert "Badge number" in login["caption"] and "red" in red["caption"].lower()
    assert (login["model"], login["picture"]) == ("", "login.png")
    assert "does not see pictures" in done.stderr
    with model_server([Say("No.")], Abilities(pictures="refuses")) as server:
        blind = lorelens("caption", "login.png", "--language", "zh", "--json", server=server)
        assert server.requests == []
    assert "图中文字：Badge number" in lines(blind)[0]["caption"]
    assert "does not see pictures" in blind.stderr


def test_a_batch_is_answered_in_order_and_goes_on_past_what_is_no_picture(home: Path) -> None:
    asked = 'red.png\nnotes.txt\n\n{"picture": "login.png"}\nmissing.png\n'
    with model_server([Say("A picture.")]) as server:
        done = lorelens("caption", "--batch", server=server, stdin=asked)
    assert done.exit_code == 2
    assert [one["picture"] for one in lines(done)] == ["red.png", "notes.txt", "login.png", "missing.png"]
    assert [one.get("caption", one.get("error", {}).get("code")) for one in lines(done)] == [
        "A picture.",
        "picture",
        "A picture.",
        "picture",
    ]


def test_a_model_that_is_away_is_an_error_with_its_exit_code(home: Path) -> None:
    with model_server([Refuse(401, "no such key")]) as server:
        done = lorelens("caption", "red.png", server=server)
    assert done.exit_code == 4
    assert "Error:" in done.stderr
    assert lorelens("caption").exit_code == 2


def test_pictures_are_found_by_a_picture(home: Path) -> None:
    docs = home / "docs"
    docs.mkdir()
    (docs / "form.png").write_bytes(drawn("Badge number", "Sign in here"))
    (docs / "plan.png").write_bytes(drawn("Canteen", "Warehouse", "Gate"))
    (docs / "lamp.png").write_bytes(png(size=(90, 90), colour="red"))
    assert lorelens("ingest", "docs").exit_code == 0
    by_words = lines(lorelens("pictures", "--like", "login.png", "--json"))[0]["hits"]
    by_looks = lines(lorelens("pictures", "--like", "red.png", "--json"))[0]["hits"]
    same = lines(lorelens("pictures", "--like", "docs/plan.png", "--json"))[0]["hits"]
    assert by_words[0]["source"] == "form.png"
    assert by_looks[0]["source"] == "lamp.png"
    assert (same[0]["source"], same[0]["score"]) == ("plan.png", 1.0)
    assert "form.png" in lorelens("pictures", "the form", "--like", "login.png").stdout
    assert lorelens("pictures").exit_code == 2
