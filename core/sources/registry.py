"""Which kinds of sources there are: what is installed under the entry point group `lorelens.sources`."""

from importlib.metadata import EntryPoint, entry_points
from typing import cast

from core.errors import QuestionError, SettingsError
from core.sources.connector import ConnectorKind

GROUP = "lorelens.sources"


def kind_names() -> list[str]:
    """The kinds, by name; none is imported for that."""
    return sorted(point.name for point in entry_points(group=GROUP))


def kind_of(name: str) -> ConnectorKind:
    """A kind of source.

    Raises:
        QuestionError: there is none of that name.
        SettingsError: it can't be imported.
    """
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise QuestionError(f'"{name}" is no kind of source.', hint=f"There are: {', '.join(kind_names())}.")
    return _imported(found)


def _imported(point: EntryPoint) -> ConnectorKind:
    try:
        return cast(ConnectorKind, point.load())
    except ImportError as error:
        raise SettingsError(
            f'The kind of source "{point.name}" can\'t be used: {error}.', hint="Install what it needs, or remove it."
        ) from error
