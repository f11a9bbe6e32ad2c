"""Lessons from examples in a file: what is asked about one picture becomes one lesson."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from core.errors import DocumentError
from core.training.examples import Example, LeftOut
from core.training.lessons import Exchange, Lesson
from core.training.prompts import images_of

ONE_PICTURE = "several pictures: a model trained from nothing learns from one at a time"
NO_TURNS = "earlier turns: a model that is asked briefly is not told of them"
_TEXTS = 8
"""Exchanges without a picture that make a lesson together."""

_Group = tuple[Path | None, tuple[Example, ...]]


class FileLessons:
    """Goes through the lessons again and again, each time in another order. Pictures are read when they are needed."""

    def __init__(self, train: Sequence[Example], test: Sequence[Example], *, seed: int) -> None:
        """Raises DocumentError where there is nothing to learn from."""
        self._train, self._test, self._seed = _groups(train), _groups(test), seed
        self._round, self._order = -1, list(range(len(self._train)))
        if not self._train:
            raise DocumentError("There are no examples to learn from.", hint="See above why they were left out.")

    def lesson(self, number: int) -> Lesson:
        """The lesson of this number."""
        which, place = divmod(number, len(self._train))
        if which != self._round:
            self._round, self._order = which, list(range(len(self._train)))
            Random(f"{self._seed} {which}").shuffle(self._order)  # noqa: S311
        return _lesson(self._train[self._order[place]])

    def held_out(self) -> Sequence[Lesson]:
        """The lessons of the examples for testing."""
        return [_lesson(group) for group in self._test]


def fit_for_lessons(examples: Iterable[Example]) -> tuple[list[Example], list[LeftOut]]:
    """The examples that can become lessons, and the others with the reason."""
    fit: list[Example] = []
    left_out: list[LeftOut] = []
    for example in examples:
        reason = ONE_PICTURE if len(example.pictures) > 1 else NO_TURNS if example.turns else ""
        if reason:
            left_out.append(LeftOut(where=example.where, reason=reason))
        else:
            fit.append(example)
    return fit, left_out


def _groups(examples: Sequence[Example]) -> list[_Group]:
    by_picture: dict[Path, list[Example]] = {}
    texts: list[Example] = []
    for example in examples:
        if example.pictures:
            by_picture.setdefault(example.pictures[0], []).append(example)
        else:
            texts.append(example)
    groups: list[_Group] = [(path, tuple(of_one)) for path, of_one in by_picture.items()]
    return groups + [(None, tuple(texts[first : first + _TEXTS])) for first in range(0, len(texts), _TEXTS)]


def _lesson(group: _Group) -> Lesson:
    picture, examples = group
    return Lesson(
        picture=None if picture is None else images_of(examples[0])[0],
        exchanges=tuple(
            Exchange(
                question=example.question,
                answer=example.answer,
                passage=example.passages[0] if example.passages else "",
                kind=example.kind,
            )
            for example in examples
        ),
        regions=next((example.regions for example in examples if example.regions), ()),
    )
