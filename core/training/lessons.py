"""What a model trained from scratch learns from: one picture, or none, and what is asked about it."""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.errors import SettingsError
from core.messages import Value

if TYPE_CHECKING:
    from PIL.Image import Image


class Region(Value):
    """A part of a picture and the words for what is in it; `box` is left, top, right, bottom as shares of the sides."""

    box: tuple[float, float, float, float]
    words: tuple[str, ...]


class Exchange(Value):
    """A question, the passage retrieved for it, and the answer; `kind` groups the figures of an evaluation."""

    question: str
    answer: str
    passage: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Lesson:
    """Exchanges about one picture (or about none), each independent of the others."""

    picture: "Image | None"
    exchanges: tuple[Exchange, ...]
    regions: tuple[Region, ...] = field(default=())


@runtime_checkable
class LessonSource(Protocol):
    """Lessons without end, in an order that does not depend on when they are asked for."""

    def lesson(self, number: int) -> Lesson:
        """The lesson of this number; the same number gives the same lesson, so that a broken run can go on."""
        ...

    def held_out(self) -> Sequence[Lesson]:
        """Lessons that are never learned from, to see what was learned."""
        ...


def source_in_code(name: str, seed: int) -> LessonSource:
    """The source that `module:name` makes when it is called with the seed; modules are looked for here as well.

    Raises:
        SettingsError: there is no such module or name, or it makes no lessons.
    """
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        source = getattr(importlib.import_module(module), attribute)(seed)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SettingsError(
            f'"{name}" gives no lessons: {error}.',
            hint="Write MODULE:NAME, where NAME(seed) gives an object with the methods `lesson` and `held_out`.",
        ) from error
    if not isinstance(source, LessonSource):
        raise SettingsError(
            f'"{name}" gives no lessons: it lacks the methods `lesson` and `held_out`.',
            hint="core/training/lessons.py says what they give.",
        )
    return source
