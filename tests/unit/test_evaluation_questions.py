"""Files of questions are read in three forms to the same values, and whatever is wrong is told by line and field."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QuestionError
from core.evaluation.questions import EvaluationQuestion
from core.evaluation.reading_questions import MOST_TOLD, read_questions

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "demo" / "handbook"


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def refused(folder: Path, name: str, text: str | bytes) -> str:
    with pytest.raises(QuestionError) as caught:
        read_questions(written(folder, name, text))
    assert caught.value.hint
    return caught.value.message


def test_the_same_question_is_the_same_in_json_csv_and_yaml(tmp_path: Path) -> None:
    (tmp_path / "error.png").write_bytes(b"looked at later")
    lines = (
        '{"question": "多少天？", "answer": ["20 天", "二十天"], "documents": "zh/a.md", "quote": "共 20 天，含周末",'
        ' "picture": "error.png", "pictures": ["b.png"], "language": "zh", "tags": ["people", "new"]}\n'
        '\n{"question": "Who?", "unanswerable": true}\n'
    )
    cells = (
        "question,answer,documents,quote,picture,pictures,language,tags,unanswerable\r\n"
        '多少天？,20 天|二十天,zh/a.md,"共 20 天，含周末",error.png,b.png,zh,people|new,\r\n'
        ",,,,,,,,\r\nWho?,,,,,,,,yes\r\n"
    )
    entries = (
        "# for the team\n- question: 多少天？\n  answer: [20 天, 二十天]\n  documents: zh/a.md\n"
        "  quote: 共 20 天，含周末\n  picture: error.png\n  pictures: [b.png]\n  language: zh\n  tags: [people, new]\n"
        "- question: Who?\n  unanswerable: yes\n"
    )
    files = [
        written(tmp_path, "q.jsonl", lines),
        written(tmp_path, "q.csv", cells.encode("utf-8-sig")),
        written(tmp_path, "q.yaml", entries),
    ]

    read = [read_questions(file).questions for file in files]

    days, who = read[0]
    assert days == EvaluationQuestion(
        line=1,
        question="多少天？",
        answers=("20 天", "二十天"),
        documents=("zh/a.md",),
        quotes=("共 20 天，含周末",),
        picture=tmp_path / "error.png",
        pictures=("b.png",),
        language="zh",
        tags=("people", "new"),
    )
    assert who == EvaluationQuestion(line=3, question="Who?", unanswerable=True)
    assert [[one.model_copy(update={"line": 0}) for one in of_file] for of_file in read[1:]] == [
        [one.model_copy(update={"line": 0}) for one in read[0]]
    ] * 2
    assert [[one.line for one in of_file] for of_file in read] == [[1, 3], [2, 4], [2, 10]]
    assert len({tuple(read_questions(file).keys) for file in files}) == 1


def test_numbers_dates_and_yes_are_answers_as_they_are_written(tmp_path: Path) -> None:
    yaml = "- {question: a, answer: 7.50}\n- {question: b, answer: no}\n- {question: c, answer: 2026-08-14}\n"
    lines = '{"question": "a", "answer": 7.50}\n'

    read = read_questions(written(tmp_path, "q.yaml", yaml)).questions

    assert [one.answers for one in read] == [("7.50",), ("no",), ("2026-08-14",)]
    assert read_questions(written(tmp_path, "q.jsonl", lines)).questions[0].answers == ("7.50",)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"question": "a", "document": 1.5, "anser": "b"}', 'the field "anser" is unknown; did you mean "answer"?'),
        ('{"question": "a", "answer": {"text": "b"}}', 'the field "answer" should be a text or a list of texts'),
        ('{"question": ["a"]}', 'the field "question" should be a text'),
        ('{"answer": "b"}', 'the field "question" is empty'),
        ('{"question": "  "}', 'the field "question" is empty'),
        ('{"question": "a", "unanswerable": "perhaps"}', 'the field "unanswerable" should be true or false'),
        ('{"question": "a", "unanswerable": true, "answer": "b"}', 'its field "answer" can\'t be met'),
        ('{"question": "a", "picture": "gone.png"}', "gone.png, which is not there"),
        ("[1, 2]", 'write {"question": "..."}'),
        ("how much is it?", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_field(tmp_path: Path, line: str, says: str) -> None:
    said = refused(tmp_path, "q.jsonl", f'{{"question": "fine"}}\n\n{line}\n')

    assert "line 3: " in said
    assert says in said


def test_all_mistakes_are_told_together_but_not_without_end(tmp_path: Path) -> None:
    said = refused(tmp_path, "q.jsonl", '{"q": 1}\n' * 50)

    assert said.count('the field "q" is unknown') == MOST_TOLD
    assert "and 30 more" in said


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("q.txt", "Who?", 'ends in ".txt"'),
        ("q.jsonl", "", "no questions"),
        ("q.csv", "", "no questions"),
        ("q.yaml", "", "no questions"),
        ("q.csv", "Who?\n", "does not name its columns"),
        ("q.csv", "question,question\na,b\n", "does not name its columns"),
        ("q.csv", "question,answer\na,b,c\n", "it has 3 cells and the first line names 2"),
        ("q.csv", 'question\n"a"b\n', "this is no CSV"),
        ("q.yaml", "question: a\n", "is no list"),
        ("q.yaml", "- question: [a\n", "is no YAML: line"),
        ("q.yaml", "- question: a\n- b\n", "line 2: write"),
        ("q.jsonl", "\n问题".encode("gb18030"), "line 2 has a byte that can't be read"),
        ("q.yaml", b"- question: \x00\n", "is no YAML"),
    ],
)
def test_what_is_no_file_of_questions_says_so(tmp_path: Path, name: str, text: str | bytes, says: str) -> None:
    assert says in refused(tmp_path, name, text)


def test_a_file_that_is_not_there_or_is_a_folder_says_so(tmp_path: Path) -> None:
    for file in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(QuestionError, match="can't be read"):
            read_questions(file)


def test_yaml_makes_no_objects_of_python(tmp_path: Path) -> None:
    [one] = read_questions(written(tmp_path, "q.yaml", "- question: !!python/name:os.system x\n")).questions

    assert one.question == "x"


@given(data=st.binary(max_size=300), ending=st.sampled_from(["jsonl", "csv", "yaml"]))
def test_garbage_is_read_or_refused_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str
) -> None:
    file = written(tmp_path_factory.getbasetemp(), f"garbage.{ending}", data)
    try:
        assert read_questions(file).questions
    except QuestionError as error:
        assert error.message
        assert error.hint


def test_a_question_is_known_again_by_what_it_asks_and_expects(tmp_path: Path) -> None:
    asked = {"question": "Who?", "answer": "Ada"}
    lines = [asked, {**asked, "tags": ["new"], "language": "en"}, {**asked, "answer": "Bob"}, asked]
    text = "\n".join(json.dumps(line) for line in lines)

    first, tagged, other, again = read_questions(written(tmp_path, "q.jsonl", text)).keys

    assert tagged == f"{first}-2"
    assert again == f"{first}-3"
    assert other.partition("-")[0] != first
    assert "Who" not in first


def test_questions_of_the_demonstration_and_of_the_documentation_can_be_asked(tmp_path: Path) -> None:
    asked = read_questions(ROOT / "demo/questions/evaluation.yaml").questions
    page = (ROOT / "docs/evaluation.md").read_text("utf-8")
    example = read_questions(written(tmp_path, "q.yaml", page.partition("```yaml\n")[2].partition("```")[0])).questions

    assert len(asked) == 38
    assert {one.spoken for one in asked} == {"en", "zh"}
    for one in (*asked, *example):
        pages = [(HANDBOOK / name).read_text("utf-8") for name in one.documents]
        assert all(any(quote in " ".join(text.split()) for text in pages) for quote in one.quotes), one.line
        assert all((HANDBOOK / "pictures" / name).is_file() for name in one.pictures)
