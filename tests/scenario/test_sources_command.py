"""`lorelens sources` as an operator meets it: set up, synced, listed, scheduled, and taken away again."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.scenario.test_command_line import lines, lorelens

pytestmark = pytest.mark.slow
PLAIN = {"LORELENS_ENCODER": "none"}


def test_an_operator_sets_sources_up_and_takes_them_away(tmp_path: Path) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = lorelens(*arguments, cwd=tmp_path, env=PLAIN)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "guide.md").write_text("# Guide\n\nThe gateway listens on port 8080.\n")
    for arguments in (["init", "--quiet", "wiki"], ["-C", "wiki", "commit", "--quiet", "--allow-empty", "-m", "Begin"]):
        said = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *said, *arguments], cwd=tmp_path, check=True)

    assert "is set up" in run("sources", "add", "folder", "share", "--every", "6h")
    run("sources", "add", "git", "wiki", "--name", "the wiki", "--audience", "guests")
    run("sources", "add", "git", "gone", "--name", "gone")
    reports = lorelens("sources", "sync", "--json", cwd=tmp_path, env=PLAIN)
    listed = json.loads(run("sources", "--json"))
    shown = run("sources", "show", "share")

    assert reports.returncode == 4  # one of them is away; the others were synced all the same
    by_name = {report["name"]: report for report in lines(reports)}
    assert set(by_name) == {"share", "the wiki", "gone"}
    assert by_name["share"]["parts"][0]["ingested"]["read"] == 1
    assert "There is no" in by_name["gone"]["error"]
    kinds = {row["configured"]: (row["kind"], row["every"], row["last_error"] != "") for row in listed}
    assert kinds == {"share": ("folder", 21600, False), "the wiki": ("git", 0, False), "gone": ("git", 0, True)}
    assert "everyone" in shown and "every 6h" in shown

    assert "port 8080" in run("search", "gateway port")
    assert "only when asked" in run("sources", "schedule", "share", "--off")
    assert "another --name" in run("sources", "add", "git", "wiki", "--name", "share", code=2)
    assert "1 passages" in run("sources", "remove", "share", "--yes")
    assert "token_env" in run("sources", "add", "git", "https://ann:pw@example.org/a.git", code=2)


def test_a_folder_that_was_read_in_by_hand_is_one_source_when_it_is_set_up(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = lorelens(*arguments, cwd=tmp_path, env=PLAIN)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "guide.md").write_text("# Guide\n\nThe gateway listens on port 8080.\n")
    run("ingest", "share", "--audience", "guests")
    run("sources", "add", "folder", "share", "--every", "6h")

    [row] = json.loads(run("sources", "--json"))
    assert (row["configured"], row["documents"], row["every"]) == ("share", 1, 21600)
    assert row["record"]["audience"] == row["audience"] == ["guests"]
    assert "1 passages" in run("sources", "remove", "share", "--yes")
    assert json.loads(run("sources", "--json")) == []
