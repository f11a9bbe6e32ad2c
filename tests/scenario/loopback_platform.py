"""A platform for the real `lorelens worker`: installed by a real entry point, it posts to a file.

`install` writes what a package manager would: the metadata of a distribution with an entry point.
"""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from core.application import Application
from core.audience import EVERYONE
from core.errors import DocumentError
from core.messages import Attachment, Message
from core.platform import KeepPicture
from core.posting import Posting
from core.question import Question
from core.reply import ReplyPart, gather

BOARD = "LOOPBACK_PLATFORM_BOARD"
"""The variable that says to which file is posted; without it the platform is not set up."""


def install(site: Path) -> None:
    """Make the platform known to whoever has `site` on its path."""
    metadata = site / "loopback_platform-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: loopback-platform\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(
        "[lorelens.platforms]\nloopback = tests.scenario.loopback_platform:outlet\n"
    )


async def outlet(application: Application) -> "FileOutlet | None":
    """The platform, if a board is named."""
    board = os.environ.get(BOARD)
    return FileOutlet(Path(board)) if board else None


def posted(board: Path) -> list[dict[str, Any]]:
    """What was posted so far."""
    return [json.loads(line) for line in board.read_text("utf-8").splitlines()] if board.exists() else []


class FileOutlet:
    """Posts each whole reply as a line."""

    platform = "loopback"

    def __init__(self, board: Path) -> None:
        self._board = board

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        reply = gather([part async for part in parts])
        await posting.ready()
        line = {
            "key": posting.key,
            "questions": [question.message.id for question in posting.questions],
            "text": reply.text,
            "sources": [citation.source for citation in reply.citations],
            "failure": reply.failure.code if reply.failure else None,
        }
        with self._board.open("a", encoding="utf-8") as board:
            board.write(json.dumps(line) + "\n")
        await posting.note(id=posting.key)
        return posting.key

    async def withdraw(self, posting: Posting) -> None:
        """A line can't be taken back."""

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        return question.message

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        raise DocumentError("There are no files here.")

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        return []

    async def audience(self, question: Question) -> tuple[str, ...]:
        return (EVERYONE,)

    async def close(self) -> None:
        """Nothing to let go of."""
