"""How near an answer is to the one that was wished for."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.language import is_chinese
from core.training.cleaning import normalized

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")


def words_of(text: str) -> list[str]:
    """Words in lower case; each Chinese character is one."""
    return _WORD.findall(normalized(text))


def exact_match(said: str, wanted: str) -> bool:
    """Whether two answers are the same, but for case, punctuation and white space."""
    return normalized(said) == normalized(wanted)


def token_f1(said: str, wanted: str) -> float:
    """The harmonic mean of precision and recall of words, as SQuAD defines it (Rajpurkar et al., 2016)."""
    one, other = words_of(said), words_of(wanted)
    if not one or not other:
        return float(one == other)
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other))


def rouge_l(said: Sequence[str], wanted: Sequence[str]) -> float | None:
    """The mean ROUGE-L of answers, from 0 to 1; None where the extra `eval` is not installed."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError:
        return None

    class Words:
        def tokenize(self, text: str) -> list[str]:
            return words_of(text)

    scorer: Any = RougeScorer(["rougeL"], tokenizer=Words())
    scores = [scorer.score(one, other)["rougeL"].fmeasure for one, other in zip(wanted, said, strict=True)]
    return sum(scores) / len(scores) if scores else None


def bleu(said: Sequence[str], wanted: Sequence[str]) -> float | None:
    """The BLEU of all answers together, from 0 to 100; None where the extra `eval` is not installed."""
    try:
        import sacrebleu
    except ImportError:
        return None
    if not wanted:
        return None
    library: Any = sacrebleu
    tokenize = "zh" if sum(map(is_chinese, wanted)) * 2 > len(wanted) else "13a"
    # Answers are short: without the effective order, one of three words would count as nothing.
    scorer = library.BLEU(tokenize=tokenize, effective_order=True)
    return float(scorer.corpus_score(list(said), [list(wanted)]).score)
