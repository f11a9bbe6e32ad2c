"""Too large, too many, too long: a friendly limit, and an answer that Discord takes."""

import struct
import zlib

import pytest

from tests.discord_emulator import Channel, Emulator, Person, Upload
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.discord.running_bot import RunningBot


def bomb(side: int = 10_001) -> bytes:
    """A small file that says it is a picture of a hundred megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")
    )


async def test_a_file_of_25_megabytes_is_not_fetched_and_that_is_said(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    large = Upload("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(25 * 1024 * 1024))
    asked = await ada.mentions(general, "How long does a rollback take?", files=[large])
    answer = await bot.answer(asked)
    assert '"photo.png" is too large' in answer.content
    assert ROLLBACK in answer.content
    assert asked.attachments[0].id not in discord.cdn.served


@pytest.mark.filterwarnings("ignore:Image size")  # of the emulator, which looks at the picture too
async def test_a_picture_of_a_hundred_megapixels_is_not_opened_and_that_is_said(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take?", files=[Upload("scan.png", bomb())])
    answer = await bot.answer(asked)
    assert "scan.png" in answer.content
    assert "up to 60 million" in answer.content
    assert ROLLBACK in answer.content


async def test_something_that_only_calls_itself_a_picture_is_named(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take?", files=[Upload("x.png", b"<html>no</html>")])
    answer = await bot.answer(asked)
    assert "x.png" in answer.content
    assert ROLLBACK in answer.content


async def test_the_longest_message_is_taken(bot: RunningBot, ada: Person, general: Channel) -> None:
    words = "Please read this carefully. " * 66
    asked = await ada.mentions(general, f"How long does a rollback take? {words}")
    answer = await bot.answer(asked)
    assert len(answer.content) <= 2000


async def test_the_question_in_a_code_fence_is_answered_in_whole_fences(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "what is this?\n```py\nraise Error('ERR-4031')\n```")
    answer = await bot.answer(asked)
    assert answer.content.count("```") % 2 == 0
    assert "webhook signature" in answer.content
