"""Pages made from templates: in the visitor's language, with everything escaped that is not marked as markup."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bots.web.visitors import Language, Visitor
from bots.web.words import WORDS

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

LANGUAGE_COOKIE = "lorelens-language"
"""Which language was chosen at this browser."""

Words = Mapping[Language, Mapping[str, str]]
"""Texts by language and name; both languages have the same names."""

_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _Texts:
    """Words by their names. In a template `t.keys` would be a method of a dict, not the words of that name."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __getitem__(self, name: str) -> str:
        return self._words[name]

    def __contains__(self, name: str) -> bool:
        return name in self._words


@lru_cache(maxsize=64)
def static(name: str) -> str:
    """The address of a static file; it changes with what is in the file, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def rendered(template: str, language: Language, words: Words, **context: Any) -> str:
    """A template filled in, as a piece of a page; `t` in it are the words of the area and those of every page."""
    texts = _Texts({**WORDS[language], **words[language]})
    return _environment.get_template(template).render(t=texts, language=language, static=static, **context)


def page(
    request: Request, visitor: Visitor | None, template: str, words: Words, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """A whole page; the template extends `base.html`. Without a visitor nothing of the navigation is shown."""
    language = visitor.language if visitor is not None else language_of(request)
    return HTMLResponse(
        rendered(template, language, words, visitor=visitor, here=request.url.path, **context), status_code=status
    )


def language_of(request: Request) -> Language:
    """The one of the two that was chosen here, else that the browser prefers (Accept-Language, RFC 9110, 12.5.4);
    English where it names neither."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen == "en" or chosen == "zh":
        return chosen
    weighed: list[tuple[float, Language]] = []
    for one in request.headers.get("accept-language", "").split(",")[:50]:
        tag, _, quality = one.partition(";")
        try:
            weight = float(quality.strip().lower().removeprefix("q=") or 1)
        except ValueError:
            continue
        main = tag.strip().partition("-")[0].lower()
        if weight > 0 and main in {"en", "zh"}:
            weighed.append((-weight, "zh" if main == "zh" else "en"))
    return min(weighed, key=lambda one: one[0])[1] if weighed else "en"
