"""An explanation's parts: sentences with scores, drawn pictures, the page, what is posted, what is kept."""

import io
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from PIL import Image

from core.errors import PictureError, QuestionError
from core.evidence import Evidence, EvidencePassage, OcrLine, PictureReading
from core.explaining.boxes import draw_boxes
from core.explaining.explainer import Explainer
from core.explaining.explanation import HeadsUsed, HeatMap
from core.explaining.heatmap import heat_overlay
from core.explaining.keeping import LastAnswer, LastAnswerFile
from core.explaining.page import page_of
from core.explaining.parts import parts_of
from core.explaining.record import AnswerRecord, picture_hashes, prompt_of, record_of
from core.explaining.sentences import cited_sentences, passed_over
from core.intent import asks_why
from core.knowledge.documents import Passage
from core.messages import Author, Message, Picture, Place
from core.models.chat import ChatModel
from core.models.minilm import MiniLM
from core.pictures import NormalizedPicture, normalize
from core.reply import Citation, Reply, gather
from core.turn import Turn
from tests.ingesting import OCR

ROLLBACK = "A rollback takes four minutes and needs no approval."
FREEZE = "Deploys are frozen on Fridays."


def picture(size: tuple[int, int] = (400, 200), colour: str = "white") -> NormalizedPicture:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return normalize(buffer.getvalue(), name="screen.png")


def passage(number: int, text: str, *, path: str, first_rank: int | None = None) -> EvidencePassage:
    return EvidencePassage(
        number=number,
        passage=Passage(
            id=f"p{number}", source="docs", path=path, text=text, title="Deploys", heading_path=("Deploys",)
        ),
        score=0.8 / number,
        lexical=9.5,
        dense=0.61,
        first_rank=first_rank or number,
    )


def record(
    text: str,
    *citations: Citation,
    question: str = "How long does a rollback take?",
    pictures: tuple[Picture, ...] = (),
    lines: tuple[OcrLine, ...] = (),
    audience: tuple[str, ...] = ("everyone",),
) -> AnswerRecord:
    message = Message(
        id="q1",
        place=Place(platform="terminal", workspace="local", channel="ask"),
        author=Author(id="me"),
        text=question,
        pictures=pictures,
        sent_at=datetime.now(UTC),
    )
    readings = tuple(
        PictureReading(number=number, width=one.width, height=one.height, lines=lines)
        for number, one in enumerate(pictures, start=1)
    )
    return AnswerRecord(
        question=message,
        asked=(message.id,),
        audience=audience,
        evidence=Evidence(
            question=question,
            standalone=question,
            passages=(
                passage(1, f"{FREEZE} {ROLLBACK}", path="deploy.md", first_rank=2),
                passage(2, "The office cat is called Biscuit.", path="cat.md", first_rank=1),
            ),
            pictures=readings,
        ),
        pictures=pictures,
        reply=Reply(text=text, citations=citations, model="extractive", support=0.9),
        answered_at=datetime.now(UTC),
    )


def cite(number: int, quote: str, source: str = "deploy.md") -> Citation:
    return Citation(number=number, source=source, quote=quote)


def explainer(data: Path, *kept: NormalizedPicture) -> Explainer:
    by_hash = {one.picture.sha256: one.data for one in kept}

    async def find(sha256: str) -> bytes | None:
        return by_hash.get(sha256)

    async def no_chat() -> ChatModel:
        raise AssertionError("nothing here was answered by a local model")

    return Explainer(encoder=None, ocr=OCR, find=find, chat=no_chat, data=data)


# --- sentences -----------------------------------------------------------------------------------------------------


def test_a_quoted_sentence_is_told_from_a_claim_that_is_borne_out() -> None:
    encoder = MiniLM()
    [quoted] = cited_sentences(record(f"> {ROLLBACK} [1]", cite(1, ROLLBACK)), encoder)
    assert quoted.verbatim
    assert quoted.claim == ""
    [claimed] = cited_sentences(record("Rolling back needs four minutes [1].", cite(1, ROLLBACK)), encoder)
    assert (claimed.verbatim, claimed.claim) == (False, "Rolling back needs four minutes")
    [unfounded] = cited_sentences(record("The moon is made of cheese [1].", cite(1, ROLLBACK)), encoder)
    assert claimed.support > 0.5 > unfounded.support


def test_a_sentence_carries_the_scores_of_its_passage() -> None:
    [cited] = cited_sentences(record(f"> {ROLLBACK} [1]", cite(1, ROLLBACK)), None)
    scores = cited.scores
    assert (scores.rank, scores.first_rank, scores.lexical, scores.dense) == (1, 2, 9.5, 0.61)
    assert scores.probability == pytest.approx(0.8)


def test_what_was_found_but_not_used_is_named_with_its_scores() -> None:
    [other] = passed_over(record(f"> {ROLLBACK} [1]", cite(1, ROLLBACK)))
    assert (other.source, other.text, other.scores.rank) == ("cat.md", "The office cat is called Biscuit.", 2)


