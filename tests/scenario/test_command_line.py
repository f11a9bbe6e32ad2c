"""The command line as a person or a script meets it: a real process, its output, its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.test_assistant import DOCUMENTS, ROLLBACK, drawn

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("LORELENS_")}


def lorelens(
    *arguments: str | Path, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `lorelens` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from bots.cli import main; main()", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the team's documents were read in."""
    home = tmp_path_factory.mktemp("home")
    documents = home / "docs"
    documents.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text, encoding="utf-8")
    (documents / "rollback.png").write_bytes(drawn("operator", "bastion host", "previous release"))
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (home / "error.png").write_bytes(drawn("Request failed", "ERR-4031"))
    done = lorelens("ingest", "docs", "--data", "data", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "broken.pdf" in done.stdout
    assert "failed     1" in done.stdout
    return home


def test_an_answer_is_printed_with_its_sources(home: Path) -> None:
    done = lorelens("ask", "How long does a rollback take?", "--data", "data", cwd=home)
    assert done.returncode == 0
    assert "A rollback takes four minutes" in done.stdout
    assert "[1] deploy.md" in done.stdout


def test_an_answer_as_json_names_source_heading_and_sentence(home: Path) -> None:
    done = lorelens("ask", "How long does a rollback take?", "--json", cwd=home, env={"LORELENS_DATA": "data"})
    [answer] = lines(done)
    assert ROLLBACK in answer["answer"]
    assert answer["declined"] is False
    citation = answer["citations"][0]
    assert set(citation) == {"number", "source", "heading", "page", "quote"}
    assert citation["source"] == "deploy.md"
    assert ROLLBACK in citation["quote"]
    assert done.stderr == ""


def test_a_picture_beside_the_question_is_read(home: Path) -> None:
    done = lorelens("ask", "What is wrong?", "--picture", "error.png", "--json", "--data", "data", cwd=home)
    [answer] = lines(done)
    assert "ERR-4031" in answer["answer"]
    assert "errors.md" in [one["source"] for one in answer["citations"]]


def test_a_batch_answers_line_by_line_and_a_bad_line_stops_nothing(home: Path) -> None:
    asked = [
        "How long does a rollback take?",
        '{"question": "What is wrong here?", "picture": "error.png"}',
        '{"question": "What is wrong here?", "picture": "missing.png"}',
        "",
        "每年有多少天带薪休假？",
    ]
    done = lorelens("ask", "--batch", "--data", "data", cwd=home, stdin="\n".join(asked) + "\n")
    first, second, third, fourth, fifth = lines(done)
    assert ROLLBACK in first["answer"]
    assert "ERR-4031" in second["answer"]
    assert third["error"]["code"] == "picture"
    assert fourth["error"]["code"] == "question"
    assert "二十五天" in fifth["answer"]
    assert done.returncode == 2


def test_search_in_a_batch_gives_hits_in_order(home: Path) -> None:
    asked = "How long does a rollback take?\nwebhook signature\n带薪休假\n"
    answers = lines(lorelens("search", "--batch", "--data", "data", cwd=home, stdin=asked))
    assert [one["hits"][0]["source"] for one in answers] == ["deploy.md", "errors.md", "holidays.md"]
    hit = answers[1]["hits"][0]
    assert hit["kind"] == "text"
    assert "webhook signature" in hit["text"]
    scores = [one["score"] for one in answers[1]["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_pictures_are_found_by_what_they_show(home: Path) -> None:
    [found] = lines(lorelens("pictures", "how a rollback goes", "--json", "--data", "data", cwd=home))
    assert [(one["source"], one["kind"]) for one in found["hits"]] == [("rollback.png", "picture")]


def test_sources_are_listed_and_forgotten(home: Path) -> None:
    other = home / "other"
    other.mkdir()
    (other / "cat.md").write_text("# The office cat\n\nThe office cat is called Biscuit.\n", encoding="utf-8")
    assert lorelens("ingest", other, "--data", "data", cwd=home).returncode == 0
    [docs, _] = json.loads(lorelens("sources", "--json", "--data", "data", cwd=home).stdout)
    assert (docs["record"]["source"], docs["documents"], len(docs["failed"])) == ("docs", 5, 1)
    done = lorelens("forget", "--source", "other", "--data", "data", cwd=home)
    assert done.returncode == 0
    [found] = lines(lorelens("search", "office cat Biscuit", "--json", "--data", "data", cwd=home))
    assert "other" not in [one["in"] for one in found["hits"]]
    assert lorelens("forget", "--source", "other", "--data", "data", cwd=home).returncode == 2


def test_a_conversation_is_remembered_from_one_start_to_the_next(home: Path) -> None:
    first = lorelens("chat", "--data", "data", cwd=home, stdin="What does ERR-4031 mean?\n/quit\n")
    assert "webhook signature" in first.stdout
    second = lorelens("chat", "--data", "data", cwd=home, stdin="And who rotates the key for it?\n/forget\n/nonsense\n")
    assert "signing key" in second.stdout
    assert "Forgotten" in second.stdout
    assert "There is no command /nonsense" in second.stdout
    assert second.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ask", "anything"), 3, "lorelens ingest FOLDER"),
        (("ingest", "nowhere"), 2, "Check the path"),
        (("search", "  "), 2, "nothing to look for"),
        (("ask", "what?", "--picture", "nowhere.png"), 2, "can't be read"),
        (("forget",), 2, "Name one of"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_errors_say_what_to_do_and_carry_a_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = lorelens(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_in_json_is_json_on_standard_output(tmp_path: Path) -> None:
    done = lorelens("ask", "anything", "--json", cwd=tmp_path)
    assert lines(done)[0]["error"]["code"] == "settings"
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('modle = "openai:gpt-5"', "modle"),
        ("history_tokens = -1", "history_tokens"),
        ('model = "openai', "can't be read"),
        ('model_api_key = "sk-secret"', "LORELENS_MODEL_API_KEY"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_shown(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "lorelens.toml").write_text(text, encoding="utf-8")
    done = lorelens("sources", cwd=tmp_path)
    assert done.returncode == 3
    assert said in done.stderr
    assert "sk-secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_says_what_there_is_and_what_is_missing(home: Path) -> None:
    done = lorelens("doctor", "--data", "data", cwd=home)
    assert done.returncode == 0, done.stdout
    for part in ("data folder", "conversation store", "encoder", "OCR", "chat model", "knowledge"):
        assert part in done.stdout
    assert "LanceDB in" in done.stdout
    away = lorelens("doctor", "--data", "data", cwd=home, env={"LORELENS_REDIS_URL": "redis://127.0.0.1:1"})
    assert away.returncode == 3
    assert "broken" in away.stdout


def test_help_names_the_commands_and_the_exit_codes(tmp_path: Path) -> None:
    done = lorelens("--help", cwd=tmp_path)
    assert done.returncode == 0
    for word in ("ask", "ingest", "pictures", "doctor", "Exit codes"):
        assert word in done.stdout
