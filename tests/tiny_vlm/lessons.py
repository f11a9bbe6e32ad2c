"""Lessons for the tiny model: scenes drawn afresh for every number, and reading practice without pictures."""

from collections.abc import Sequence
from functools import cached_property
from random import Random

from core.training.lessons import Exchange, Lesson, Region
from tests.tiny_vlm.questions import Question, lookup, questions_of
from tests.tiny_vlm.scenes import SEEN, SIDE, UNSEEN, Pair, Scene, scene_alike, scene_of, scene_without_name

READING = 16
"""One lesson of so many has no picture."""
LOOKUPS = 6
NAMELESS = 0.5
"""The share of scenes whose things have a colour or a shape without a name."""
HELD_OUT = 100


class Scenes:
    """A source of lessons without end."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def lesson(self, number: int) -> Lesson:
        random = Random(f"{self._seed} {number}")
        if number % READING == 0:
            return Lesson(None, tuple(exchange_of(lookup(random)) for _ in range(LOOKUPS)))
        scene = scene_without_name(random) if random.random() < NAMELESS else scene_of(random)
        return lesson_of(random, scene)

    def held_out(self) -> Sequence[Lesson]:
        return self._held_out

    @cached_property
    def _held_out(self) -> list[Lesson]:
        return held_out(HELD_OUT, SEEN)


def held_out(many: int, pairs: Sequence[Pair], *, seed: int = 7) -> list[Lesson]:
    """New scenes of some pairs of colour and shape; of pairs never seen, only ones with things alike."""
    random = Random(f"held out {seed}")
    scenes = (scene_alike(random, pairs) if pairs is UNSEEN else scene_of(random, pairs) for _ in range(many))
    return [lesson_of(random, scene) for scene in scenes]


def lesson_of(random: Random, scene: Scene) -> Lesson:
    """All that can be asked about a scene, in any order."""
    asked = questions_of(random, scene)
    random.shuffle(asked)
    regions = tuple(
        Region(
            box=tuple(part / SIDE for part in thing.box),  # pyright: ignore[reportArgumentType]
            words=tuple(word for word in (thing.colour, thing.shape) if word),
        )
        for thing in scene.things
    )
    return Lesson(scene.picture, tuple(exchange_of(question) for question in asked), regions)


def exchange_of(question: Question) -> Exchange:
    """A question as training takes it."""
    return Exchange(question=question.question, answer=question.answer, passage=question.passage, kind=question.kind)
