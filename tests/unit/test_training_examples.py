"""Examples are read, cleaned, taken once and split, and what is left out says why."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from core.errors import DocumentError
from core.training.cleaning import LONGEST_ANSWER, clean
from core.training.examples import Prepared
from core.training.picture_identity import PictureIdentities
from core.training.reading_examples import DESCRIBE, read_examples
from core.training.scores import exact_match, token_f1
from core.training.splitting import split
from tests.tiny_vlm.scenes import scene_of


def write(folder: Path, *lines: dict[str, Any] | str, name: str = "data.jsonl") -> Path:
    file = folder / name
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return file


def draw(folder: Path, name: str, seed: int, *, side: int = 48) -> str:
    scene_of(Random(seed)).picture.resize((side, side)).save(folder / name)
    return name


def cleaned(data: Path) -> Prepared:
    return clean(read_examples(data), PictureIdentities())


def test_questions_are_read_with_what_stands_beside_them(tmp_path: Path) -> None:
    one = draw(tmp_path, "a.png", 1)
    line = {
        "picture": one,
        "question": "q?",
        "answer": " a ",
        "passage": "p",
        "turns": [{"question": "before?", "answer": "yes"}],
        "regions": [{"box": [0, 0, 0.5, 1], "words": ["red"]}],
    }
    (example,) = cleaned(write(tmp_path, line)).examples
    assert example.pictures == (tmp_path / one,)
    assert (example.answer, example.passages, example.turns[0].answer) == ("a", ("p",), "yes")
    assert example.regions[0].words == ("red",)


def test_captions_are_read_from_text_files_and_asked_for_in_their_language(tmp_path: Path) -> None:
    draw(tmp_path, "a.png", 1)
    draw(tmp_path, "b.png", 2)
    draw(tmp_path, "c.png", 3)
    (tmp_path / "a.txt").write_text("a red circle", encoding="utf-8")
    (tmp_path / "b.txt").write_text("一个红色的圆", encoding="utf-8")
    prepared = cleaned(tmp_path)
    assert [(one.question, one.answer) for one in prepared.examples] == [
        (DESCRIBE[0], "a red circle"),
        (DESCRIBE[1], "一个红色的圆"),
    ]
    assert [one.where for one in prepared.left_out] == ["c.png"]


def test_a_captions_file_is_read_where_there_is_one(tmp_path: Path) -> None:
    draw(tmp_path, "a.png", 1)
    write(tmp_path, {"file_name": "a.png", "text": "a caption"}, name="metadata.jsonl")
    assert [one.answer for one in cleaned(tmp_path).examples] == ["a caption"]


def test_of_rated_answers_the_good_and_the_corrected_are_learned(tmp_path: Path) -> None:
    rows = [("q1?", "good", ""), ("q2?", "bad", "right"), ("q3?", "bad", "")]
    data = write(tmp_path, *({"question": q, "answer": "said", "rating": r, "correction": c} for q, r, c in rows))
    prepared = cleaned(data)
    assert [(one.question, one.answer) for one in prepared.examples] == [("q1?", "said"), ("q2?", "right")]
    assert list(prepared.reasons()) == ["rated badly, and not corrected"]


def test_what_cannot_be_learned_from_is_left_out_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    data = write(
        tmp_path,
        "no json",
        {"question": "q?", "answer": ""},
        {"question": " ", "answer": "a"},
        {"question": "q?", "answer": "a" * (LONGEST_ANSWER + 1)},
        {"question": "q?", "answer": "a", "picture": "broken.png"},
        {"question": "q?", "answer": "a", "picture": "gone.png"},
        {"question": 3, "answer": "a"},
    )
    prepared = cleaned(data)
    assert not prepared.examples
    assert prepared.reasons() == {
        "not an example": 2,
        "unreadable picture": 2,
        "no answer": 1,
        "no question": 1,
        "answer too long": 1,
    }


def test_a_question_about_a_picture_is_taken_once_though_the_picture_was_saved_larger(tmp_path: Path) -> None:
    one, larger, other = draw(tmp_path, "a.png", 1), draw(tmp_path, "b.png", 1, side=96), draw(tmp_path, "c.png", 5)
    data = write(
        tmp_path,
        *(
            {"picture": name, "question": q, "answer": "red"}
            for name, q in (
                (one, "What colour?"),
                (larger, "what  COLOUR"),
                (other, "What colour?"),
                (one, "What shape?"),
            )
        ),
    )
    prepared = cleaned(data)
    assert [(one.pictures[0].name, one.question) for one in prepared.examples] == [
        ("a.png", "What colour?"),
        ("c.png", "What colour?"),
        ("a.png", "What shape?"),
    ]
    assert [one.reason for one in prepared.left_out] == ["asked twice: also in data.jsonl:1"]


def test_a_correction_stands_before_what_was_written_first(tmp_path: Path) -> None:
    data = write(
        tmp_path,
        {"question": "q?", "answer": "first"},
        {"question": "q?", "answer": "said", "rating": "bad", "correction": "corrected"},
    )
    assert [one.answer for one in cleaned(data).examples] == ["corrected"]


def test_no_picture_stands_on_two_sides_and_the_same_seed_splits_alike(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []
    for number in range(30):
        name = draw(tmp_path, f"{number}.png", number)
        lines += [{"picture": name, "question": f"question {q}?", "answer": "a"} for q in range(3)]
    draw(tmp_path, "0-larger.png", 0, side=96)
    lines.append({"picture": "0-larger.png", "question": "another?", "answer": "a"})
    lines.append({"pictures": ["1.png", "2.png"], "question": "both?", "answer": "a"})
    identities = PictureIdentities()
    examples = clean(read_examples(write(tmp_path, *lines)), identities).examples
    names = identities.of(path for one in examples for path in one.pictures)
    sides = split(examples, names, seed=3)
    assert sum(map(len, sides)) == len(examples) == 92
    assert min(map(len, sides)) >= 9
    shown = [{names[path] for one in side for path in one.pictures} for side in sides]
    assert not shown[0] & shown[1] and not shown[0] & shown[2] and not shown[1] & shown[2]
    assert split(examples[::-1], names, seed=3) == sides
    assert split(examples, names, seed=4) != sides


def test_an_empty_folder_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="holds no pictures") as raised:
        read_examples(tmp_path)
    assert "captions.jsonl" in raised.value.hint


def test_answers_are_compared_without_case_and_punctuation() -> None:
    assert exact_match(" Red.", "red")
    assert not exact_match("red circle", "red")
    assert token_f1("a red circle", "red circle") == pytest.approx(0.8)
    assert token_f1("红色", "红") == pytest.approx(2 / 3)


def test_pictures_are_plain_files(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    assert not PictureIdentities().problem(tmp_path / "a.png")
