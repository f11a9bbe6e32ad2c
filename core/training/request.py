"""What training is asked for, and whether what it needs is installed. Loads nothing heavy."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from core.errors import MissingPartError, SettingsError
from core.models.notes import PromptStyle

TRAINING = "training"
"""The stage of training itself, as progress names it."""
_SMALL = 50_000_000


@dataclass(frozen=True)
class Adaptation:
    """How a model is fine-tuned. A step learns from `together` examples, as many at a time as memory allows."""

    epochs: float = 3
    minutes: float | None = None
    seed: int = 0
    rank: int = 8
    together: int = 16
    learning_rate: float | None = None

    def rate_for(self, parameters: int) -> float:
        """The learning rate: what is usual for LoRA on large models; small ones take and need more."""
        return self.learning_rate or (3e-3 if parameters < _SMALL else 2e-4)

    def at_once_for(self, parameters: int) -> int:
        """Examples that go through the model at the same time."""
        return self.together if parameters < _SMALL else 1


@dataclass(frozen=True)
class TrainingRequest:
    """What was asked for: `model` to fine-tune, or `config` to train from nothing; `command` goes into the card."""

    data: str
    out: Path
    model: str = ""
    config: Path | None = None
    replay: Path | None = None
    prompt: PromptStyle | None = None
    adaptation: Adaptation = field(default_factory=Adaptation)
    merge: bool = False
    resume: bool = False
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    licence: str = ""
    command: str = ""

    def check(self) -> None:
        """Raises SettingsError where it is not said what is to be trained."""
        if bool(self.model) == bool(self.config):
            raise SettingsError(
                "What is to be trained?", hint="Name a model with --model, or a configuration with --from-scratch."
            )


def need_parts() -> None:
    """Raises MissingPartError where the extra `train` is not installed."""
    for part in ("torch", "transformers", "accelerate", "peft"):
        if find_spec(part) is None:
            raise MissingPartError(
                f"Training needs {part}, which is not installed.",
                hint='Install it: pip install "lorelens[train]" torch==2.13.0',
            )
