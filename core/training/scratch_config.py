"""What a small model is built and trained like: a TOML file, each key documented here."""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from core.errors import SettingsError
from core.messages import Value


class VisionSizes(Value):
    """The picture encoder (SigLIP): a picture of `side` pixels becomes (side / patch) squared tokens."""

    side: int = Field(gt=0, description="Pixels of a side; pictures are resized to it.")
    patch: int = Field(gt=0, description="Pixels of a patch's side.")
    width: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)

    @property
    def grid(self) -> int:
        """Patches of a side."""
        return self.side // self.patch

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.side % self.patch or self.width % self.heads:
            raise ValueError("side must be a multiple of patch, and width of heads")
        return self


class TextSizes(Value):
    """The language model (Llama); its word vectors serve as output layer too."""

    width: int = Field(gt=0)
    inner: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    context: int = Field(default=512, ge=64, description="Tokens that it reads at most.")
    spread: float = Field(default=0.05, gt=0, description="Standard deviation of the first weights.")


class TokenizerWords(Value):
    """The words that become one token each; all else is spelled byte by byte."""

    words: str = Field(description="Words, separated by white space.")


class Naming(Value):
    """An auxiliary loss: each projected patch must name, through the word vectors, what its region shows."""

    weight: float = Field(default=1.0, ge=0)
    alone: float = Field(default=0.3, ge=0, lt=1, description="The first share of the steps, without questions.")
    background: str = Field(default="nothing", description="The word for patches outside of all regions.")
    background_weight: float = Field(default=0.3, ge=0)


class Schedule(Value):
    """How long, how fast and on how much at once."""

    steps: int = Field(gt=0)
    lessons: int = Field(gt=0, description="Lessons of a step; twice as many while patches are named alone.")
    learning_rate: float = Field(gt=0)
    warmup: int = Field(default=60, ge=1, description="Steps until the full learning rate, in either part.")
    decay: float = Field(default=0.5, ge=0, le=1, description="The last share of the steps, over which it falls to 0.")
    checkpoint: int = Field(default=200, ge=1, description="Steps from one checkpoint to the next.")


class ScratchConfig(Value):
    """A model and its training."""

    vision: VisionSizes
    text: TextSizes
    tokenizer: TokenizerWords
    naming: Naming = Naming()
    schedule: Schedule


def read_config(file: Path) -> ScratchConfig:
    """The configuration that a file holds.

    Raises:
        SettingsError: it is not there, or not as it should be.
    """
    try:
        return ScratchConfig.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error.strerror}.", hint="Name a TOML file.") from error
    except (tomllib.TOMLDecodeError, ValidationError, ValueError) as error:
        problems = str(error)
        if isinstance(error, ValidationError):
            problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise SettingsError(
            f"{file} is no configuration of a model: {problems}.",
            hint="tests/tiny_vlm/config.toml is one that works; core/training/scratch_config.py explains each key.",
        ) from error
