"""Discord's adapter keeps the contract of platforms, before the emulated Discord."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from core.question import Question
from tests.contract.platform_adapter import PlatformAdapterContract, Standing
from tests.discord_emulator import Message
from tests.scenario.discord.posting_desk import POST, Desk, desk_at


class DiscordStage:
    """A channel of the emulated Discord."""

    def __init__(self, desk: Desk) -> None:
        self.mailbox = desk.mailbox
        self.adapter = desk.adapter
        self._desk = desk
        self._asked: dict[str, Message] = {}

    async def ask(self, text: str) -> Question:
        asked, question = await self._desk.ask(text)
        self._asked[question.message.id] = asked
        return question

    def standing(self, question: Question) -> Sequence[Standing]:
        replies = self._desk.replies(self._asked[question.message.id])
        return [_standing(one) for one in replies]

    def keep(self, sha256: str, data: bytes) -> None:
        self._desk.pictures[sha256] = data

    def does_not_answer(self) -> None:
        self._desk.discord.faults.hang_up(POST, done=True)

    async def until_stands(self, question: Question, text: str) -> None:
        await self._desk.discord.until(lambda: any(text in one.text for one in self.standing(question)), seconds=5)


def _standing(message: Message) -> Standing:
    """As it reads: bold is shown bold."""
    return Standing(message.content.replace("**", ""), tuple(one.description or "" for one in message.attachments))


class TestDiscordAdapter(PlatformAdapterContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncGenerator[DiscordStage]:
        async with desk_at(tmp_path) as desk:
            yield DiscordStage(desk)
