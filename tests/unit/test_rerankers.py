"""A reranker by name: what a real, tiny cross-encoder scores highest comes first, in every search."""

from pathlib import Path
from typing import Any, cast

import pytest

from config.settings import Settings
from core.application import Application
from core.errors import ModelUnavailableError
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.rerankers import JUDGED, CrossEncoderReranker
from tests.ingesting import Team

QUESTION = "how long does a rollback take"
TEXTS = ["lunch is at noon", "a deploy takes minutes", "a rollback takes four minutes", "noon", "how long is lunch"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # torch warns of what its own parts do


def hits(*texts: str) -> list[Hit]:
    return [
        Hit(
            passage=Passage(id=str(at), source="docs", path=f"{at}.md", text=text),
            score=1 / (2 + at),
            first_rank=at + 1,
        )
        for at, text in enumerate(texts)
    ]


def saved(folder: Path, outputs: int = 1) -> str:
    """A BERT with weights drawn at random: it prefers something, no matter what."""
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    torch.manual_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(" ".join([QUESTION, *TEXTS]).split())]
    tokenizer = transformers.BertTokenizerFast(vocab={word: at for at, word in enumerate(words)})
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.BertConfig(
        vocab_size=len(words), max_position_embeddings=64, num_labels=outputs, initializer_range=1.0, **size
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def judged(folder: str, texts: list[str]) -> list[float]:
    """What the model itself says of each text, asked without Lorelens."""
    from sentence_transformers import CrossEncoder

    model = cast(Any, CrossEncoder)(folder)
    return model.predict([(QUESTION, text) for text in texts], show_progress_bar=False).tolist()


def test_the_order_is_the_models_and_scores_are_probabilities(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    scores = dict(zip(TEXTS, judged(folder, TEXTS), strict=True))
    wanted = sorted(TEXTS, key=lambda text: -scores[text])
    assert wanted != TEXTS
    ranked = CrossEncoderReranker(folder).rerank(QUESTION, hits(*TEXTS))
    assert [hit.passage.text for hit in ranked] == wanted
    assert sum(hit.score for hit in ranked) == pytest.approx(1)
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    assert [hit.first_rank for hit in ranked] == [TEXTS.index(text) + 1 for text in wanted]


def test_what_is_too_far_down_to_be_read_stays_behind_in_its_order(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(saved(tmp_path / "model"))
    ranked = reranker.rerank(QUESTION, hits(*(TEXTS[at % 5] for at in range(JUDGED + 4))))
    assert [hit.passage.id for hit in ranked[JUDGED:]] == [str(JUDGED + at) for at in range(4)]
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    assert reranker.rerank(QUESTION, []) == []


def test_a_model_that_does_not_rank_or_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="does not rank"):
        CrossEncoderReranker(saved(tmp_path / "classes", outputs=3)).rerank(QUESTION, hits("lunch"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailableError, match="could not be loaded") as raised:
        CrossEncoderReranker(str(tmp_path / "empty")).rerank(QUESTION, hits("lunch"))
    assert "LORELENS_RERANKER" in raised.value.hint
    with pytest.raises(ModelUnavailableError, match="could not be loaded"):
        CrossEncoderReranker(str(tmp_path / "empty")).check()


async def test_a_team_that_names_a_reranker_finds_in_its_order(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write({f"{at}.md": f"{text}\n" for at, text in enumerate(TEXTS)})
    await team.ingest()
    settings = Settings.model_validate({"data": team.data, "encoder": "none", "reranker": saved(tmp_path / "model")})
    async with Application(settings) as application:
        found = [hit.passage for hit in await (await application.knowledge()).search(QUESTION)]
    assert len(found) > 1
    places = [f"{passage.title}\n{passage.text}".strip() for passage in found]
    scores = judged(settings.reranker, places)
    assert scores == sorted(scores, reverse=True)
