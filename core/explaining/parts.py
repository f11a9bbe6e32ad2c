"""An explanation as reply parts, so that a button, a command or a spoken question can post it where it was asked."""

from collections.abc import Awaitable, Callable, Sequence

from core.explaining.explainer import Drawing, Explainer
from core.explaining.explanation import Explanation
from core.explaining.record import AnswerRecord
from core.explaining.telling import Words, bearing_of, heat_notes, heat_title, no_heat, place_of, scores_of
from core.explaining.words import words_for
from core.links import without_links
from core.pictures import NormalizedPicture
from core.reply import Finished, ReplyPart, ShownPicture, Text

KeepPicture = Callable[[NormalizedPicture], Awaitable[None]]
PASSED_OVER = 3
"""So many of the passages that were not used are named."""


def parts_of(explanation: Explanation, drawings: Sequence[Drawing]) -> list[ReplyPart]:
    """The parts, in the language of the question. Whoever posts them must find the bytes of the drawn pictures."""
    words = words_for(explanation.question)
    paragraphs = [_sentences(explanation, words), _pictures(explanation, words), _others(explanation, words)]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    shown = [
        ShownPicture(picture=drawing.drawn.picture, source=drawing.of.source, caption=_caption(drawing, words))
        for drawing in drawings
    ]
    # What is quoted may hold links to where nobody meant to lead.
    return [Text(text=without_links(text)), *shown, Finished(model=explanation.model)]


async def explain_in_parts(
    explainer: Explainer, record: AnswerRecord, keep_picture: KeepPicture, *, word: str = ""
) -> list[ReplyPart]:
    """Explain an answer where it was given; the drawn pictures are kept, so that they can be posted.

    Raises:
        QuestionError: `word` does not stand in the answer.
        ModelUnavailableError: a local model failed.
    """
    explanation = await explainer.explain(record, word=word)
    drawings = await explainer.draw(explanation)
    for drawing in drawings:
        await keep_picture(drawing.drawn)
    return parts_of(explanation, drawings)


def nothing_to_explain(question: str) -> list[ReplyPart]:
    """What is said where there is no answer that could be explained."""
    return [Text(text=words_for(question)["nothing"]), Finished()]


def _sentences(explanation: Explanation, words: Words) -> str:
    said = [f"**{words['title']}**"]
    if explanation.declined:
        said.append(words["declined"])
    if not explanation.cited:
        said.append(words["nothing_cited"])
    for one in explanation.cited:
        quote = "\n".join(f"> {line}" for line in one.quote.splitlines())
        said.append(f"{place_of(one, words)}\n{quote}\n\n{bearing_of(one, words)}\n{scores_of(one.scores, words)}")
    return "\n\n".join(said)


def _pictures(explanation: Explanation, words: Words) -> str:
    said: list[str] = []
    for one in explanation.pictures:
        if one.lines:
            lines = "\n".join(f"{number}. {line.part}" for number, line in enumerate(one.lines, start=1))
            said.append(f"{words['quotes']} ({one.source or words[one.role]}):\n\n{lines}")
        if one.heat is not None:
            said.append(" ".join([f"{heat_title(one.heat, words)}:", *heat_notes(one.heat, words)]))
        if one.gone:
            said.append(words["gone"])
    if explanation.no_attention and explanation.pictures:
        said.append(no_heat(explanation.no_attention, words))
    return "\n\n".join(said)


def _others(explanation: Explanation, words: Words) -> str:
    if not explanation.passed_over:
        return ""
    lines = [
        f"- {place_of(one, words)} ({scores_of(one.scores, words)})" for one in explanation.passed_over[:PASSED_OVER]
    ]
    return f"{words['passed_over']}:\n\n" + "\n".join(lines)


def _caption(drawing: Drawing, words: Words) -> str:
    if drawing.kind == "heat" and drawing.of.heat is not None:
        return heat_title(drawing.of.heat, words)
    return words["quotes"]
