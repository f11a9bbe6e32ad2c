"""What is kept of templates that only their wiki can expand: the facts of infoboxes, and words within sentences."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Words = Callable[[Any], str]
"""From a piece of wikitext to its plain words."""

LONGEST_FACT = 300
"""Characters of one line of an infobox."""

_INFOBOX = re.compile(r"infobox|taxobox|信息框|基礎情報|карточка|\Aficha de|\Abox ", re.IGNORECASE)
_NOT_FACTS = re.compile(
    r"image|photo|logo|flag|seal|icon|map|caption|alt\b|size|width|height_px|upright|colou?r|style|class|coord|_ref|"
    r"footnote|embed|module|child|signature|pushpin|nocat|\Aname\Z|\d{3,}px",
    re.IGNORECASE,
)
# The words of a sentence, by the number of the parameter that says them.
_SAY_FIRST = (
    "nowrap nobr small big smaller larger nobold abbr tooltip em strong kbd var mono code vanchor val num gaps nihongo"
    " noitalic linktext quote blockquote cquote"
)
_SAYS = {
    **dict.fromkeys(_SAY_FIRST.split(), 1),
    "as of": 1,
    "visible anchor": 1,
    "lang": 2,
    "transl": 2,
    "transliteration": 2,
    "wikt-lang": 2,
    "ill": 1,
    "interlanguage link": 1,
}
_LISTS = frozenset({"ubl", "unbulleted list", "plainlist", "flatlist", "hlist", "bulleted list", "list", "ublist"})
_MEASURES = frozenset({"convert", "cvt"})
_DATES = frozenset({"start date", "end date", "birth date", "birth date and age", "death date", "start date and age"})


def facts_of(template: Any, words: Words) -> list[str]:
    """The lines of an infobox, "Mayor: Kai Wegner"; empty for any other template."""
    if not _INFOBOX.search(_name(template)):
        return []
    facts: list[str] = []
    for parameter in template.params:
        label = str(parameter.name).strip()
        if not parameter.showkey or _NOT_FACTS.search(label):
            continue
        value = words(parameter.value)
        if value and len(value) <= LONGEST_FACT:
            facts.append(f"{label.replace('_', ' ').strip().capitalize()}: {value}")
    return facts


def inline_words(template: Any, words: Words) -> str:
    """The words of a template that stands within a sentence; empty where they can't be known."""
    name = _name(template)
    given = [words(parameter.value) for parameter in template.params if not parameter.showkey]
    if ":" in name:  # a function of the parser: {{formatnum:3600000}}
        function, _, said = name.partition(":")
        return said.strip() if function in ("formatnum", "lc", "uc", "lcfirst", "ucfirst") else ""
    if name.startswith("lang-") and given:
        return given[0]
    if name in _SAYS:
        return given[_SAYS[name] - 1] if len(given) >= _SAYS[name] else ""
    if name in _LISTS:
        return ", ".join(filter(None, given))
    if name in _MEASURES and len(given) >= 2:
        return f"{given[0]} {given[1]}"
    if name in _DATES:
        return "-".join(_date(given))
    return ""


def _name(template: Any) -> str:
    return " ".join(str(template.name).replace("_", " ").split()).lower()


def _date(given: list[str]) -> Iterator[str]:
    for part in given[:3]:
        if not part.isdecimal():
            return
        yield part.zfill(2)
