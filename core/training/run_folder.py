"""The folder that a model is trained into: what the run is, its checkpoints, and in the end the model.

A folder is either new, or holds a run that was broken off (and goes on with the same data and settings only), or holds
a finished model, and is then left alone.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.models.notes import ModelNotes, write_notes
from core.training.examples import Example

RUN = "training.json"
CHECKPOINTS = "checkpoints"
_FINISHED = ("config.json", "adapter_config.json")
_UNFINISHED = "unfinished"


class RunFolder:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoints = folder / CHECKPOINTS

    def begin(self, run: Mapping[str, Any], *, resume: bool) -> None:
        """Start a run here, or go on with the one that is here, where `resume` says so.

        Raises:
            SettingsError: the folder holds something else, or can't be made.
        """
        if any((self.folder / name).is_file() for name in _FINISHED):
            raise SettingsError(f"{self.folder} holds a model already.", hint="Name another folder with --out.")
        said = _plain(run)
        file = self.folder / RUN
        if not file.is_file():
            try:
                self.checkpoints.mkdir(parents=True, exist_ok=True)
                _write(file, {"run": said})
            except OSError as error:
                raise SettingsError(
                    f"{self.folder} can't be made: {error.strerror}.", hint="Name another folder with --out."
                ) from error
            return
        if not resume:
            raise SettingsError(
                f"{self.folder} holds a run that was broken off.",
                hint="Add --resume to go on with it, or name another folder with --out.",
            )
        before = self._read().get("run", {})
        changed = sorted(key for key in before.keys() | said.keys() if before.get(key) != said.get(key))
        if changed:
            raise SettingsError(
                f"The run in {self.folder} was begun with another {', another '.join(changed)}.",
                hint="Go on with what it was begun with, or name another folder with --out.",
            )

    def kept(self, name: str) -> Any:
        """What an earlier process of this run has kept under a name, or None."""
        return self._read().get(name)

    def keep(self, name: str, value: Any) -> None:
        """Keep something for a process that goes on."""
        _write(self.folder / RUN, {**self._read(), name: value})

    def finish(self, model: Any, processor: Any, notes: ModelNotes, card: str) -> None:
        """Put the model in place: whole, or not at all. Checkpoints are no longer needed then.

        Raises:
            SettingsError: the disk is full.
        """
        unfinished = self.folder / _UNFINISHED
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            model.save_pretrained(unfinished)
            processor.save_pretrained(unfinished)
            write_notes(unfinished, notes)
            (unfinished / "README.md").write_text(card, encoding="utf-8")
            # What says that there is a model comes last.
            for file in sorted(unfinished.iterdir(), key=lambda one: (one.name in _FINISHED, one.name)):
                file.replace(self.folder / file.name)
            unfinished.rmdir()
            shutil.rmtree(self.checkpoints)
        except OSError as error:
            raise SettingsError(
                f"The model can't be written into {self.folder}: {error.strerror or error}.",
                hint="Make room on the disk, then run the same command with --resume.",
            ) from error

    def _read(self) -> dict[str, Any]:
        try:
            return json.loads((self.folder / RUN).read_bytes())
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"{self.folder / RUN} can't be read: {error}.", hint="Name another folder with --out."
            ) from error


def fingerprint(examples: Sequence[Example]) -> str:
    """What examples are, in a few letters; paths of pictures included, not their bytes."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json().encode())
    return digest.hexdigest()[:16]


def _plain(run: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(run, default=str))


def _write(file: Path, value: Mapping[str, Any]) -> None:
    """In one step: a kill leaves the old file or the new one."""
    beside = file.with_suffix(".partial")
    beside.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    beside.replace(file)
