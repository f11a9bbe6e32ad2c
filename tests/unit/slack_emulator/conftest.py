"""What the tests of the Slack emulator share: one of them, the real slack_sdk's client of it, and Ada in a channel."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_emulator import Channel, Person, SlackEmulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator() as emulator:
        yield emulator


@pytest.fixture
def client(slack: SlackEmulator) -> Any:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def ada(slack: SlackEmulator) -> Person:
    return slack.person("ada", locale="zh-CN")


@pytest.fixture
def general(slack: SlackEmulator, ada: Person) -> Channel:
    return slack.channel("general")
