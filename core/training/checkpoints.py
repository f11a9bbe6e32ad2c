"""Checkpoints that survive a kill: written beside, flushed to the disk, then put in place in one step."""

import os
from pathlib import Path
from typing import Any

from core.errors import SettingsError


def write_checkpoint(file: Path, state: dict[str, Any]) -> None:
    """Keep a state of training; whoever is killed in here leaves the one before.

    Raises:
        SettingsError: it can't be written, because the disk is full for example.
    """
    import torch

    beside = file.with_suffix(".partial")
    try:
        with beside.open("wb") as out:
            torch.save(state, out)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError where the disk is full
        beside.unlink(missing_ok=True)
        raise SettingsError(
            f"The checkpoint {file} can't be written: {error}.",
            hint="Make room on the disk, then run the same command with --resume: the checkpoint before is whole.",
        ) from error


def read_checkpoint(file: Path, *, device: Any) -> dict[str, Any] | None:
    """The state that was kept, or None where there is none.

    Raises:
        SettingsError: it can't be read.
    """
    import torch

    if not file.is_file():
        return None
    try:
        return torch.load(file, map_location=device, weights_only=True)
    except Exception as error:  # torch raises errors of several kinds for a file that is broken
        raise SettingsError(
            f"The checkpoint {file} can't be read: {error}.", hint="Remove it and train from the beginning."
        ) from error
