"""Pages and pieces of the knowledge: templates filled in for whoever looks."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from bots.web.knowledge.telling import Telling
from bots.web.knowledge.words import WORDS
from bots.web.pages import page, rendered
from bots.web.visitors import Visitor


def knowledge_page(request: Request, visitor: Visitor, name: str, *, tab: str, **context: Any) -> HTMLResponse:
    """A page of the knowledge; `tab` is where in it one is."""
    say = Telling(visitor.language)
    return page(request, visitor, f"knowledge/{name}.html", WORDS, tab=tab, say=say, **context)


def piece(visitor: Visitor, name: str, **context: Any) -> str:
    """A piece of such a page."""
    return rendered(f"knowledge/{name}.html", visitor.language, WORDS, say=Telling(visitor.language), **context)
