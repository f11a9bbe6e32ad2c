"""Where a picture's tokens stand in it, held to what real models of each family make of a changed corner."""

import base64
import io
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from langchain_core.messages import HumanMessage
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.models.local.attention import eager_attention, watch
from core.models.local.loading import LoadedModel, load_local
from core.models.local.picture_grids import NoAttentionError, picture_grids
from core.models.local.prompt import Prompt, PromptBuilder
from tests.tiny_models import FAMILIES, tiny_model

KNOWN = [name for name in FAMILIES if name != "llava-sliding"]
WIDE, UPRIGHT = (200, 100), (100, 200)
CORNERS = [(0.12, 0.15), (0.88, 0.15), (0.12, 0.85), (0.88, 0.85)]


@cache
def opened(family: str) -> tuple[LoadedModel, PromptBuilder]:
    """A tiny model whose patches do not look at one another, so that each picture token is of its own place alone."""
    loaded = load_local(str(tiny_model(family)), device="cpu", precision="float32")
    for name, parameter in loaded.model.named_parameters():
        if ("vision" in name or "visual" in name) and name.endswith((".attn.proj.weight", ".out_proj.weight")):
            torch.nn.init.zeros_(parameter)
    return loaded, PromptBuilder(loaded.processor)


def picture(size: tuple[int, int], corner: tuple[float, float] | None = None) -> dict[str, Any]:
    """A grey picture, red around one place."""
    image = Image.new("RGB", size, (120, 120, 120))
    if corner is not None:
        x, y, across, down = corner[0] * size[0], corner[1] * size[1], size[0] * 0.1, size[1] * 0.1
        ImageDraw.Draw(image).rectangle((x - across, y - down, x + across, y + down), fill=(255, 0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return {"type": "image", "base64": base64.b64encode(buffer.getvalue()).decode(), "mime_type": "image/png"}


def prompt_of(builder: PromptBuilder, *pictures: dict[str, Any]) -> Prompt:
    return builder.build([HumanMessage(content=[*pictures, {"type": "text", "text": "what is it?"}])])


def embedded(loaded: LoadedModel, prompt: Prompt) -> NDArray[np.float32]:
    """What the language model reads for each token of a prompt: shape (tokens, size)."""
    seen: list[NDArray[np.float32]] = []

    def see(module: Any, args: Any, kwargs: Any) -> None:
        seen.append(kwargs["inputs_embeds"][0].float().numpy())

    handle = loaded.model.get_decoder().register_forward_pre_hook(see, with_kwargs=True)
    with torch.inference_mode():
        loaded.model(**prompt.inputs)
    handle.remove()
    return seen[0]


@pytest.mark.slow
@pytest.mark.parametrize("family", KNOWN)
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another"])
def test_what_changes_with_a_corner_are_the_tokens_that_lie_there(family: str, beside: bool) -> None:
    loaded, builder = opened(family)
    others = [picture((50, 70))] if beside else []
    plain = embedded(loaded, prompt_of(builder, *others, picture(WIDE)))
    for x, y in CORNERS:
        marked = prompt_of(builder, *others, picture(WIDE, (x, y)))
        *_, grid = picture_grids(loaded.model, loaded.processor, marked)
        change = np.abs(embedded(loaded, marked) - plain).sum(axis=1).astype(np.float64)
        assert change.sum() == pytest.approx(change[grid.positions].sum())
        laid = grid.spread(change[grid.positions])
        # A hundredth, for what resizing carries a little beyond a patch.
        rows, columns = np.nonzero(laid > laid.max() / 100)
        assert rows.min() / grid.rows < y < (rows.max() + 1) / grid.rows
        assert columns.min() / grid.columns < x < (columns.max() + 1) / grid.columns
        assert np.ptp(rows) + 1 <= max(2, grid.rows / 2), laid.round(2)
        assert np.ptp(columns) + 1 <= max(2, grid.columns / 2), laid.round(2)


@pytest.mark.parametrize("family", ["llava", pytest.param("idefics3", marks=pytest.mark.slow)])
def test_weights_of_all_tokens_lie_within_the_picture(family: str) -> None:
    loaded, builder = opened(family)
    prompt = prompt_of(builder, picture(WIDE), picture(UPRIGHT))
    grids = picture_grids(loaded.model, loaded.processor, prompt)
    assert len(grids) == 2
    assert not set(grids[0].positions) & set(grids[1].positions)
    for grid in grids:
        laid = grid.spread(np.ones(len(grid.positions)))
        assert laid.shape == (grid.rows, grid.columns)
        assert laid.sum() == pytest.approx(len(grid.positions))


@pytest.mark.slow
@pytest.mark.parametrize("family", KNOWN)
def test_attention_to_each_of_two_pictures_is_told_and_the_model_is_left_as_it_was(family: str) -> None:
    loaded, builder = opened(family)
    before = loaded.model.get_decoder().config._attn_implementation
    prompt = prompt_of(builder, picture((60, 60)), picture((50, 70)))
    watched = watch(loaded, builder, prompt, "red")
    assert len(watched) == 2
    assert (watched[0].heads() + watched[1].heads()).max() <= 1 + 1e-6
    assert watched[1].heads().max() > 0
    assert loaded.model.get_decoder().config._attn_implementation == before


def test_attention_is_what_a_plain_pass_over_prompt_and_answer_gives() -> None:
    loaded, builder = opened("llava")
    prompt = prompt_of(builder, picture((60, 60), (0.2, 0.2)))
    [watched] = watch(loaded, builder, prompt, "red square", part="square")

    answers: list[NDArray[np.float64]] = []
    for said in ("red square", " red square"):  # with a space before it or without, as the model would begin
        ids, spans = builder.encode(said)
        tokens = torch.cat([prompt.inputs["input_ids"], torch.tensor([ids])], dim=1)
        inputs = {**prompt.inputs, "input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
        with torch.inference_mode(), eager_attention(loaded.model):
            attentions = loaded.model(**inputs, output_attentions=True).attentions
        choosing = [prompt.tokens - 1 + at for at, (_, end) in enumerate(spans) if end > len(said) - len("square")]
        rows = [one[0][:, choosing].mean(dim=1).double().numpy() for one in attentions]
        answers.append(np.stack(rows)[:, :, watched.grid.positions])
    assert any(np.allclose(watched.weights, answer, atol=1e-5) for answer in answers)


def test_what_a_window_has_left_behind_is_not_made_up() -> None:
    loaded, builder = opened("llava-sliding")
    prompt = prompt_of(builder, picture((60, 60)))
    with pytest.raises(NoAttentionError, match="No layer"):
        watch(loaded, builder, prompt, "a long answer that goes far beyond the window of its layers", part="layers")


def test_a_family_that_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, builder = opened("llava")
    prompt = prompt_of(builder, picture((60, 60)))
    monkeypatch.setattr(loaded.model.config, "model_type", "unheard-of")
    with pytest.raises(NoAttentionError, match="unheard-of"):
        picture_grids(loaded.model, loaded.processor, prompt)
