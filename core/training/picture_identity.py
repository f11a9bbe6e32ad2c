"""Which pictures are the same: the same file, or one made larger, smaller or saved again."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import PictureError
from core.pictures import Limits, open_picture

SIDE = 16
ALIKE = 2.5
"""How many of 255 levels two thumbnails differ by, on average, where the pictures count as the same."""
_TOO_LARGE = Limits().size


@dataclass
class PictureIdentities:
    """Reads each picture once, and remembers a thumbnail of it."""

    _hashes: dict[Path, str] = field(default_factory=dict[Path, str])
    _thumbnails: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    _problems: dict[Path, str] = field(default_factory=dict[Path, str])

    def problem(self, path: Path) -> str:
        """Why a picture can't be used; empty where it can."""
        if path not in self._hashes and path not in self._problems:
            try:
                self._look(path)
            except PictureError as error:
                self._problems[path] = error.message
            except OSError as error:
                self._problems[path] = f"{path.name} can't be read: {error.strerror}"
        return self._problems.get(path, "")

    def _look(self, path: Path) -> None:
        if path.stat().st_size > _TOO_LARGE:
            raise PictureError(f"{path.name} has more than {_TOO_LARGE // 1024**2} MiB.")
        image = open_picture(path.read_bytes(), name=path.name)
        digest = hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()
        self._hashes[path] = digest
        self._thumbnails[digest] = np.asarray(image.resize((SIDE, SIDE)), dtype=np.int16).ravel()

    def of(self, paths: Iterable[Path]) -> dict[Path, str]:
        """A name for each picture, equal for those that are the same; only of pictures without a problem."""
        good = [path for path in dict.fromkeys(paths) if not self.problem(path)]
        names = _same(self._thumbnails)
        return {path: names[self._hashes[path]] for path in good}


def _same(thumbnails: dict[str, np.ndarray]) -> dict[str, str]:
    """The first, by name, of the pictures that each is the same as.

    Pictures that are alike are alike in brightness, so each is compared only to those about as bright.
    """
    digests = sorted(thumbnails)
    if not digests:
        return {}
    rows = np.stack([thumbnails[digest] for digest in digests])
    brightness = rows.mean(axis=1)
    order = np.argsort(brightness, kind="stable")
    parents = list(range(len(digests)))
    first = 0
    for place, row in enumerate(order):
        while brightness[row] - brightness[order[first]] > ALIKE:
            first += 1
        near = order[first:place]
        alike = near[np.abs(rows[near] - rows[row]).mean(axis=1) <= ALIKE]
        for other in alike.tolist():
            _join(parents, int(row), int(other))
    return {digest: digests[_root(parents, row)] for row, digest in enumerate(digests)}


def _root(parents: Sequence[int], one: int) -> int:
    while parents[one] != one:
        one = parents[one]
    return one


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
