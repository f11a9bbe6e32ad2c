"""An explanation in plain sentences, shared by the page, the terminal and what is posted in a chat."""

from collections.abc import Mapping

from core.explaining.explanation import CitedSentence, HeadsUsed, HeatMap, PassedOver, Scores

HEADING_CHARACTERS = 80
WORDS_CHARACTERS = 60

Words = Mapping[str, str]


def place_of(one: CitedSentence | PassedOver, words: Words) -> str:
    """Where it stands: source, heading, page."""
    page = words["page"].format(page=one.page) if one.page is not None else ""
    heading = one.heading if len(one.heading) <= HEADING_CHARACTERS else one.heading[:HEADING_CHARACTERS] + " …"
    return " › ".join(part for part in (one.source, heading, page) if part)


def scores_of(scores: Scores, words: Words) -> str:
    """How it was found, in one line."""
    moved = scores.first_rank is not None and scores.first_rank != scores.rank
    rank = words["reranked" if moved else "rank"].format(rank=scores.rank, first=scores.first_rank)
    said = [rank, f"{words['probability']} {scores.probability:.2f}"]
    if scores.lexical is not None:
        said.append(f"{words['lexical']} {scores.lexical:.2f}")
    if scores.dense is not None:
        said.append(f"{words['dense']} {scores.dense:.2f}")
    return " · ".join(said)


def bearing_of(one: CitedSentence, words: Words) -> str:
    """How well a citation bears out what the answer says."""
    return f"{words['verbatim' if one.verbatim else 'bears']}: {one.support:.2f}"


def heat_title(heat: HeatMap, words: Words) -> str:
    """What a heat map shows."""
    said = " ".join(heat.words.split())
    shown = said if len(said) <= WORDS_CHARACTERS else said[:WORDS_CHARACTERS].rstrip() + " …"
    return words["heat"].format(words=shown)


def heat_notes(heat: HeatMap, words: Words) -> list[str]:
    """How a heat map is to be read."""
    return [words["weight"].format(weight=heat.weight), heads_of(heat.heads, words), words["caveat"]]


def heads_of(heads: HeadsUsed, words: Words) -> str:
    """Whose attention a heat map shows, and how these heads were chosen."""
    if heads.kind == "middle":
        return words["middle"].format(reason=words[heads.reason or "unfocused"])
    return words["chosen"].format(
        count=len(heads.heads), pictures=heads.pictures, share=heads.share or 0.0, chance=heads.chance or 0.0
    )


def no_heat(reason: str, words: Words) -> str:
    """Why there is no heat map; `reason` is one of the words, or a sentence."""
    return words["no_heat"].format(reason=words.get(reason, reason).rstrip("."))
