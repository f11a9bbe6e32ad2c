"""Where the web is searched: SearXNG's JSON API, or any search tool of LangChain by name."""

import json
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from yarl import URL

from core.errors import AddressError, MissingPartError, SettingsError
from core.fetching.addresses import origin_of
from core.fetching.guard import Fetcher
from core.knowledge.addresses import web_address
from core.outside.bounds import OutsideError
from core.outside.finding import Finding, seconds_of

RESULTS = 6
SEARXNG = "searxng:"
_MOST_BYTES = 4 * 2**20
_ADDRESS_KEYS = ("url", "link", "href", "source")
_TITLE_KEYS = ("title", "name")
_TEXT_KEYS = ("content", "snippet", "body", "description", "text", "raw_content")
_LINE = re.compile(
    r"snippet: (?P<snippet>.*?), title: (?P<title>.*?), link: (?P<link>\S+?)(?:, (?=snippet: )|\Z)", re.S
)


class WebSearch(Protocol):
    """A search engine."""

    async def search(self, query: str, language: str) -> list[Finding]:
        """Results, best first; `language` is an ISO 639-1 code or "und". Raises as `Lookup.look` does."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def web_search_of(setting: str) -> WebSearch:
    """The search engine that the setting `web_search` names.

    Raises:
        SettingsError: it names none.
    """
    if setting.startswith(SEARXNG):
        return SearXNG(setting.removeprefix(SEARXNG))
    module, colon, name = setting.partition(":")
    if colon and re.fullmatch(r"[\w.]+", module) and name.isidentifier():
        return NamedTool(module, name)
    raise SettingsError(
        f'web_search = "{setting}" names no search engine.',
        hint='Write "searxng:https://HOST", or "MODULE:CLASS" of a LangChain search tool.',
    )


class SearXNG:
    """An instance of SearXNG (https://docs.searxng.org/dev/search_api.html). The operator named it, so it may stand in
    the own network."""

    def __init__(self, address: str) -> None:
        origin = origin_of(address)
        if not origin:
            raise SettingsError(f'"{address}" is no address of a SearXNG.', hint='Write "searxng:https://HOST".')
        url = URL(address)
        self._address = str(url / "search") if not url.path.endswith("/search") else str(url)
        self._fetcher = Fetcher(allow=[origin], timeout=10.0, tries=2, first_pause=0.3)

    async def search(self, query: str, language: str) -> list[Finding]:
        """Results, best first."""
        params = {"q": query, "format": "json", "safesearch": "1"}
        if language != "und":
            params["language"] = language
        try:
            found = await self._fetcher.fetch_json(self._address, params=params, most=_MOST_BYTES)
        except AddressError as error:
            if error.reason in {"denied", "kind"}:
                raise SettingsError(
                    "The SearXNG at the address of web_search does not answer with JSON.",
                    hint='Add "json" to search.formats in its settings.yml, and switch its limiter off for Lorelens.',
                ) from error
            raise OutsideError(error.message, hint="Check the setting web_search.") from error
        return findings_of(found)[:RESULTS]

    async def close(self) -> None:
        """Let go of connections."""
        await self._fetcher.close()


class NamedTool:
    """A search tool of LangChain, made without arguments: keys come from its own environment variables."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name
        self._tool: Any = None

    async def search(self, query: str, language: str) -> list[Finding]:
        """Results, best first."""
        if self._tool is None:
            self._tool = self._made()
        try:
            found = await self._tool.ainvoke(query)
        except Exception as error:  # every provider raises errors of its own
            raise OutsideError(
                f"{self._name} failed: {type(error).__name__}.", hint="Check its key and quota."
            ) from error
        return findings_of(found)[:RESULTS]

    async def close(self) -> None:
        """It holds nothing that could be let go of."""

    def _made(self) -> Any:
        named = f"{self._module}:{self._name}"
        try:
            made = getattr(import_module(self._module), self._name)()
        except (ImportError, AttributeError) as error:
            raise MissingPartError(
                f'web_search = "{named}" can\'t be imported: {error}.', hint="Install the package that has it."
            ) from error
        except Exception as error:
            raise SettingsError(
                f'web_search = "{named}" can\'t be made: {type(error).__name__}.',
                hint="Set the environment variables that it asks for in its documentation.",
            ) from error
        if not hasattr(made, "ainvoke"):
            raise SettingsError(f'web_search = "{named}" is no tool of LangChain.', hint="Name a class of a tool.")
        return made


def findings_of(found: Any) -> list[Finding]:
    """Results in any of the shapes that search tools give: lists, {"results": ...}, JSON or plain text."""
    if isinstance(found, tuple):  # content and artifact
        found = cast(tuple[Any, ...], found)[0]
    if isinstance(found, str):
        try:
            return findings_of(json.loads(found)) or _lines(found)
        except (ValueError, RecursionError):
            return _lines(found)
    if isinstance(found, Mapping):
        mapping = cast(Mapping[str, Any], found)
        for key in ("results", "organic", "organic_results", "items", "data"):
            if isinstance(mapping.get(key), list):
                return findings_of(mapping[key])
        found = [mapping]
    if not isinstance(found, Sequence):
        return []
    made = [_finding(cast(Mapping[str, Any], one)) for one in cast(Sequence[Any], found) if isinstance(one, Mapping)]
    return list({(one.url or one.text): one for one in reversed(made) if one.text or one.url}.values())[::-1]


def _finding(one: Mapping[str, Any]) -> Finding:
    return Finding(
        title=_first(one, _TITLE_KEYS),
        text=_first(one, _TEXT_KEYS),
        url=web_address(_first(one, _ADDRESS_KEYS)),
        modified=seconds_of(_first(one, ("publishedDate", "published_date", "date"))),
    )


def _lines(text: str) -> list[Finding]:
    named = [
        Finding(title=one["title"], text=one["snippet"], url=web_address(one["link"])) for one in _LINE.finditer(text)
    ]
    return named or ([Finding(title="", text=text)] if text.strip() else [])


def _first(one: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((said.strip() for key in keys if isinstance(said := one.get(key), str) and said.strip()), "")
