"""What the tiny vision-language model answers rightly, over three seeds; trains those that are not in the cache."""

from pathlib import Path

from core.models.local.loading import load_local
from core.training.evaluation import Asked, Figures, evaluate
from core.training.prompts import PromptMaker
from core.training.run import asked_of
from tests.bench.tables import Cell, Table
from tests.tiny_vlm.lessons import held_out
from tests.tiny_vlm.scenes import SEEN, UNSEEN
from tests.tiny_vlm.trained import Training

SEEDS = (0, 1, 2)
KINDS = ("colour", "shape", "colour of", "shape of", "passage", "not listed", "no passage", "count", "caption")


async def measure(data: Path) -> list[Table]:
    """Exact match on new scenes; the evaluation data is not needed."""
    figures = [_figures(seed) for seed in SEEDS]
    return [
        _table("Pairs of colour and shape that were trained on", [one["seen"] for one in figures]),
        _table("Pairs never seen", [one["unseen"] for one in figures]),
        _table("The questions that a passage decides, asked without it", [one["without"] for one in figures]),
    ]


def _figures(seed: int) -> dict[str, Figures]:
    loaded = load_local(str(Training(seed).wait()), device="cpu", precision="float32")
    maker = PromptMaker(loaded.processor, loaded.notes.prompt)
    asked = {
        name: [one for lesson in held_out(many, pairs) for one in asked_of(lesson)]
        for name, many, pairs in (("seen", 300, SEEN), ("unseen", 150, UNSEEN))
    }
    asked["without"] = [
        Asked(one.example.model_copy(update={"passages": ()}), one.images)
        for one in asked["seen"]
        if one.example.kind == "passage"
    ]
    return {name: evaluate(loaded.model, maker, of_one)[0] for name, of_one in asked.items()}


def _table(title: str, figures: list[Figures]) -> Table:
    rows: list[list[Cell]] = [
        [kind, figures[0].counts[kind], *(one.kinds[kind] for one in figures)]
        for kind in KINDS
        if kind in figures[0].kinds
    ]
    return Table(title, ["kind", "questions", *(f"seed {seed}" for seed in SEEDS)], rows)
