"""Pages and pieces of the knowledge: templates filled in for whoever looks."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from bots.web.knowledge import adding_words, looking_words, words
from bots.web.knowledge.telling import Telling
from bots.web.pages import page, rendered
from bots.web.visitors import Language, Visitor

WORDS: dict[Language, dict[str, str]] = {
    language: {**words.WORDS[language], **adding_words.WORDS[language], **looking_words.WORDS[language]}
    for language in words.WORDS
}
"""All that these pages say."""


def knowledge_page(request: Request, visitor: Visitor, template: str, /, *, tab: str, **context: Any) -> HTMLResponse:
    """A page of the knowledge; `tab` is where in it one is."""
    say = Telling(visitor.language)
    return page(request, visitor, f"knowledge/{template}.html", WORDS, tab=tab, say=say, **context)


def piece(visitor: Visitor, template: str, /, **context: Any) -> str:
    """A piece of such a page."""
    return rendered(f"knowledge/{template}.html", visitor.language, WORDS, say=Telling(visitor.language), **context)
