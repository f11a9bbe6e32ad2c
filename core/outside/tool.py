"""A tool that asks outside, as a model is offered it; and what it does when it is called."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.reply import Status
from core.turn import Turn

Say = Callable[[Status], None]
"""Tells the person who waits what is being done."""


@dataclass(frozen=True)
class OutsideTool:
    """One tool; `parameters` is the JSON schema of its arguments, `switch` what turns it on.

    `run` never raises for what is outside: it says what went wrong, in words for the model.
    """

    name: str
    switch: str
    description: str
    parameters: Mapping[str, Any]
    run: Callable[[Turn, Mapping[str, Any], Say], Awaitable[str]]

    def spec(self) -> dict[str, Any]:
        """As OpenAI's protocol describes a tool, which LangChain takes for every provider."""
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": dict(self.parameters)},
        }
