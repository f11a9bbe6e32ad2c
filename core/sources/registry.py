"""Which kinds of sources there are: what is installed under the entry point group `lorelens.sources`."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from core.errors import MissingPartError, QuestionError
from core.sources.connector import ConnectorKind

GROUP = "lorelens.sources"
BUILT_IN = {"folder": "core.sources.folder:folder", "git": "core.sources.git.connector:git"}
"""Kinds that are there even where no distribution says so."""


def kind_names() -> list[str]:
    """The kinds, by name; none is imported for that."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def kind_of(name: str) -> ConnectorKind:
    """A kind of source.

    Raises:
        QuestionError: there is none of that name; says which there are.
        MissingPartError: what it needs is not installed.
    """
    point = next(iter(entry_points(group=GROUP, name=name)), None)
    if point is None and name not in BUILT_IN:
        raise QuestionError(f'"{name}" is no kind of source.', hint=f"There are: {', '.join(kind_names())}.")
    try:
        if point is not None:
            return cast(ConnectorKind, point.load())
        module, _, attribute = BUILT_IN[name].partition(":")
        return cast(ConnectorKind, getattr(import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        raise MissingPartError(
            f'The kind of source "{name}" can\'t be used: {error}.', hint="Install what it needs, or remove it."
        ) from error
