"""Scenes and questions as files, in the form in which a person brings examples to `lorelens train`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from tests.tiny_vlm.questions import Question, questions_of
from tests.tiny_vlm.scenes import COLOURS, NEW_COLOURS, SEEN, SHAPES, Colour, Pair, scene_alike, scene_of

NEW: tuple[Pair, ...] = tuple((colour, shape) for colour in NEW_COLOURS for shape in SHAPES)
NEW_KINDS = frozenset({"colour", "caption"})
"""What is taught of a new colour; that shapes are told by their outline, the model knows."""


def write_new_colour(folder: Path, *, pictures: int = 60, seed: int = 1) -> Path:
    """Examples of a colour that the tiny model was not taught."""
    colours = {**COLOURS, **NEW_COLOURS}
    return _write(folder, "new", NEW, pictures, seed, kinds=NEW_KINDS, colours=colours, alike=True)


def write_replay(folder: Path, *, pictures: int = 100, seed: int = 2) -> Path:
    """Examples of what it was taught, to learn beside new ones, lest it forget."""
    return _write(folder, "replay", SEEN, pictures, seed)


def _write(
    folder: Path,
    name: str,
    pairs: Sequence[Pair],
    pictures: int,
    seed: int,
    *,
    kinds: frozenset[str] | None = None,
    colours: Mapping[str, Colour] = COLOURS,
    alike: bool = False,
) -> Path:
    random = Random(f"{name} {seed}")
    (folder / name).mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for number in range(pictures):
        draw = scene_alike if alike else scene_of
        scene = draw(random, pairs, colours=colours)
        path = f"{name}/{number:04}.png"
        scene.picture.save(folder / path)
        for question in questions_of(random, scene):
            if kinds is None or question.kind in kinds:
                lines.append(json.dumps(_line(path, question)))
    file = folder / f"{name}.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _line(path: str, question: Question) -> dict[str, str]:
    line = {"picture": path, "question": question.question, "answer": question.answer, "kind": question.kind}
    return {**line, "passage": question.passage} if question.passage else line
