"""The methods of the Web API by family; importing this registers them all."""

from tests.slack_emulator.api import (
    access,
    assistant,
    conversations,
    files,
    history,
    people,
    posting,
    reactions,
    streams,
    views,
)

__all__ = [
    "access",
    "assistant",
    "conversations",
    "files",
    "history",
    "people",
    "posting",
    "reactions",
    "streams",
    "views",
]
