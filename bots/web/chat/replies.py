"""A reply as the page shows it: its words as HTML, and what stands around them."""

from dataclasses import dataclass

from markupsafe import Markup

from adapters.reply_texts import NOTES, SUGGESTIONS, said_instead, status_text
from adapters.texts import Texts, texts_for
from adapters.web.board import Shown
from adapters.web.rendering import Cites, to_html
from bots.web.chat.exchanges import Exchange
from bots.web.chat.talks import first_line
from bots.web.chat.words import WORDS
from bots.web.pages import rendered
from bots.web.visitors import Language, Visitor
from core.language import UNKNOWN, detect_language
from core.messages import Place
from core.reply import Citation, Failure, ShownPicture

SOURCES = 4
"""So many sources are shown; the others when they are asked for."""


@dataclass(frozen=True)
class ReplyView:
    """What the templates show of a reply."""

    html: str = ""
    """Its words as markup."""
    status: str = ""
    """What is being done, while there is nothing to read."""
    instead: str = ""
    """What stands where there are no words."""
    declined: bool = False
    failure: Failure | None = None
    is_note: bool = False
    """Whether the failure says by itself what it is."""
    sources: tuple[tuple[Citation, ...], ...] = ()
    """The citations by their numbers: one passage may be cited with several sentences."""
    pictures: tuple[ShownPicture, ...] = ()
    suggestions: tuple[str, ...] = ()
    text: str = ""
    language: str = ""
    """The text's, as an HTML `lang`, where it is another than the page's."""


def source_address(thread: str, question: str, number: int | str) -> str:
    """Where a source is shown at the cited sentence."""
    return f"/chat/{thread}/sources/{question}/{number}#cited"


def view_of(shown: Shown | None, place: Place, question: str, language: Language) -> ReplyView:
    """What is shown of a reply; nothing but a status where nothing stands yet."""
    texts = texts_of(language)
    if shown is None:
        return ReplyView(status=WORDS[language]["queued"])
    reply = shown.reply
    return ReplyView(
        html=_html(shown, place, language),
        status="" if shown.is_over or reply.text else status_text(shown.status, texts),
        instead=said_instead(reply, texts) if shown.is_over and not reply.text.strip() else "",
        declined=reply.declined,
        failure=reply.failure,
        is_note=reply.failure is not None and reply.failure.code in NOTES,
        sources=_by_number(reply.citations) if shown.is_over else (),
        pictures=reply.pictures,
        suggestions=tuple(" ".join(one.split()) for one in reply.suggestions if one.strip())[:SUGGESTIONS],
        text=reply.text,
        language=_other_language(reply.text, language),
    )


def _by_number(citations: tuple[Citation, ...]) -> tuple[tuple[Citation, ...], ...]:
    found: dict[int, list[Citation]] = {}
    for one in citations:
        found.setdefault(one.number, []).append(one)
    return tuple(tuple(same) for same in found.values())


def texts_of(language: Language) -> Texts:
    """The words of all chat platforms, in the visitor's language."""
    return texts_for("zh-CN" if language == "zh" else "en")


def exchange_piece(one: Exchange, place: Place, visitor: Visitor) -> str:
    """A question with its reply, as a piece of the page."""
    return _rendered("chat/exchange.html", one, place, visitor)


def answer_piece(one: Exchange, place: Place, visitor: Visitor) -> str:
    """The reply alone."""
    return _rendered("chat/answer.html", one, place, visitor)


def said_piece(one: Exchange, place: Place, visitor: Visitor) -> str:
    """What the reply says so far."""
    return _rendered("chat/said.html", one, place, visitor)


def after_piece(one: Exchange, place: Place, visitor: Visitor) -> str:
    """What stands below what a reply says: its sources, and what can be done with it."""
    return _rendered("chat/after.html", one, place, visitor)


def _rendered(template: str, one: Exchange, place: Place, visitor: Visitor) -> str:
    return rendered(template, visitor.language, WORDS, **exchange_context(one, place, visitor))


def exchange_context(one: Exchange, place: Place, visitor: Visitor) -> dict[str, object]:
    """What the templates of an exchange are filled in with."""
    return {
        "one": one,
        "question": one.question,
        "question_language": _other_language(one.question.text, visitor.language),
        "reply": view_of(one.shown, place, one.question.id, visitor.language),
        "thread": place.thread or "",
        "texts": texts_of(visitor.language),
        "visitor": visitor,
        "title": first_line(one.question.text),
        "most_sources": SOURCES,
    }


def _other_language(text: str, of_page: Language) -> str:
    """What a text is in, where that is not what the page is in: it is read out and drawn otherwise then."""
    found = detect_language(text)
    return "" if found in {of_page, UNKNOWN} else found


def _html(shown: Shown, place: Place, language: Language) -> Markup:
    reply = shown.reply
    cites = Cites(
        # What is cited is known at the end; a number that nothing stands for stays text then.
        numbers=frozenset(one.number for one in reply.citations),
        href=source_address(place.thread or "", shown.question, "{number}"),
        label=WORDS[language]["source_named"],
    )
    return Markup(to_html(reply.text, cites, growing=not shown.is_over))  # noqa: S704 - it comes out safe, whatever goes in
