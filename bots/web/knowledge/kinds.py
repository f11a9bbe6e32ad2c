"""The kinds of sources as forms: what each can be told from the page, and what is wrong with what it was told.

What would let an operator of the page use what is the machine's is left out, and set up on the command line instead:
tokens of the environment (`token_env`), hosts of the own network (`allow`), keys for SSH, and paths that the settings
do not allow. So are kinds that others bring along, of which it can't be known what they reach.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Literal

from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.paths import allowed_path
from config.settings import Settings
from core.errors import AddressError, LorelensError
from core.fetching.addresses import WEB_PORTS, AllowList, checked
from core.messages import Value
from core.sources.connector import ConnectorKind, SourceSpec
from core.sources.registry import kind_of

Place = Literal["folder", "file", "path or address", "site", "git", "wiki", "workspace"]


class Field(Value):
    """An option in a form: free text, or one of `choices`, the first of which is what holds without it."""

    name: str
    example: str = ""
    choices: tuple[str, ...] = ()


class KindForm(Value):
    """What the form of a kind has. `has_readers`: its source knows by itself who may see what; nobody is named."""

    kind: str
    place: Place
    example: str = ""
    options: tuple[Field, ...] = ()
    takes_url: bool = False
    has_readers: bool = False


_PATTERNS = (Field(name="include", example="*/guide/*"), Field(name="exclude", example="*/drafts/*"))
_YES = Field(name="pictures", choices=("yes", "no"))
_CHANNELS = (
    Field(name="channels", example="general, help"),
    Field(name="since", example="2025-01-31"),
    Field(name="bots", choices=("no", "yes")),
)
_FORMS = (
    KindForm(kind="folder", place="folder", example="/srv/docs", takes_url=True),
    KindForm(
        kind="web",
        place="site",
        example="https://docs.example.org/guide/",
        options=(Field(name="depth", example="5"), Field(name="pages", example="1000"), *_PATTERNS, _YES),
    ),
    KindForm(
        kind="git",
        place="git",
        example="https://git.example.org/team/docs.git",
        options=(
            Field(name="branch", example="main"),
            Field(name="folder", example="docs"),
            *(
                Field(name=one.name, example=example)
                for one, example in zip(_PATTERNS, ("*.md", "*/old/*"), strict=True)
            ),
            Field(name="history", choices=("no", "yes")),
        ),
        takes_url=True,
    ),
    KindForm(
        kind="wikipedia",
        place="wiki",
        example="en",
        options=(
            Field(name="titles", example="Lighthouse|Foghorn"),
            Field(name="category", example="Lighthouses"),
            Field(name="search", example="lighthouse keeper"),
            Field(name="most", example="1000"),
            Field(name="pictures", choices=("no", "yes")),
        ),
    ),
    KindForm(
        kind="wikipedia_dump",
        place="file",
        example="/srv/dumps/pages-articles.xml.bz2",
        options=(Field(name="namespaces", example="0"), Field(name="most", example="10000"), Field(name="licence")),
    ),
    KindForm(
        kind="rdf",
        place="path or address",
        example="https://query.example.org/sparql",
        options=(
            Field(name="class", example="http://www.wikidata.org/entity/Q39715"),
            Field(name="query", example="SELECT ?item WHERE { … }"),
            Field(name="languages", example="en,zh"),
            Field(name="most", example="10000"),
        ),
    ),
    KindForm(kind="slack", place="workspace", example="T012AB3CD", options=_CHANNELS, has_readers=True),
    KindForm(kind="discord", place="workspace", example="9876543210", options=_CHANNELS, has_readers=True),
    KindForm(
        kind="slack_export",
        place="file",
        example="/srv/exports/slack.zip",
        options=_CHANNELS,
        takes_url=True,
        has_readers=True,
    ),
)
FORMS: Mapping[str, KindForm] = {form.kind: form for form in _FORMS}
"""By kind, in the order in which they are offered."""

Wrong = dict[str, LorelensError]
"""What is wrong, by the name of the field: "location", "url", "option_depth", or "" for all of it."""


async def understood(spec: SourceSpec, form: KindForm, settings: Settings) -> tuple[SourceSpec, Wrong]:
    """The spec made whole, and what is wrong with it; what can't be found out from here shows with its first sync."""
    known = {one.name for one in form.options}
    if extra := sorted(set(spec.options) - known):
        return spec, {"": FaultError("other_option", name=extra[0])}
    try:
        spec = await asyncio.to_thread(_placed, spec, form, settings)
    except LorelensError as error:
        return spec, {"location": error}
    try:
        kind = kind_of(spec.kind)
    except LorelensError as error:  # what it needs is not installed
        return spec, {"": error}
    try:
        return await asyncio.to_thread(kind.check, spec), {}
    except LorelensError as error:
        field = await asyncio.to_thread(_field_of, spec, form, error)
        return spec, {field: error}


def _placed(spec: SourceSpec, form: KindForm, settings: Settings) -> SourceSpec:
    """The spec, if an operator of the page may name its location."""
    location = spec.location.strip()
    is_web = re.match(r"https?://", location, re.IGNORECASE) is not None
    if form.place in ("folder", "file") or (form.place == "path or address" and not is_web):
        path = allowed_path(location, settings)
        if form.place == "file" and path.is_dir():
            raise FaultError("a_folder", path=path)
        if form.place == "folder" and not path.is_dir():
            raise FaultError("a_file", path=path)
        return spec.model_copy(update={"location": str(path)})
    if form.place == "git":
        if not re.match(r"https://", location, re.IGNORECASE):
            raise FaultError("git_https")
        _check_public(location)
    if form.place in ("path or address", "wiki") and is_web:
        _check_public(location)
    return spec


def _check_public(address: str) -> None:
    try:
        checked(address, allow=AllowList(), ports=WEB_PORTS)
    except AddressError as error:
        raise FaultError("inner_host") from error


def _field_of(spec: SourceSpec, form: KindForm, error: LorelensError) -> str:
    """The field that an error is about: one that it names, or asks for, or the first with which there is one."""
    kind = kind_of(spec.kind)
    named = [name for name in spec.options if re.search(rf"\b{re.escape(name)}\b", error.message)]
    named += [one.name for one in form.options if re.search(rf"\b{one.name}=", f"{error.message} {error.hint}")]
    if named:
        return f"option_{named[0]}"
    bare = spec.model_copy(update={"options": {}, "url": ""})
    if not _is_right(kind, bare):
        return "location"
    if spec.url and not _is_right(kind, bare.model_copy(update={"url": spec.url})):
        return "url"
    for name, value in spec.options.items():
        if not _is_right(kind, bare.model_copy(update={"options": {name: value}})):
            return f"option_{name}"
    return ""


def _is_right(kind: ConnectorKind, spec: SourceSpec) -> bool:
    try:
        kind.check(spec)
    except LorelensError:
        return False
    return True
