"""*Why this answer?*, as a panel: what it cites and how well that bears it out, what else was found, and its pictures
with what it quotes in boxes and where a local model looked."""

import base64

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from bots.web.chat.replies import texts_of
from bots.web.chat.talks import Asked, InTalk
from bots.web.chat.words import WORDS
from bots.web.desk import Desk
from bots.web.pages import rendered
from bots.web.visitors import Seen
from core.explaining.explainer import Drawing
from core.explaining.explanation import ExplainedPicture
from core.explaining.keeping import KeptAnswers
from core.explaining.telling import bearing_of, heat_notes, heat_title, no_heat, place_of, scores_of
from core.explaining.words import WORDS as TERMS

router = APIRouter()


@router.get("/chat/{thread}/replies/{question}/why", include_in_schema=False)
async def why(desk: Desk, seen: Seen, place: InTalk, message: Asked) -> Response:
    """Why an answer is what it is, if the visitor may still see what it stood on."""
    record = await KeptAnswers(desk.store).find(place.conversation, message.id)
    audience = seen.person.audience
    explainer = desk.application.explainer(desk.store.picture)
    texts = texts_of(seen.language)
    shown = None
    if record is not None and record.may_be_seen_by(audience):
        shown = await explainer.seen_by(record, audience)
    context: dict[str, object] = {"explanation": None, "said": texts.no_permission if record else texts.answer_gone}
    if shown is not None:
        explanation = await explainer.explain(shown)
        drawings = await explainer.draw(explanation)
        terms = TERMS[seen.language]
        context = {
            "explanation": explanation,
            "cited": [(one, place_of(one, terms), bearing_of(one, terms)) for one in explanation.cited],
            "passed_over": [(one, place_of(one, terms)) for one in explanation.passed_over],
            "pictures": [(one, _drawn(one, drawings)) for one in explanation.pictures],
            "scores": lambda one: scores_of(one.scores, terms),  # pyright: ignore
            "no_heat": no_heat(explanation.no_attention, terms) if explanation.no_attention else "",
            "heat_title": lambda heat: heat_title(heat, terms),  # pyright: ignore
            "heat_notes": lambda heat: heat_notes(heat, terms),  # pyright: ignore
            "terms": terms,
        }
    return HTMLResponse(rendered("chat/why.html", seen.language, WORDS, texts=texts, **context))


def _drawn(one: ExplainedPicture, drawings: list[Drawing]) -> list[tuple[Drawing, str]]:
    """What was drawn on a picture, with its bytes as an address: they are kept nowhere."""
    return [
        (each, f"data:{each.drawn.picture.media_type};base64,{base64.b64encode(each.drawn.data).decode()}")
        for each in drawings
        if each.of is one
    ]
