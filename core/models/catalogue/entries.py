"""The catalogue of open models: read from config/models.toml, whose head explains each field."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field, model_validator

from core.messages import Value

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.1, "int4": 0.6}
"""Bytes a parameter takes in memory; those of int8 and int4 hold their scales and what is left unquantized."""

NOT_CHECKED = "not checked; see the model's card"


class Figures(Value):
    """Published figures and where they stand."""

    source: str = Field(pattern=r"^https://")
    values: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """In the file the figures stand beside their source."""
        if "values" in fields:
            return fields
        return {"source": fields.get("source"), "values": {k: v for k, v in fields.items() if k != "source"}}


class Entry(Value):
    """What chat models and encoders have in common; `parameters` in billions.

    `licence_source` says where the licence was read, empty if it was not; `unread` names the other fields not checked.
    """

    name: str
    title: str
    parameters: float = Field(gt=0)
    stored: Literal["float32", "bfloat16", "float16"]
    context: int = Field(gt=0)
    languages: tuple[str, ...]
    licence: str
    licence_source: str = Field(default="", pattern=r"^(https://.*)?$")
    unread: tuple[str, ...] = ()
    note: str = ""
    figures: tuple[Figures, ...] = ()

    @property
    def disk(self) -> float:
        """Bytes of the weights as they are downloaded."""
        return self.parameters * 1e9 * BYTES[self.stored]

    @property
    def page(self) -> str:
        """Where the model is described."""
        return f"https://huggingface.co/{self.name}" if "/" in self.name else ""

    @property
    def licence_note(self) -> str:
        """What to know of a licence that was not read where it is published."""
        return "" if self.licence_source else NOT_CHECKED

    def figure(self, benchmark: str) -> float | None:
        """A published figure, if one is known."""
        return next((group.values[benchmark] for group in self.figures if benchmark in group.values), None)


class ChatEntry(Entry):
    """A model that sees pictures and answers; `local` says whether it is loaded without a server."""

    layers: int
    kv_heads: int
    head_size: int
    local: bool

    def setting_lines(self) -> tuple[str, ...]:
        """What to write into lorelens.toml."""
        if self.local:
            return (f'model = "local:{self.name}"',)
        return (f'model = "openai:{self.name}"', 'model_base_url = "http://localhost:8000/v1"')


class EncoderEntry(Entry):
    """An encoder; `pictures` says whether it encodes them into one space with texts."""

    pictures: bool

    def setting_lines(self) -> tuple[str, ...]:
        """What to write into lorelens.toml."""
        return (f'{"picture_encoder" if self.pictures else "encoder"} = "{self.name}"',)


class Catalogue(Value):
    """All that is known."""

    chat: tuple[ChatEntry, ...]
    encoder: tuple[EncoderEntry, ...]

    def find(self, name: str) -> ChatEntry | EncoderEntry | None:
        """An entry by its name, the end of its name, or its title."""
        wanted = name.casefold().removeprefix("local:")
        for entry in (*self.chat, *self.encoder):
            known = entry.name.casefold()
            if wanted in (known, known.rpartition("/")[2], entry.title.casefold()):
                return entry
        return None


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with Lorelens."""
    return Catalogue.model_validate(tomllib.loads(files("config").joinpath("models.toml").read_text(encoding="utf-8")))
