"""Whether the attention that is shown lies on what was asked about: the trained tiny model, on pictures like its own.

Heads are chosen on Lorelens's drawn pictures (`core.explaining.head_scenes`) and measured on others, drawn by another
hand (`tests.tiny_vlm.scenes`): two shapes, a question about one of them, and the share of the attention to the picture
that lies in its box, next to what chance would give, the box's share of the picture.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from core.explaining.explanation import HeadsUsed
from core.explaining.head_scenes import AskedScene
from core.explaining.heads import choose_heads, share_inside, shown_map, watch_scene
from core.models.local.attention import Watched
from core.models.local.loading import load_local
from core.models.local.prompt import PromptBuilder
from tests.bench.tables import Table
from tests.tiny_vlm.scenes import SIDE, Thing, scene_of_two
from tests.tiny_vlm.trained import Training

PICTURES = 200
KINDS = ("what color is the SHAPE?", "what shape is COLOUR?")


@dataclass(frozen=True)
class Looked:
    """A question about one of two things: the attention while it is answered, the asked thing's box, the other's."""

    watched: Watched
    asked: tuple[float, ...]
    other: tuple[float, ...]


async def measure(data: Path) -> list[Table]:
    """The table; the model is trained first if it is not there."""
    return await asyncio.to_thread(_measure, Training().wait())


def look_at_scenes(model: Path, kind: str, count: int) -> tuple[HeadsUsed, list[Looked]]:
    """The heads that are shown for a model, and what it looks at in pictures that they were not chosen on."""
    loaded = load_local(str(model), device="cpu")
    builder = PromptBuilder(loaded.processor)
    random = Random(4711)
    looked: list[Looked] = []
    for _ in range(count):
        scene = scene_of_two(random)
        asked, other = random.sample(scene.things, 2)
        question = kind.replace("SHAPE", asked.shape).replace("COLOUR", asked.colour)
        answer = asked.shape if "COLOUR" in kind else asked.colour
        watched = watch_scene(loaded, builder, AskedScene(scene.picture, question, answer, _box(asked)))
        looked.append(Looked(watched, _box(asked), _box(other)))
    return choose_heads(loaded, builder), looked


def share_of(looked: Sequence[Looked], heads: HeadsUsed, *, other: bool = False) -> float:
    """The mean share of the shown attention inside the asked thing's box, or inside the other's."""
    return float(
        np.mean([share_inside(shown_map(one.watched, heads)[0], one.other if other else one.asked) for one in looked])
    )


def chance_of(looked: Sequence[Looked]) -> float:
    """The share of the picture that the asked thing's box covers."""
    return float(np.mean([(one.asked[2] - one.asked[0]) * (one.asked[3] - one.asked[1]) for one in looked]))


def _measure(model: Path) -> list[Table]:
    rows: list[Sequence[str | float]] = []
    chosen = HeadsUsed(kind="middle")
    for kind in KINDS:
        chosen, looked = look_at_scenes(model, kind, PICTURES)
        layers, heads, _ = looked[0].watched.weights.shape
        every = HeadsUsed(kind="chosen", heads=tuple((at // heads, at % heads) for at in range(layers * heads)))
        shown = {"chosen heads": chosen, "mean of the middle layers": HeadsUsed(kind="middle"), "mean of all": every}
        for name, used in shown.items():
            inside, chance = share_of(looked, used), chance_of(looked)
            rows.append((kind, name, inside, share_of(looked, used, other=True), chance, inside / chance))
    note = (
        f"{PICTURES} pictures a question. Heads chosen on {chosen.pictures} other pictures (share there "
        f"{chosen.share or 0:.3f}, chance {chosen.chance or 0:.3f}): layer and head {list(chosen.heads)}."
    )
    columns = ("question", "attention", "in the asked box", "in the other box", "chance", "times chance")
    return [Table("Attention to the thing that is asked about, tiny model", columns, rows, note)]


def _box(thing: Thing) -> tuple[float, float, float, float]:
    left, top, right, bottom = thing.box
    return left / SIDE, top / SIDE, right / SIDE, bottom / SIDE
