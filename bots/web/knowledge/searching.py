"""Searching the knowledge as an answer would be searched for: passages with their scores, and a gallery of pictures.

As whom: an operator's own audience, or that of members or guests, who hold less. What is for others alone is not
searched; it is only counted, and the count says nothing of what was looked for.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from bots.web.desk import Desk
from bots.web.knowledge.documents import PAGE
from bots.web.knowledge.showing import knowledge_page, piece
from bots.web.visitors import PLATFORM, WORKSPACE, Operating, Visitor
from core.actions.excerpts import highlights
from core.application import Application
from core.audience import EVERYONE, GUESTS, workspace
from core.errors import LorelensError
from core.knowledge.access import may_see
from core.knowledge.in_threads import to_the_end
from core.knowledge.index import Hit
from core.knowledge.picture_search import SearchedPicture
from core.picture_words import words_of
from core.pictures import Limits, normalize

router = APIRouter()

PASSAGES, PICTURES = 10, 12
CHARACTERS = 900
"""Of a passage that are shown."""

Who = Literal["me", "members", "guests"]
What = Literal["all", "text", "picture"]


@dataclass(frozen=True)
class Asked:
    """What is looked for, in which sources (all if none is named), and with whose eyes."""

    query: str = ""
    what: What = "all"
    source: str = ""
    who: Who = "me"

    @classmethod
    def of(cls, query: str, what: str, source: str, who: str) -> "Asked":
        """As a form or an address says it; what it can't be is left out."""
        return cls(
            query=query.strip(),
            what=cast(What, what if what in get_args(What) else "all"),
            source=source,
            who=cast(Who, who if who in get_args(Who) else "me"),
        )

    @property
    def address(self) -> str:
        """Where the same is found again."""
        fields = {"q": self.query, "what": self.what, "source": self.source, "who": self.who}
        return f"/knowledge/search?{urlencode({key: value for key, value in fields.items() if value})}"


@dataclass(frozen=True)
class FoundPassage:
    """A hit with its words in pieces: (text, whether it was looked for)."""

    hit: Hit
    pieces: Sequence[tuple[str, bool]]
    more: bool


@dataclass(frozen=True)
class Found:
    """What was found, and how much was not searched as it is for others: sources, and documents in them."""

    passages: Sequence[FoundPassage] = ()
    pictures: Sequence[Hit] = ()
    hidden_sources: int = 0
    hidden_documents: int = 0


@router.get("/knowledge/search")
async def search_page(
    request: Request, visitor: Operating, desk: Desk, q: str = "", what: str = "all", source: str = "", who: str = "me"
) -> HTMLResponse:
    """The search, with what an address asks for."""
    asked = Asked.of(q, what, source, who)
    names = await to_the_end(_open, desk.application, visitor.person.audience)
    found = await _find(desk.application, visitor, asked, None) if asked.query else None
    return knowledge_page(
        request, visitor, "search", tab="search", asked=asked, sources=names, found=found, like=None, page_size=PAGE
    )


@router.post("/knowledge/search")
async def search(
    visitor: Operating,
    desk: Desk,
    q: Annotated[str, Form()] = "",
    what: Annotated[str, Form()] = "all",
    source: Annotated[str, Form()] = "",
    who: Annotated[str, Form()] = "me",
    picture: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """What is found for words, or like a picture."""
    asked = Asked.of(q, what, source, who)
    sent = picture if picture is not None and picture.filename else None
    try:
        like = await _picture(desk.application, sent) if sent is not None else None
        found = await _find(desk.application, visitor, asked, like) if asked.query or like is not None else None
    except LorelensError as error:
        return HTMLResponse(piece(visitor, "found_wrong", error=error), status_code=422)
    context = {"asked": asked, "found": found, "like": sent.filename if sent is not None else None, "page_size": PAGE}
    headers = {"HX-Push-Url": asked.address} if sent is None else {}
    return HTMLResponse(piece(visitor, "found", **context), headers=headers)


def audience_of(visitor: Visitor, who: Who) -> tuple[str, ...]:
    """What whoever is searched for holds; members and guests hold no more than an operator does."""
    if who == "guests":
        return (GUESTS,)
    if who == "members":
        return (EVERYONE, GUESTS, workspace(PLATFORM, WORKSPACE))
    return visitor.person.audience


async def _picture(application: Application, sent: UploadFile) -> SearchedPicture:
    """A picture that is searched by, with what can be read in it. Raises `PictureError`."""
    data = await sent.read(Limits().size + 1)
    taken = await asyncio.to_thread(normalize, data, name=sent.filename or "")
    lines = await asyncio.to_thread(application.ocr.read, taken.data)
    return SearchedPicture(taken.picture.sha256, taken.data, await words_of(taken.data, lines))


async def _find(application: Application, visitor: Visitor, asked: Asked, like: SearchedPicture | None) -> Found:
    audience = audience_of(visitor, asked.who)
    sources = (asked.source,) if asked.source else None
    knowledge = await application.knowledge()
    passages: list[Hit] = []
    pictures: list[Hit] = []
    if like is not None:
        pictures = await knowledge.like(like, asked.query, limit=PICTURES, audience=audience, sources=sources)
    elif asked.what != "text":
        pictures = await knowledge.search(
            asked.query, limit=PICTURES, audience=audience, sources=sources, kinds=("picture",)
        )
    if like is None and asked.what != "picture":
        passages = await knowledge.search(
            asked.query, limit=PASSAGES, audience=audience, sources=sources, kinds=("text",)
        )
    hidden, documents = await to_the_end(_hidden, application, audience)
    return Found([_marked(hit, asked.query) for hit in passages], pictures, hidden, documents)


def _marked(hit: Hit, query: str) -> FoundPassage:
    text = re.sub(r"\n\s*\n", "\n", hit.passage.text[:CHARACTERS])
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in highlights(text, query):
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((text[at:], False))
    return FoundPassage(hit, [one for one in pieces if one[0]], len(hit.passage.text) > CHARACTERS)


def _open(application: Application, audience: Sequence[str]) -> list[str]:
    """The names of the sources that these may see."""
    return [one.source for one in application.ledger.sources() if may_see(audience, one.audience)]


def _hidden(application: Application, audience: Sequence[str]) -> tuple[int, int]:
    """The sources that these may not see, and how many documents are in them."""
    counts = application.ledger.document_counts()
    names = [one.source for one in application.ledger.sources() if not may_see(audience, one.audience)]
    return len(names), sum(counts.get(name, 0) for name in names)
