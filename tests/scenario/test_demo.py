"""A new user types `lorelens demo` in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bots import demo
from bots.demo import Turn, demo_folder, read_turns
from core.errors import SettingsError

pytestmark = pytest.mark.timeout(900)  # nine pictures are read, which takes long on a busy machine
ROOT = Path(__file__).parents[2]
TURNS = read_turns(ROOT / "demo" / "conversation.toml")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demonstration prints."""
    folder = tmp_path_factory.mktemp("empty")
    done = subprocess.run(
        [sys.executable, "-c", "from bots.cli import main; main()", "demo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "400", "LORELENS_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.slow
def test_handbook_is_read_without_a_failure(played: str) -> None:
    begin = played.partition("2. A conversation about it")[0]

    documents = [path for path in (ROOT / "demo" / "handbook").rglob("*") if path.is_file()]
    assert re.search(rf"^read +{len(documents)} ", begin, re.MULTILINE)
    assert re.search(r"^failed +0", begin, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(TURNS)), ids=[turn.say for turn in TURNS])
def test_each_turn_shows_what_it_is_there_to_show(played: str, number: int) -> None:
    turn = TURNS[number]
    shown = played.partition(f"{number + 1} of {len(TURNS)} ")[2].partition(f"{number + 2} of {len(TURNS)} ")[0]
    reply = shown.partition("╯")[2]

    assert turn.say in shown
    for word in turn.expect.get("words", ()):
        assert word in reply.partition("\nSources")[0]
    if source := turn.expect.get("source"):
        assert re.search(rf"^\[\d+\] {re.escape(source)}", reply, re.MULTILINE)
    if picture := turn.expect.get("picture"):
        assert picture in reply
        assert all(Path(path).is_file() for path in re.findall(r"^  (/\S+\.png)$", reply, re.MULTILINE))
    assert ("do not seem to answer" in reply) is turn.expect.get("declined", False)


@pytest.mark.slow
def test_end_says_how_to_go_on(played: str) -> None:
    assert re.search(r"lorelens chat --data \S*demo", played)
    assert "lorelens ingest FOLDER" in played


def test_installed_without_its_source_code_it_says_where_the_handbook_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "CHECKOUT", tmp_path)

    with pytest.raises(SettingsError, match="make demo"):
        demo_folder()


def test_conversation_shows_all_that_it_should() -> None:
    assert any(turn.picture for turn in TURNS)
    assert any(turn.expect.get("picture") for turn in TURNS)
    assert any(turn.expect.get("declined") for turn in TURNS)
    assert any(not turn.say.isascii() for turn in TURNS)
    assert all(_exists(turn) for turn in TURNS)


def _exists(turn: Turn) -> bool:
    handbook = ROOT / "demo" / "handbook"
    source, picture = turn.expect.get("source", ""), turn.expect.get("picture", "")
    return (
        (handbook / source).exists()
        and (handbook / "pictures" / picture).exists()
        and (ROOT / "demo" / turn.picture).exists()
    )
