"""A folder as a source."""

import os
from pathlib import Path

import pytest

from core.errors import QuestionError
from core.sources.connector import Connector, SourceSpec
from core.sources.folder import folder
from tests.contract.connector import ConnectorContract, House


class FolderWorld:
    """A folder of files."""

    fetches = False

    def __init__(self, place: Path) -> None:
        self.folder = place / "team share"
        self.folder.mkdir()

    def open(self) -> Connector:
        spec = SourceSpec(name="source", kind="folder", location=str(self.folder))
        return folder.open(folder.check(spec), None)

    async def write(self, name: str, words: str) -> None:
        file = self.folder / name
        file.write_text(f"# {name}\n\n{words}\n")
        os.utime(file, (1_700_000_000, 1_700_000_000))

    async def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    async def go_away(self) -> None:
        self.folder.rename(self.folder.with_name("away"))

    async def come_back(self) -> None:
        self.folder.with_name("away").rename(self.folder)


class TestFolder(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> FolderWorld:
        return FolderWorld(tmp_path)

    async def test_a_share_that_is_not_mounted_is_empty_and_forgets_nothing(
        self, world: FolderWorld, house: House
    ) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")
        await house.sync()
        await world.remove("guide.md")

        report = await house.sync()

        assert "empty" in report.error
        assert "port 8080" in await house.words()

    def test_a_file_is_no_folder(self, world: FolderWorld) -> None:
        (world.folder / "a.md").write_text("A")
        with pytest.raises(QuestionError):
            folder.check(SourceSpec(name="a", kind="folder", location=str(world.folder / "a.md")))
