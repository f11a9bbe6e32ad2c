"""Where the trained tiny model looks: through heads chosen on other pictures, and through the whole of Lorelens."""

import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from config.settings import Settings
from core.application import Application
from core.explaining.explanation import HeadsUsed
from core.explaining.parts import explain_in_parts
from core.explaining.record import AnswerRecord
from core.messages import Author, Message, Place
from core.models.local.chat_model import TransformersChatModel
from core.pictures import NormalizedPicture, normalize
from core.reply import gather
from tests.bench.attention import KINDS, chance_of, look_at_scenes, share_of
from tests.ingesting import OCR

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_the_heads_that_are_shown_look_at_what_is_asked_about(tiny_vlm: Path, kind: str) -> None:
    heads, looked = look_at_scenes(tiny_vlm, kind, 60)
    assert heads.kind == "chosen"
    assert heads.pictures == 24
    inside = share_of(looked, heads)
    assert inside > 2 * chance_of(looked)
    assert inside > 1.5 * share_of(looked, heads, other=True)
    assert inside > share_of(looked, HeadsUsed(kind="middle"))


def two_shapes(*, red_on_the_left: bool) -> NormalizedPicture:
    """A red circle and a blue square, in a picture larger than what the model reads."""
    picture = Image.new("RGB", (400, 400), (236, 233, 225))
    canvas = ImageDraw.Draw(picture)
    left, right = (40, 120, 200, 280), (225, 120, 385, 280)
    canvas.ellipse(left if red_on_the_left else right, fill=(215, 35, 30))
    canvas.rectangle(right if red_on_the_left else left, fill=(45, 60, 215))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return normalize(buffer.getvalue(), name="shapes.png")


async def test_a_picture_is_explained_with_a_heat_map_of_where_the_model_looked(tiny_vlm: Path, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    records: list[AnswerRecord] = []

    async def find(sha256: str) -> bytes | None:
        return kept.get(sha256)

    async def keep_record(record: AnswerRecord) -> None:
        records.append(AnswerRecord.model_validate_json(record.model_dump_json()))

    async def keep_picture(drawn: NormalizedPicture) -> None:
        kept[drawn.picture.sha256] = drawn.data

    sides: list[float] = []
    settings = Settings.model_validate({"data": tmp_path, "model": f"local:{tiny_vlm}"})
    async with Application(settings) as application:
        application.ocr = OCR
        assistant = await application.assistant(find)
        explainer = application.explainer(find)
        for red_on_the_left in (True, False):
            picture = two_shapes(red_on_the_left=red_on_the_left)
            await keep_picture(picture)
            message = Message(
                id="q",
                place=Place(platform="terminal", workspace="local", channel="ask"),
                author=Author(id="me"),
                text="what color is the circle?",
                pictures=(picture.picture,),
                sent_at=datetime.now(UTC),
            )
            reply = gather([part async for part in assistant.answer(message, keep=keep_record)])
            assert reply.text == "red."

            explanation = await explainer.explain(records[-1], word="red")
            [one] = explanation.pictures
            assert one.heat is not None
            assert (one.heat.words, one.heat.heads.kind, explanation.no_attention) == ("red", "chosen", "")
            values = np.asarray(one.heat.values).reshape(one.heat.rows, one.heat.columns)
            assert values.sum() == pytest.approx(1)
            sides.append(float(values[:, : one.heat.columns // 2].sum()))

            told = gather(await explain_in_parts(explainer, records[-1], keep_picture))
            assert "Where the model looked while it said “red.”" in told.text
            assert [shown.picture.name for shown in told.pictures] == ["shapes-attention.png"]
            assert told.pictures[0].picture.sha256 in kept

        assert sides[0] > 0.5 > sides[1]
        [file] = (tmp_path / "attention").glob("*.json")
        assert HeadsUsed.model_validate_json(file.read_bytes()).kind == "chosen"

        kept.clear()
        gone = await explainer.explain(records[-1])
        assert (gone.pictures[0].gone, gone.pictures[0].heat, gone.no_attention) == (True, None, "gone_picture")
        # The model is as it was, and answers on.
        chat = await application.chat()
        assert isinstance(chat.model, TransformersChatModel)
        assert chat.model.engine.loaded.model.get_decoder().config._attn_implementation == "sdpa"


async def test_an_answer_of_another_model_is_explained_without_its_attention(tiny_vlm: Path, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    records: list[AnswerRecord] = []

    async def find(sha256: str) -> bytes | None:
        return kept.get(sha256)

    async def keep_record(record: AnswerRecord) -> None:
        records.append(record)

    picture = two_shapes(red_on_the_left=True)
    kept[picture.picture.sha256] = picture.data
    async with Application(Settings.model_validate({"data": tmp_path, "model": f"local:{tiny_vlm}"})) as application:
        application.ocr = OCR
        message = Message(
            id="q",
            place=Place(platform="terminal", workspace="local", channel="ask"),
            author=Author(id="me"),
            text="what color is the circle?",
            pictures=(picture.picture,),
            sent_at=datetime.now(UTC),
        )
        assistant = await application.assistant(find)
        async for _ in assistant.answer(message, keep=keep_record):
            pass
        [record] = records
        other = record.model_copy(update={"reply": record.reply.model_copy(update={"model": "openai:gpt-5"})})
        explanation = await application.explainer(find).explain(other)
    assert explanation.no_attention == "not_local"
    assert explanation.pictures[0].heat is None
