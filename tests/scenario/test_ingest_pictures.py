"""Pages show pictures, change, and let go of them; the index follows."""

from pathlib import Path

import pytest

from tests.ingesting import Team, png


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


async def test_picture_of_two_pages_is_one_passage_with_the_words_of_both(team: Team) -> None:
    team.write(
        {
            "images/flow.png": png("Gateway"),
            "images/icon.png": png(size=(16, 16)),
            "en.md": "# Release flow\n\nRequests enter here.\n\n![the path of a request](images/flow.png)\n",
            "zh.md": "# 发布流程\n\n请求从这里进入。\n\n![请求的路径](images/flow.png) ![](images/icon.png)\n",
        }
    )

    report = await team.ingest()

    pictures = [passage for passage in await team.passages() if passage.picture]
    assert report.pictures == len(pictures) == len(team.kept_pictures()) == 1
    assert pictures[0].path == "images/flow.png"
    for words in ("the path of a request", "请求的路径", "Release flow", "发布流程", "Gateway"):
        assert words in pictures[0].text
    assert ("pictures", "images/flow.png") in team.watch.seen


async def test_page_follows_its_picture(team: Team) -> None:
    page = "# Release flow\n\n![how it flows](flow.png)\n"
    team.write({"page.md": page})
    missing = await team.ingest()

    team.write({"flow.png": png("First")})
    came = await team.ingest()
    first = await text(team, "flow.png")
    team.write({"flow.png": png("Second")})
    await team.ingest()
    second = await text(team, "flow.png")
    (team.folder / "flow.png").unlink()
    await team.ingest()

    assert [one.path for one in missing.warnings] == ["page.md"]
    assert came.warnings == ()
    assert "how it flows" in first and "First" in first
    assert "how it flows" in second and "Second" in second and "First" not in second
    assert await team.passages("flow.png") == []
    assert team.kept_pictures() == set()


async def test_page_that_lets_go_of_a_picture(team: Team) -> None:
    team.write({"a.md": "# One\n\n![a](p.png)\n", "b.md": "# Two\n\n![b](p.png)\n", "p.png": png("P")})
    await team.ingest()

    team.write({"a.md": "# One\n\nNothing to see.\n"})
    await team.ingest()
    (picture,) = [passage for passage in await team.passages() if passage.picture]

    assert "Two" in picture.text
    assert "One" not in picture.text


async def text(team: Team, path: str) -> str:
    return "\n".join(passage.text for passage in await team.passages(path))
