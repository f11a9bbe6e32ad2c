"""The examples of docs/api.md, run as they stand there."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.ingesting import png
from tests.web_stage import ROLLBACK, StartPage

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```", TEXT, re.DOTALL)[1:]
"""All but the first, which says where Lorelens is and who asks."""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl, which the examples use, is not installed")
async def test_each_example_does_what_it_is_there_for(start_page: StartPage, tmp_path: Path) -> None:
    page = await start_page(web_login="password")
    await page.person("robot")
    settings = {**os.environ, "LORELENS": page.url, "LORELENS_TOKEN": await page.token("robot")}
    (tmp_path / "screenshot.png").write_bytes(png("ERR-4031"))
    assert len(EXAMPLES) == 5
    for language, example in EXAMPLES:
        command = ("sh", "-c", example) if language == "sh" else (sys.executable, "-c", example)
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said = (await process.communicate())[0].decode()
        assert process.returncode == 0, said
        assert ("signature" if "screenshot" in example else ROLLBACK) in said, said
