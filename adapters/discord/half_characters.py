"""JSON as discord.py reads it: with halves of characters in it, which JSON can spell and the fast parser refuses.

discord.py takes orjson where that is installed. What it can't read on the gateway ends the connection to all servers
for good, and with it the process; so the standard library, which bears with it, has the second try.
"""

import json
from collections.abc import Callable
from typing import Any

from discord import utils

_fast: Callable[[str], Any] = utils._from_json  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]


def bear_with_half_characters() -> None:
    """Let discord.py read such JSON, in this process; once is enough, and more does no harm."""
    utils._from_json = from_json  # pyright: ignore[reportPrivateUsage]


def from_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return _fast(text)
    except ValueError:
        return json.loads(text)
