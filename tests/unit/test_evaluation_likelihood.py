"""The perplexity of reference answers is what transformers itself says of them after the same prompt."""

from pathlib import Path

import pytest
import torch

from core.evaluation.likelihood import ReferenceLikelihood
from core.models.chat import EXTRACTIVE, load_chat_model
from tests.contract.local_models import opened
from tests.ingesting import png

pytestmark = pytest.mark.slow


async def test_a_reference_is_as_likely_as_the_model_itself_takes_it_to_be(tmp_path: Path) -> None:
    picture = tmp_path / "sign.png"
    picture.write_bytes(png("stop", size=(48, 48)))
    async with opened("llava") as model:
        likelihood = await ReferenceLikelihood.of(model.chat)
        assert likelihood is not None
        measured = await likelihood.measure("what means stop?", "you wait", ["stop means wait"], picture)
        other = await likelihood.measure("what means stop?", "you wait", ["go means go"], picture)
        from core.training.examples import Example

        example = Example(
            question="what means stop?", answer="you wait", pictures=(picture,), passages=("stop means wait",)
        )
        prompt = likelihood.maker.answered(example)

        def whole(loaded: object) -> float:
            labels = prompt.inputs["input_ids"].clone()
            labels[:, : -prompt.answer] = -100
            with torch.inference_mode():
                return float(model.engine.loaded.model(**prompt.inputs, labels=labels).loss)

        mean = await model.engine.exclusively(whole)

    assert measured is not None
    assert other is not None
    assert measured["tokens"] == prompt.answer
    assert measured["unlikelihood"] / measured["tokens"] == pytest.approx(mean, rel=1e-4)
    assert other["tokens"] == measured["tokens"]
    assert other["unlikelihood"] != measured["unlikelihood"]


async def test_what_is_too_long_to_be_read_loses_passages_or_is_not_measured() -> None:
    async with opened("llava", context=1200) as model:
        likelihood = await ReferenceLikelihood.of(model.chat)
        assert likelihood is not None
        alone = await likelihood.measure("stop?", "wait", [], None)
        cut = await likelihood.measure("stop?", "wait", ["stop " * 2000], None)
        too_long = await likelihood.measure("stop?", "wait " * 2000, [], None)

    assert alone is not None
    assert cut == pytest.approx(alone)
    assert too_long is None


async def test_a_model_that_does_not_run_here_has_none() -> None:
    assert await ReferenceLikelihood.of(await load_chat_model(EXTRACTIVE)) is None
