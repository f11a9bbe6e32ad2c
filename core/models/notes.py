"""What a model's folder says of itself for Lorelens: a small file beside the weights, written by `lorelens train`."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from core.errors import SettingsError
from core.messages import Value

FILE = "lorelens.json"

PromptStyle = Literal["full", "brief"]
"""`full`: standing instructions, all evidence, the conversation. `brief`: the best passage and the question, nothing
else; for small models, which answer worse the more stands around the question."""


class ModelNotes(Value):
    """How a model is to be asked: in the way in which it was trained."""

    prompt: PromptStyle = "full"


def read_notes(folder: Path) -> ModelNotes:
    """The notes of a folder; the defaults where it has none.

    Raises:
        SettingsError: the file can't be understood.
    """
    file = folder / FILE
    if not file.is_file():
        return ModelNotes()
    try:
        return ModelNotes.model_validate_json(file.read_bytes())
    except (ValidationError, OSError) as error:
        raise SettingsError(
            f"{file} can't be understood: {error}.", hint="Was it written by a newer Lorelens? Train the model again."
        ) from error


def write_notes(folder: Path, notes: ModelNotes) -> None:
    """Keep the notes with the weights."""
    (folder / FILE).write_text(notes.model_dump_json(indent=2) + "\n", encoding="utf-8")
