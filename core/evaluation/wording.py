"""How near an answer is to its references, and what it cites: the scores of one question.

Exact match, F1 of words and ROUGE-L come from `core.training.scores`; chrF and BLEU from sacrebleu. Of several
references the nearest counts. Without the extra `eval`, ROUGE-L, chrF and BLEU are not there.
"""

import importlib
import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from core.evaluation.rankings import is_document, is_picture
from core.language import detect_language
from core.training.cleaning import normalized
from core.training.scores import exact_match, rouge_l, token_f1

BLEU_PARTS = tuple(f"BLEU {part}" for part in (*"1234", *(f"{n} of" for n in range(1, 5)), "said", "wanted"))
"""What a BLEU is made of, and what adds up over questions: matches and all of n-grams 1 to 4, then both lengths."""

_MARKER = re.compile(r"\s*\[\d+\]")
_NOTICE = re.compile(r"_[^\n]+_")
_QUOTED = re.compile(r"^\s*>\s?", re.MULTILINE)
_TOKENIZERS = {"zh": "zh", "ja": "char"}


def plain_answer(text: str) -> str:
    """An answer's own words: without markers of citations and quotation, and without what is said beside it."""
    paragraphs = [part for part in text.split("\n\n") if not _NOTICE.fullmatch(part.strip())]
    # Addresses and mentions in quotes are kept from acting by a space of no width.
    return _QUOTED.sub("", _MARKER.sub("", "\n\n".join(paragraphs))).replace("\u200b", "").strip()


def reference_scores(said: str, references: Sequence[str]) -> dict[str, float]:
    """An answer's scores against its references; for one that was declined, `said` is empty and all are 0."""
    said_words = normalized(said)
    scores = {
        "exact match": max(float(exact_match(said, one)) for one in references) if said else 0.0,
        "holds a reference": float(any(_holds(said_words, normalized(one)) for one in references)),
        "F1": max(token_f1(said, one) for one in references) if said else 0.0,
    }
    rouge = [rouge_l([said], [one]) for one in references]
    if (nearest := max((one for one in rouge if one is not None), default=None)) is not None:
        scores["ROUGE-L"] = nearest
    return scores | _by_sacrebleu(said, references)


def has_eval_extra() -> bool:
    """Whether the libraries of the extra `eval` that measure answers are there."""
    return _sacrebleu() is not None and rouge_l(["a"], ["a"]) is not None


def bleu_of(parts: Sequence[float]) -> float:
    """The BLEU (0 to 100) of added up `BLEU_PARTS`, as sacrebleu computes it for a corpus."""
    library = _sacrebleu()
    if library is None or not parts[8]:
        return 0.0
    counts = [round(part) for part in parts]
    return float(
        library.BLEU.compute_bleu(
            counts[:4], counts[4:8], counts[8], counts[9], smooth_method="exp", effective_order=True
        ).score
    )


def citation_scores(cited: Sequence[tuple[str, str]], wanted: Sequence[str]) -> dict[str, float]:
    """How far what an answer cites (source and path of each citation) is among the documents that hold it."""
    right = [any(is_document(name, *one) for name in wanted) for one in cited]
    return {
        "all expected": float(bool(right) and all(right)),
        "any expected": float(any(right)),
        "precision": sum(right) / len(right) if right else 0.0,
    }


def shown_score(shown: Collection[tuple[str, str]], wanted: Sequence[str]) -> float:
    """The share of the pictures that were expected which an answer shows (each by its source and path)."""
    return sum(any(is_picture(name, *one) for one in shown) for name in wanted) / len(wanted)


def _holds(said: str, wanted: str) -> bool:
    """Whether the words hold the others in order; in Chinese, which has no spaces, the text does."""
    if not wanted:
        return False
    if detect_language(wanted) in _TOKENIZERS:
        return wanted.replace(" ", "") in said.replace(" ", "")
    return f" {wanted} " in f" {said} "


def _by_sacrebleu(said: str, references: Sequence[str]) -> dict[str, float]:
    library = _sacrebleu()
    if library is None:
        return {}
    bleu = _bleu(_TOKENIZERS.get(detect_language(references[0]), "13a"))
    score = bleu.corpus_score([said], [[one] for one in references])
    parts = (*score.counts, *score.totals, score.sys_len, score.ref_len)
    chrf = float(library.CHRF().sentence_score(said, list(references)).score)
    return {"chrF": chrf} | dict(zip(BLEU_PARTS, map(float, parts), strict=True))


@cache
def _bleu(tokenize: str) -> Any:
    # Answers are short: without the effective order, one of three words would count as nothing.
    return _sacrebleu().BLEU(tokenize=tokenize, effective_order=True)


@cache
def _sacrebleu() -> Any:
    try:
        return importlib.import_module("sacrebleu.metrics")
    except ImportError:
        return None
