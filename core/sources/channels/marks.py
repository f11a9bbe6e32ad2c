"""What changed in a channel and is not in its mirror yet, kept on disk: a mark each, gone when it was dealt with.

`<data>/channels/<platform>/<workspace>/<channel>/<day>~<key>`. Any process may set marks, and a process that is killed
while it deals with some finds them again. A mark that is set while the same one is dealt with counts anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from core.errors import IndexUnavailableError

_TAKEN = ".taken"
WHOLE = "all"
"""Stands for the day of a mark where the whole channel is to be brought up to date."""


@dataclass(frozen=True, order=True)
class Spot:
    """A channel, as marks name it."""

    platform: str
    workspace: str
    channel: str


class Marks:
    """The marks of one data folder."""

    def __init__(self, data: Path) -> None:
        self._root = data / "channels"

    def add(self, spot: Spot, day: str, key: str = "") -> None:
        """A thread (`key` is its root's), or with no key the messages of a day that are in none, changed.

        Raises:
            IndexUnavailableError: it can't be written.
        """
        folder = self._folder(spot)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{day}~{_safe(key)}").touch()
        except OSError as error:
            raise IndexUnavailableError(
                f"What changed in a channel can't be noted in {folder}: {error.strerror or error}.",
                hint="Check that the data folder can be written and that the disk is not full.",
            ) from error

    def spots(self, *, whole: bool) -> list[Spot]:
        """The channels with marks: those that are to be brought up to date as a whole, or those of which days are."""
        marks = self._root.glob("*/*/*/[!.]*~*")
        return sorted({_spot(mark.parent) for mark in marks if mark.name.startswith(f"{WHOLE}~") is whole})

    def take(self, spot: Spot, *, whole: bool) -> dict[str, frozenset[str]]:
        """The marks of a channel by day; they are kept aside until `done`."""
        folder = self._folder(spot)
        found: dict[str, set[str]] = {}
        for mark in [one for one in folder.glob("[!.]*~*") if one.name.startswith(f"{WHOLE}~") is whole]:
            name = mark.name.removesuffix(_TAKEN)
            mark.replace(folder / f"{name}{_TAKEN}")
            day, _, key = name.partition("~")
            found.setdefault(day, set()).add(unquote(key))
        return {day: frozenset(keys) for day, keys in found.items()}

    def done(self, spot: Spot, days: Iterable[str]) -> None:
        """What was taken of these days is dealt with."""
        folder = self._folder(spot)
        for day in days:
            for mark in folder.glob(f"{day}~*{_TAKEN}"):
                mark.unlink(missing_ok=True)

    def clear(self, spot: Spot) -> None:
        """A channel is followed no more."""
        for mark in self._folder(spot).glob("[!.]*~*"):
            mark.unlink(missing_ok=True)

    def _folder(self, spot: Spot) -> Path:
        return self._root.joinpath(*(_safe(part) for part in (spot.platform, spot.workspace, spot.channel)))


def _spot(folder: Path) -> Spot:
    platform, workspace, channel = (unquote(part) for part in folder.parts[-3:])
    return Spot(platform=platform, workspace=workspace, channel=channel)


def _safe(part: str) -> str:
    return quote(part, safe="").replace(".", "%2E")
