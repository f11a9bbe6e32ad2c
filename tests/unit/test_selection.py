"""The sentences that answer a question."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.evidence import EvidencePassage
from core.knowledge.documents import Passage
from core.reading.quoting import quoted
from core.reading.selection import Sentence, runs, select_sentences


def passage(text: str, number: int = 1, *, title: str = "", headings: tuple[str, ...] = ()) -> EvidencePassage:
    whole = Passage(id=str(number), source="team", path=f"{number}.md", text=text, title=title, heading_path=headings)
    return EvidencePassage(number=number, passage=whole, score=1 / number)


GATEWAY = passage(
    "The gateway forwards requests to the workers. Its timeout is 30 seconds. Workers log to standard output."
)
OFFICE = passage("The office opens at eight. Coffee is on the second floor.", 2)


def test_the_best_sentence_comes_with_what_its_pronoun_speaks_of() -> None:
    selection = select_sentences("What is the timeout of the gateway?", [GATEWAY, OFFICE], limit=2)
    assert [one.text for one in selection.sentences] == [
        "The gateway forwards requests to the workers.",
        "Its timeout is 30 seconds.",
    ]
    assert not selection.declined


def test_a_clear_question_gets_one_sentence() -> None:
    selection = select_sentences("On which floor is the coffee?", [OFFICE, GATEWAY])
    assert [one.text for one in selection.sentences] == ["Coffee is on the second floor."]
    assert selection.sentences[0].number == 2


def test_sentences_are_verbatim_at_their_offsets() -> None:
    for one in select_sentences("What do workers log?", [GATEWAY, OFFICE]).sentences:
        text = {1: GATEWAY, 2: OFFICE}[one.number].passage.text
        assert text[one.start : one.end] == one.text


def test_a_heading_brings_what_stands_under_it() -> None:
    found = select_sentences(
        "rollback procedure", [passage("## Rollback procedure\n\nRun make back.\n\n## Other\n\nx")]
    )
    assert "Run make back." in [one.text for one in found.sentences]


def test_chinese_over_english_by_the_names_they_share() -> None:
    found = select_sentences("LORELENS_REDIS_URL 是什么？", [OFFICE, passage("Set LORELENS_REDIS_URL to a Redis.", 3)])
    assert found.sentences[0].number == 3


def test_what_no_passage_speaks_of_is_declined() -> None:
    assert select_sentences("Which paint suits a bathroom ceiling?", [GATEWAY, OFFICE]).declined
    assert select_sentences("客厅刷什么颜色的油漆？", [passage("发布在每周二进行。")]).declined


def test_nothing_to_read_is_declined() -> None:
    for passages in ([], [passage("")], [passage(" \n ")]):
        selection = select_sentences("What?", passages)
        assert selection.declined
        assert selection.sentences == ()


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=200), max_size=3), st.integers(1, 3))
def test_any_text_gives_at_most_so_many_verbatim_sentences(question: str, texts: list[str], limit: int) -> None:
    passages = [passage(text, number) for number, text in enumerate(texts, start=1)]
    selection = select_sentences(question, passages, limit=limit)
    assert len(selection.sentences) <= limit
    assert 0 <= selection.support <= 1
    for one in selection.sentences:
        assert texts[one.number - 1][one.start : one.end] == one.text


def test_neighbours_are_one_quote() -> None:
    def sentence(number: int, start: int, end: int) -> Sentence:
        return Sentence(number=number, text="", start=start, end=end, score=0)

    assert runs([sentence(1, 0, 5), sentence(1, 6, 9), sentence(1, 40, 50), sentence(2, 51, 60)]) == [
        (1, 0, 9),
        (1, 40, 50),
        (2, 51, 60),
    ]


def test_a_list_is_quoted_line_by_line() -> None:
    assert quoted("## Steps\n\n- one\n- two", 4) == "> Steps\n> - one\n> - two [4]"
