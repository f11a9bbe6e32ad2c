"""How fast a model answers here, measured by a short fixed generation and kept with the machine and the day."""

import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.errors import ModelUnavailableError
from core.messages import Value
from core.models.chat import ChatModel
from core.models.machine import Machine
from core.tokens import estimate_tokens

FILE = "model_speed.json"
QUESTION = "Write ten short sentences about how a team keeps its documents in order."


class Speed(Value):
    """One measurement; `first_token` in seconds. `counted` is whether the model said how many tokens it wrote."""

    model: str
    machine: str
    day: str
    first_token: float
    tokens_per_second: float
    tokens: int
    counted: bool


_KEPT = TypeAdapter(dict[str, Speed])


async def measure(chat: ChatModel, machine: Machine) -> Speed:
    """Ask the model once, after a first question that warms it up.

    Raises:
        ModelUnavailableError: it does not answer.
    """
    await chat.model.ainvoke("Say: ready")
    started = time.perf_counter()
    first: float | None = None
    text, counted = "", 0
    async for piece in chat.model.astream(QUESTION):
        if first is None and piece.text:
            first = time.perf_counter()
        text += piece.text
        if piece.usage_metadata is not None:
            counted = piece.usage_metadata["output_tokens"]
    ended = time.perf_counter()
    tokens = counted or estimate_tokens(text)
    if first is None or tokens == 0:
        raise ModelUnavailableError(f"The model {chat.name} wrote nothing.", hint="Check it with `lorelens doctor`.")
    return Speed(
        model=chat.name,
        machine=in_words(machine),
        day=datetime.now(UTC).date().isoformat(),
        first_token=first - started,
        # The first token came with the reading of the question; the others are what writing costs.
        tokens_per_second=max(tokens - 1, 1) / max(ended - first, 1e-6),
        tokens=tokens,
        counted=counted > 0,
    )


def in_words(machine: Machine) -> str:
    """A machine in a line."""
    beside = ", ".join(f"{one.name} ({one.memory / 1e9:.0f} GB)" for one in machine.accelerators)
    return f"{machine.cores} cores {platform.machine()}, {machine.memory / 1e9:.0f} GB, {beside or 'no accelerator'}"


def kept(folder: Path) -> dict[str, Speed]:
    """What was measured here before, by the model's name."""
    try:
        return _KEPT.validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return {}


def keep(folder: Path, speed: Speed) -> None:
    """Keep a measurement."""
    speeds = {**kept(folder), speed.model: speed}
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.new"
    new.write_text(
        json.dumps({name: one.model_dump() for name, one in speeds.items()}, indent=1, ensure_ascii=False), "utf-8"
    )
    new.replace(folder / FILE)