def test_two_quotes_under_one_number_are_each_word_for_word() -> None:
    cited = cited_sentences(record(f"> {FREEZE} [1]\n\n> {ROLLBACK} [1]", cite(1, FREEZE), cite(1, ROLLBACK)), None)
    assert [(one.quote, one.verbatim) for one in cited] == [(FREEZE, True), (ROLLBACK, True)]


# --- drawing -------------------------------------------------------------------------------------------------------


def heat(rows: int, columns: int, hot: tuple[int, int], words: str = "red.") -> HeatMap:
    values = np.zeros((rows, columns))
    values[hot] = 1.0
    heads = HeadsUsed(kind="chosen", heads=((1, 3),), pictures=24, share=0.6, chance=0.15)
    return HeatMap(words=words, rows=rows, columns=columns, values=tuple(values.flatten()), weight=0.4, heads=heads)


@pytest.mark.parametrize("size", [(48, 48), (900, 300), (3, 400), (400, 3), (2000, 1500)])
@pytest.mark.parametrize("grid", [(6, 6), (2, 9), (1, 1)])
def test_a_heat_map_is_laid_over_pictures_of_any_shape(size: tuple[int, int], grid: tuple[int, int]) -> None:
    drawn = heat_overlay(Image.new("RGB", size, "white"), heat(*grid, (0, 0)))
    assert max(drawn.size) >= 480
    assert max(drawn.size) <= 1600 + 100
    assert drawn.width / size[0] == pytest.approx(max(480, min(1600, max(size))) / max(size), rel=0.5)


@pytest.mark.parametrize("ground", ["white", "black", (120, 60, 10)])
def test_where_the_model_looked_is_brighter_and_warmer_on_any_ground(ground: str) -> None:
    drawn = np.asarray(heat_overlay(Image.new("RGB", (600, 600), ground), heat(6, 6, (1, 4))), dtype=np.float64)
    hot, cold = drawn[150, 450], drawn[500, 100]
    assert hot.sum() > cold.sum() + 100
    assert hot[0] - hot[2] > cold[0] - cold[2] + 50


def test_the_scale_of_a_heat_map_grows_brighter_all_the_way() -> None:
    drawn = np.asarray(heat_overlay(Image.new("RGB", (600, 600), "white"), heat(1, 1, (0, 0))), dtype=np.float64)
    scale = drawn[600 + (drawn.shape[0] - 600) // 2, 40:560] @ (0.299, 0.587, 0.114)
    assert (np.diff(scale) >= -1).all()
    assert scale[-1] > scale[0] + 150


def test_boxes_stand_around_what_is_quoted_and_leave_it_readable() -> None:
    plain = Image.new("RGB", (600, 300), "white")
    drawn = np.asarray(draw_boxes(plain, [(100, 50, 300, 80), (100, 200, 590, 298)]), dtype=np.int64)
    assert plain.getcolors() == [(600 * 300, (255, 255, 255))]
    changed = np.argwhere((drawn != 255).any(axis=2))
    assert changed[:, 0].min() >= 40
    assert (drawn[55:75, 110:290] == 255).all()
    assert (drawn[47, 200] == (196, 30, 90)).all()


# --- the whole -----------------------------------------------------------------------------------------------------


LINES = (
    OcrLine(text="Request failed: ERR-4031", confidence=0.98, box=(20, 20, 260, 40)),
    OcrLine(text="Dismiss", confidence=0.99, box=(20, 150, 80, 170)),
)


async def test_the_lines_that_the_answer_quotes_are_boxed_on_the_picture_of_the_question(tmp_path: Path) -> None:
    screen = picture()
    asked = record(
        f"ERR-4031: {ROLLBACK} [1]", cite(1, ROLLBACK), pictures=(screen.picture,), lines=LINES, question="What is it?"
    )
    why = explainer(tmp_path, screen)
    explanation = await why.explain(asked)
    [one] = explanation.pictures
    assert (one.role, one.gone, [line.part for line in one.lines]) == ("asked", False, ["ERR-4031"])
    [drawing] = await why.draw(explanation)
    assert (drawing.kind, drawing.drawn.picture.name) == ("boxes", "screen-quotes.png")
    assert drawing.drawn.picture.width >= 480


async def test_a_picture_that_is_kept_no_more_is_told_and_not_drawn(tmp_path: Path) -> None:
    asked = record("ERR-4031", pictures=(picture().picture,), lines=LINES)
    explanation = await explainer(tmp_path).explain(asked)
    assert explanation.pictures[0].gone
    assert await explainer(tmp_path).draw(explanation) == []
    assert "kept no more" in gather(parts_of(explanation, [])).text


async def test_a_page_shows_all_of_it_and_fetches_nothing(tmp_path: Path) -> None:
    screen = picture()
    asked = record(
        f"<script>alert(1)</script> ERR-4031 {ROLLBACK} [1]",
        cite(1, ROLLBACK),
        pictures=(screen.picture,),
        lines=LINES,
        question="What is <b>it</b>?",
    )
    why = explainer(tmp_path, screen)
    explanation = await why.explain(asked)
    hot = explanation.pictures[0].model_copy(update={"heat": heat(6, 6, (1, 1))})
    explanation = explanation.model_copy(update={"pictures": (hot,)})
    page = page_of(explanation, await why.draw(explanation))
    assert page.count('src="data:image/') == 2
    assert not re.search(r"(?:src|href)=\"(?!data:)|url\(|@import|https?://", page)
    assert "<script>" not in page
    assert "<b>it" not in page
    for said in (ROLLBACK, "ERR-4031", "BM25 9.50", "cosine 0.61", "deploy.md", "cat.md", "60% of their attention"):
        assert said in page
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize(
    ("question", "said"),
    [("How long does a rollback take?", "Why this answer?"), ("回滚需要多长时间？", "为什么这么回答？")],
)
async def test_what_is_posted_is_in_the_language_of_the_question(tmp_path: Path, question: str, said: str) -> None:
    screen = picture()
    asked = record(
        f"> {ROLLBACK} [1] ERR-4031", cite(1, ROLLBACK), question=question, pictures=(screen.picture,), lines=LINES
    )
    why = explainer(tmp_path, screen)
    explanation = await why.explain(asked)
    reply = gather(parts_of(explanation, await why.draw(explanation)))
    assert said in reply.text
    assert f"> {ROLLBACK}" in reply.text
    assert "BM25 9.50" in reply.text
    assert "1. ERR-4031" in reply.text
    assert len(reply.pictures) == 1


async def test_an_answer_is_not_explained_to_whom_it_was_not_given(tmp_path: Path) -> None:
    hers = record("yes", audience=("everyone", "person:ada"))
    why = explainer(tmp_path)
    assert (await why.explain(hers, audience=("everyone", "person:ada", "channel:x"))).answer == "yes"
    with pytest.raises(QuestionError, match="given to others"):
        await why.explain(hers, audience=("everyone", "person:bob"))


async def test_a_word_that_was_not_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match='"purple" does not stand'):
        await explainer(tmp_path).explain(record("It is red."), word="purple")


