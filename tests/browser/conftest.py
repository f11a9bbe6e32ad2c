"""What the stories of the browser share: one Chromium a module, and the real page on a team's documents."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.chromium import Chromium, chromium
from tests.scenario.served_team import Shared
from tests.scenario.test_assistant import drawn
from tests.web_stage import StartPage, started_pages


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened() -> AsyncGenerator[Chromium]:
    """The browser of a module; it may ask nothing of any other host, neither for its pages nor by itself."""
    async with chromium() as opened:
        yield opened
    assert opened.outside == []


@pytest_asyncio.fixture(loop_scope="module")
async def serve(web_team: Shared, tmp_path: Path) -> AsyncGenerator[StartPage]:
    """Start the page, with a worker, on the team's documents."""
    async with started_pages(web_team, tmp_path) as start:
        yield start


@pytest.fixture
def error_picture() -> bytes:
    """A screenshot of an error."""
    return drawn("Request failed", "ERR-4031")
