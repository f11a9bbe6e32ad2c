"""Answers are measured against their references as the field does it, in English and in Chinese."""

from typing import Any

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from core.evaluation.measures import corpus_bleu
from core.evaluation.wording import BLEU_PARTS, citation_scores, plain_answer, reference_scores, shown_score

ANSWERS = [
    ("Run wren rollback on the bastion host.", ["Run `wren rollback SERVICE`."]),
    ("It takes four minutes and needs no approval.", ["four minutes", "It takes four minutes."]),
    ("Backups are kept for 35 days, then overwritten.", ["Backups are kept for 35 days."]),
    ("Nobody knows.", ["Ask the release captain in #releases."]),
    ("", ["28 days"]),
]
TEXTS = st.text(alphabet="ab cd,.!年假二十天", max_size=30)


@pytest.mark.parametrize(
    ("said", "references", "exact", "holds", "f1"),
    [
        ("Twenty-eight days!", ["twenty eight days"], 1, 1, 1),
        ("It is 28 days a year.", ["28 days"], 0, 1, 2 * 2 / (6 + 2)),
        ("It is 128 days.", ["28 days"], 0, 0, 2 * 1 / (4 + 2)),
        ("Paris", ["London", "paris"], 1, 1, 1),
        ("发票要在 20 天内提交。", ["20天"], 0, 1, 2 * 2 / (9 + 2)),
        ("十五天", ["15 天", "十五天。"], 1, 1, 1),
        ("", ["28 days"], 0, 0, 0),
    ],
)
def test_figures_are_those_worked_out_by_hand(
    said: str, references: list[str], exact: float, holds: float, f1: float
) -> None:
    scores = reference_scores(said, references)

    assert scores["exact match"] == exact
    assert scores["holds a reference"] == holds
    assert scores["F1"] == pytest.approx(f1)


def test_bleu_of_all_answers_is_what_sacrebleu_says_of_them() -> None:
    rows = [[reference_scores(said, [wanted[0]])[part] for part in BLEU_PARTS] for said, wanted in ANSWERS]

    ours = corpus_bleu(np.array(rows), np.array([[1.0] * len(rows), [2, 0, 0, 1, 0]]))

    library = sacrebleu.BLEU(effective_order=True)
    drawn = [ANSWERS[at] for at in (0, 0, 3)]
    for figure, answers in ((ours[0], ANSWERS), (ours[1], drawn)):
        theirs = library.corpus_score([said for said, _ in answers], [[wanted[0] for _, wanted in answers]])
        assert figure == pytest.approx(theirs.score)
    assert 0 < ours[0] < 100


def test_bleu_with_several_references_and_in_chinese_is_sacrebleus_too() -> None:
    for said, wanted, tokenize in (
        (*ANSWERS[1], "13a"),
        ("发票要在二十天内提交", ["发票须在二十天内提交", "二十天内提交发票"], "zh"),
        ("有給休暇は二十日です", ["有給休暇は二十日あります"], "char"),
    ):
        parts = [[reference_scores(said, wanted)[part] for part in BLEU_PARTS]]
        theirs = sacrebleu.BLEU(effective_order=True, tokenize=tokenize).corpus_score([said], [[one] for one in wanted])

        assert corpus_bleu(np.array(parts), np.ones((1, 1)))[0] == pytest.approx(theirs.score)
        assert theirs.score > 0


@pytest.mark.parametrize(("said", "wanted"), ANSWERS)
def test_chrf_is_what_sacrebleu_says_and_rouge_what_rouge_score_says(said: str, wanted: list[str]) -> None:
    scores = reference_scores(said, wanted)

    assert scores["chrF"] == pytest.approx(sacrebleu.CHRF().sentence_score(said, wanted).score)
    rouge: Any = RougeScorer(["rougeL"])
    assert scores["ROUGE-L"] == pytest.approx(max(rouge.score(one, said)["rougeL"].fmeasure for one in wanted))


def test_rouge_reads_chinese_which_rouge_score_alone_does_not() -> None:
    scores = reference_scores("发票要在二十天内提交", ["发票须在二十天内提交"])

    alone: Any = RougeScorer(["rougeL"])
    assert alone.score("发票须在二十天内提交", "发票要在二十天内提交")["rougeL"].fmeasure == 0
    assert scores["ROUGE-L"] == pytest.approx(0.9)


@settings(max_examples=40)
@given(said=TEXTS, wanted=st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3))
def test_scores_lie_within_their_bounds_and_the_reference_itself_has_all(said: str, wanted: list[str]) -> None:
    scores = {name: score for name, score in reference_scores(said, wanted).items() if name not in BLEU_PARTS}

    assert all(0 <= score <= (100 if name == "chrF" else 1) for name, score in scores.items())
    itself = reference_scores(wanted[0], wanted)
    assert (itself["exact match"], itself["F1"]) == (1, 1)


@settings(max_examples=40)
@given(said=TEXTS, wanted=st.lists(TEXTS.filter(str.strip), min_size=2, max_size=3))
def test_another_reference_never_counts_against_an_answer(said: str, wanted: list[str]) -> None:
    few, more = reference_scores(said, wanted[:1]), reference_scores(said, wanted)

    assert all(more[name] >= few[name] for name in ("exact match", "holds a reference", "F1", "ROUGE-L"))


def test_an_answers_own_words_are_what_is_measured() -> None:
    text = (
        "> Look at https:\u200b//wren.example [1]\n> in time [2]\n\nIt takes _four_ minutes [1].\n\n_No model is set._"
    )

    assert plain_answer(text) == "Look at https://wren.example\nin time\n\nIt takes _four_ minutes."


def test_citations_are_held_to_the_documents_that_were_expected() -> None:
    cited = [("team", "a.md"), ("team", "b.md"), ("wiki", "a.md")]

    assert citation_scores(cited, ["team/a.md", "b.md"]) == {
        "all expected": 0,
        "any expected": 1,
        "precision": pytest.approx(2 / 3),
    }
    assert citation_scores(cited[:2], ["a.md", "b.md"])["all expected"] == 1
    assert set(citation_scores([], ["a.md"]).values()) == {0}
    assert shown_score([("team", "pictures/map.png")], ["map.png", "plan.png"]) == 0.5
