"""Slack's adapter keeps the contract of platforms, before the emulated Slack."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from core.question import Question
from tests.contract.platform_adapter import PlatformAdapterContract, Standing
from tests.scenario.slack.posting_desk import Desk, desk_at
from tests.slack_emulator import Message, SlackEmulator


class SlackStage:
    """A channel of the emulated Slack."""

    def __init__(self, desk: Desk) -> None:
        self.mailbox = desk.mailbox
        self.adapter = desk.outlet
        self._desk = desk
        self._slack = desk.slack
        self._asked: dict[str, Message] = {}

    async def ask(self, text: str) -> Question:
        ada, general = self._slack.person("ada"), self._slack.channel("general")
        asked = await ada.says(general, text)
        question = await self._desk.submit(self._desk.question(asked, ada))
        self._asked[question.message.id] = asked
        return question

    def standing(self, question: Question) -> Sequence[Standing]:
        replies = self._slack.replies(self._asked[question.message.id])
        return [Standing(reply.shown, tuple(picture.alt for picture in reply.pictures)) for reply in replies]

    def keep(self, sha256: str, data: bytes) -> None:
        self._desk.pictures[sha256] = data

    def does_not_answer(self) -> None:
        self._slack.faults.add("chat.postMessage", "hang up after")

    async def until_stands(self, question: Question, text: str) -> None:
        await self._slack.until(lambda: any(text in one.text for one in self.standing(question)), seconds=5)


class TestSlackAdapter(PlatformAdapterContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncGenerator[SlackStage]:
        async with SlackEmulator() as slack, desk_at(slack, tmp_path) as desk:
            yield SlackStage(desk)
