"""What all tests share: the tiny vision-language model, trained beside what does not need it; a running page."""

import os
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.tiny_vlm.trained import Training

if TYPE_CHECKING:
    from tests.scenario.served_team import Shared
    from tests.web_stage import RunningPage, StartPage
    from tests.web_stage.doorstep import Doorstep, OpenDoor

# Before anything imports torch: its threads would spin while they wait, and take a core from the training.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_TRAINING = pytest.StashKey[Training]()
_PATIENCE = 1800
"""Seconds for a test that may have to wait for the training, which takes a few minutes on an idle core."""


def _needs_model(item: pytest.Item) -> bool:
    return "tiny_vlm" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need the model come last, so that it is trained while the others run."""
    items.sort(key=_needs_model)
    for item in items:
        if _needs_model(item) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_PATIENCE))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to train as soon as it is known that a test needs the model."""
    if any(map(_needs_model, session.items)) and not session.config.option.collectonly:
        session.stash[_TRAINING] = Training()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no process behind."""
    training = session.stash.get(_TRAINING, None)
    if training is not None:
        training.stop()


@pytest.fixture(scope="session")
def tiny_vlm(request: pytest.FixtureRequest) -> Path:
    """The folder of the tiny model (see tests/tiny_vlm); mark tests that need it as slow."""
    return request.session.stash[_TRAINING].wait()


@pytest.fixture(scope="session")
def web_team(tmp_path_factory: pytest.TempPathFactory) -> "Generator[Shared]":
    """What all tests of the page share: documents in an index, the encoder, and a Redis (tests/web_stage)."""
    from tests.scenario.served_team import shared_team

    yield from shared_team(tmp_path_factory.mktemp("web"))


@pytest.fixture
async def start_page(web_team: "Shared", tmp_path: Path) -> "AsyncGenerator[StartPage]":
    """Start a page, with settings; all of a test are processes of one installation."""
    from tests.web_stage import started_pages

    async with started_pages(web_team, tmp_path) as start:
        yield start


@pytest.fixture
async def page(start_page: "StartPage") -> "RunningPage":
    """The page, up; nobody is asked who they are."""
    return await start_page()


@pytest.fixture(scope="session")
def door_redis(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The URL of a Redis for all tests of the page's door."""
    import asyncio

    from core.redis_server import EmbeddedRedis

    redis = asyncio.run(EmbeddedRedis.start(tmp_path_factory.mktemp("door")))
    yield redis.url
    asyncio.run(redis.stop())


@pytest.fixture
async def doorstep(door_redis: str, tmp_path: Path) -> "AsyncGenerator[OpenDoor]":
    """Stand before the door of a page with these settings, with nothing behind it but what tells who came through."""
    from contextlib import AsyncExitStack

    from tests.web_stage.doorstep import doorstep_of

    async with AsyncExitStack() as stack:

        async def opened(**settings: object) -> "Doorstep":
            return await stack.enter_async_context(doorstep_of(door_redis, tmp_path, **settings))

        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(
    report: pytest.CollectReport | pytest.TestReport,
) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """Half a character, which hostile tests send and logs repeat, can't travel from the process of a test to the one
    that reports."""
    return _whole_characters((yield))


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        items = cast(dict[Any, Any], value).items()
        return {_whole_characters(key): _whole_characters(one) for key, one in items}
    if isinstance(value, list | tuple):
        found = [_whole_characters(one) for one in cast(Iterable[Any], value)]
        return tuple(found) if isinstance(value, tuple) else found
    return value
