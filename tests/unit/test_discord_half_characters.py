"""Half a character in what Discord sends costs nobody the connection."""

import json

import pytest
from discord import utils

from adapters.discord.addresses import Plain
from adapters.discord.half_characters import from_json


async def test_half_a_character_is_read() -> None:
    text = '{"content": "\\ud83d", "emoji": "\\ud83d\\ude80"}'
    assert from_json(text) == {"content": "\ud83d", "emoji": "\U0001f680"}


async def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(json.JSONDecodeError):
        from_json("{")


async def test_every_client_reads_so() -> None:
    client = Plain()
    assert utils._from_json is from_json  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
    await client.close()