# --- keeping -------------------------------------------------------------------------------------------------------


async def test_a_record_holds_pictures_as_hashes_and_gives_the_prompt_back() -> None:
    screen = picture()
    kept = {screen.picture.sha256: screen.data}

    async def find(sha256: str) -> bytes | None:
        return kept.get(sha256)

    import base64

    block = {"type": "image", "base64": base64.b64encode(screen.data).decode(), "mime_type": "image/png"}
    prompt = [HumanMessage(content=[{"type": "text", "text": "what is it?"}, block]), AIMessage(content="a screen")]
    turn = Turn(message=record("x").question, prompt=[*prompt], said="It is a screen.")
    made = AnswerRecord.model_validate_json(record_of(turn, Reply(text="It is a screen.")).model_dump_json())
    assert base64.b64encode(screen.data).decode() not in made.model_dump_json()
    assert picture_hashes(made) == [screen.picture.sha256]
    assert [message.content for message in await prompt_of(made, find)] == [one.content for one in prompt]
    kept.clear()
    with pytest.raises(PictureError, match="kept no more"):
        await prompt_of(made, find)


def test_a_prompt_without_pictures_is_not_kept() -> None:
    turn = Turn(message=record("x").question, prompt=[HumanMessage(content="what?")], said="That.")
    made = record_of(turn, Reply(text="That."))
    assert (made.prompt, made.said) == ((), "")


def test_the_last_answer_is_a_file_of_ones_own_that_is_replaced_and_forgotten(tmp_path: Path) -> None:
    file = LastAnswerFile(tmp_path / "data")
    assert file.read() is None
    screen = picture()
    for text in ("first", "second"):
        file.keep(LastAnswer(record=record(text), pictures={screen.picture.sha256: screen.data}))
    [path] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    last = file.read()
    assert last is not None
    assert last.record is not None
    assert last.record.reply.text == "second"
    assert last.pictures == {screen.picture.sha256: screen.data}
    file.forget("another source")
    assert path.exists()
    file.forget("docs")
    assert not path.exists()


def test_a_last_answer_that_cannot_be_kept_or_read_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    LastAnswerFile(tmp_path / "file").keep(LastAnswer(record=record("the secret")))
    (tmp_path / "last-answer.json").write_text('{"record": "the secret"}')
    assert LastAnswerFile(tmp_path).read() is None
    assert "could not be kept" in caplog.text
    assert "the secret" not in caplog.text


# --- asking why ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Why this answer?",
        "why do you say that",
        "How do you know?",
        "Explain your answer.",
        "为什么这么回答？",
        "你怎么知道的？",
    ],
)
def test_a_question_about_the_answer_is_understood(text: str) -> None:
    assert asks_why(text)


@pytest.mark.parametrize(
    "text", ["Why?", "Why is the deploy frozen?", "How do you know which key to rotate?", "为什么部署失败？", ""]
)
def test_a_question_about_the_matter_is_left_to_the_documents(text: str) -> None:
    assert not asks_why(text)
