"""Choosing the attention heads that are shown: those that look at what was asked about, on pictures drawn for it.

Most heads of a model do something else than to look at the thing that is talked of; a mean over all shows little. So
the model is asked about drawn pictures in which the place of the asked thing is known, and the heads are kept whose
attention within the picture lies on it. They are chosen once for a model, and kept in a small file.

Attention weights are no proof of what an answer rests on: see docs/explaining.md.
"""

import base64
import hashlib
import io
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_core.messages import HumanMessage
from numpy.typing import NDArray
from pydantic import ValidationError

from core.explaining.explanation import HeadsUsed
from core.explaining.head_scenes import AskedScene, asked_scene
from core.models.local.attention import Watched, watch
from core.models.local.loading import LoadedModel
from core.models.local.prompt import PromptBuilder
from core.prompting import brief_question
from core.whole_files import write_whole

_log = logging.getLogger(__name__)

SCENES = 24
FEWEST = 8
"""Fewer pictures than this say too little to choose by."""
PATIENCE = 45.0
"""Seconds after which a slow model is asked about no further picture."""
NEARLY = 0.9
"""Heads that do so nearly as well as the best one are shown with it."""
MOST = 8
LEAST_WEIGHT = 0.01
"""A head that gives a picture less of its attention than this does not look at it at all."""
LEAST_GAIN = 1.5
"""The best head must look at the asked thing so many times as much as chance would have it."""

Shares = NDArray[np.float64]
"""Shape (layers, heads)."""


class HeadsFile:
    """The chosen heads of each model, beside the rest of the state."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "attention"

    def of(self, loaded: LoadedModel, builder: PromptBuilder) -> HeadsUsed:
        """The heads to show for a model: as they were chosen before, else chosen now. For the model's own thread."""
        file = self._folder / f"{_fingerprint(loaded)}.json"
        try:
            return HeadsUsed.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            _log.warning("%s can't be read (%s); the heads are chosen again", file, type(error).__name__)
        heads = choose_heads(loaded, builder)
        try:
            write_whole(file, heads.model_dump_json(indent=2).encode())
        except OSError as error:
            _log.warning("The chosen heads could not be kept in %s: %s", file, error.strerror)
        return heads


def choose_heads(
    loaded: LoadedModel, builder: PromptBuilder, *, scenes: int = SCENES, patience: float = PATIENCE
) -> HeadsUsed:
    """The heads that look at the asked thing most, on drawn pictures.

    Raises:
        NoAttentionError: where the picture tokens of this kind of model stand is not known.
    """
    started = time.monotonic()
    shares: list[Shares] = []
    weights: list[Shares] = []
    chance: list[float] = []
    for number in range(scenes):
        if time.monotonic() - started > patience:
            break
        scene = asked_scene(number)
        watched = watch_scene(loaded, builder, scene)
        shares.append(shares_inside(watched, scene.box))
        weights.append(watched.heads())
        chance.append(scene.chance)
    if len(shares) < min(FEWEST, scenes):
        return HeadsUsed(kind="middle", pictures=len(shares), reason="slow")
    return _best(np.mean(shares, axis=0), np.mean(weights, axis=0), len(shares), float(np.mean(chance)))


def watch_scene(loaded: LoadedModel, builder: PromptBuilder, scene: AskedScene) -> Watched:
    """The attention while the right answer about a drawn picture is said."""
    buffer = io.BytesIO()
    scene.picture.save(buffer, "PNG")
    picture = {"type": "image", "base64": base64.b64encode(buffer.getvalue()).decode(), "mime_type": "image/png"}
    asked = HumanMessage(content=[{"type": "text", "text": brief_question("", scene.question)}, picture])
    [watched] = watch(loaded, builder, builder.build([asked]), scene.answer)
    return watched


def shares_inside(watched: Watched, box: Sequence[float]) -> Shares:
    """Of each head's attention to a picture, the share inside a box, given in shares of the picture's sides."""
    layers, heads, _ = watched.weights.shape
    inside = [[share_inside(watched.map_of(layer, head), box) for head in range(heads)] for layer in range(layers)]
    return np.asarray(inside, dtype=np.float64)


def share_inside(values: NDArray[np.float64], box: Sequence[float]) -> float:
    """Of a map that adds up to 1, the share inside a box; cells that the box cuts count by their covered part."""
    left, top, right, bottom = box
    down = _covered(top, bottom, values.shape[0])
    across = _covered(left, right, values.shape[1])
    return float(down @ values @ across)


def shown_map(watched: Watched, heads: HeadsUsed) -> tuple[NDArray[np.float64], float]:
    """The mean map of the heads that are shown, adding up to 1, and the share of their attention that it stands for."""
    layers, count, _ = watched.weights.shape
    chosen = heads.heads or tuple(
        (layer, head) for layer in range(layers // 3, max(layers // 3 + 1, 2 * layers // 3)) for head in range(count)
    )
    values = np.mean([watched.map_of(layer, head) for layer, head in chosen], axis=0)
    weight = float(np.mean([watched.heads()[layer, head] for layer, head in chosen]))
    return values / max(float(values.sum()), 1e-12), weight


def _best(shares: Shares, weights: Shares, pictures: int, chance: float) -> HeadsUsed:
    looking = np.where(weights >= LEAST_WEIGHT, shares, 0.0)
    order = np.argsort(-looking, axis=None, kind="stable")
    best = float(looking.flat[order[0]])
    if best < LEAST_GAIN * chance:
        return HeadsUsed(kind="middle", pictures=pictures, share=best, chance=chance, reason="unfocused")
    chosen = [int(at) for at in order[:MOST] if looking.flat[at] >= NEARLY * best]
    return HeadsUsed(
        kind="chosen",
        heads=tuple(divmod(at, shares.shape[1]) for at in chosen),
        pictures=pictures,
        share=float(np.mean([looking.flat[at] for at in chosen])),
        chance=chance,
    )


def _covered(begin: float, end: float, count: int) -> NDArray[np.float64]:
    edges = np.linspace(0, 1, count + 1)
    return np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0, None) * count


def _fingerprint(loaded: LoadedModel) -> str:
    """A model by its shape and a sample of its weights: one that was trained on is another."""
    digest = hashlib.sha256(loaded.model.config.to_json_string().encode())
    for parameter in loaded.model.parameters():
        digest.update(parameter.detach().flatten()[:64].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:32]
