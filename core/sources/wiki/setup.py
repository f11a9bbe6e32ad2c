"""How a wiki is set up as a source: where its API is, which of its pages are wanted, and how they are read."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from core.errors import QuestionError
from core.fetching.addresses import AllowList
from core.messages import Value
from core.sources.connector import check_options
from core.sources.wiki.api import api_address

MOST = 10_000
"""Pages of one source, unless the option `most` says otherwise."""
DEEPEST = 10
_NAMES = "titles category depth search prefix namespaces most read pictures contact allow token_env"
OPTIONS = frozenset(_NAMES.split())

# Wikis too large to be read whole; each has its API at the same place.
_WIKIMEDIA = re.compile(
    r"([\w-]+\.)+(wikipedia|wiktionary|wikibooks|wikinews|wikiquote|wikisource|wikiversity|wikivoyage|wikimedia)\.org\Z"
    r"|(www\.)?(wikidata|mediawiki)\.org\Z"
)


class WikiChoice(Value):
    """What is read of a wiki; where no page is chosen, all of it. `category` is searched `depth` levels down."""

    titles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    depth: int = 0
    search: str = ""
    prefix: str = ""
    namespaces: tuple[int, ...] = (0,)
    most: int = MOST
    as_html: bool = True
    pictures: bool = False

    @property
    def is_all(self) -> bool:
        """Whether all pages are wanted, or all below `prefix`."""
        return not (self.titles or self.categories or self.search)


def choice_of(options: Mapping[str, str]) -> WikiChoice:
    """What the options choose.

    Raises:
        QuestionError: one is not known, or says what can't be.
    """
    check_options(options, OPTIONS, "A wiki")
    AllowList.of(options.get("allow", "").split(","))
    choice = WikiChoice(
        titles=_several(options, "titles"),
        categories=_several(options, "category"),
        depth=_number(options, "depth", 0, 0, DEEPEST),
        search=options.get("search", "").strip(),
        prefix=options.get("prefix", "").strip(),
        namespaces=namespaces_of(options),
        most=_number(options, "most", MOST, 1, 10_000_000),
        as_html=_one_of(options, "read", ("html", "wikitext")) == "html",
        pictures=_one_of(options, "pictures", ("no", "yes")) == "yes",
    )
    if choice.depth and not choice.categories:
        raise QuestionError("depth is of a category, and none is named.", hint="Add category=NAME.")
    if choice.prefix and not choice.is_all:
        raise QuestionError("prefix chooses of all pages.", hint="Leave out titles, category and search.")
    if choice.pictures and not choice.as_html:
        raise QuestionError("Wikitext comes without pictures.", hint="Leave out read=wikitext.")
    return choice


def namespaces_of(options: Mapping[str, str]) -> tuple[int, ...]:
    """The numbers of the namespaces that are read: articles (0), or what the option says. Raises `QuestionError`."""
    said = options.get("namespaces", "0").replace(" ", "")
    if not re.fullmatch(r"[0-9]{1,6}(,[0-9]{1,6})*", said):
        raise QuestionError("The namespaces are none.", hint="Write their numbers: namespaces=0,4,12.")
    return tuple(dict.fromkeys(map(int, said.split(","))))


def checked_location(location: str) -> str:
    """The address of the API, from a language of Wikipedia, the address of one of its pages, or the API's own.

    Raises:
        QuestionError: it is none of these.
    """
    address = api_address(location)
    if not address:
        raise QuestionError("Which wiki?", hint="Name a language of Wikipedia (en), or the address of an api.php.")
    if "://" not in address:
        address = f"https://{address}"
    try:
        url = urlsplit(address)
        host = (url.hostname or "").lower()
    except ValueError:
        url, host = urlsplit(""), ""
    if url.scheme not in ("http", "https") or not host or url.username or url.password:
        raise QuestionError(f'"{location}" is no wiki.', hint="Name a language of Wikipedia (en), or an api.php.")
    if is_wikimedia(address):
        return f"https://{host.replace('.m.', '.')}/w/api.php"
    if not url.path.endswith("/api.php"):
        raise QuestionError(
            f"{location} is not the API of a wiki.",
            hint="Its address ends in api.php; the page Special:Version of the wiki names it.",
        )
    return f"{url.scheme}://{url.netloc}{url.path}"


def is_wikimedia(address: str) -> bool:
    """Whether a wiki is one of Wikimedia's."""
    return _WIKIMEDIA.match((urlsplit(address).hostname or "").lower()) is not None


def _several(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Titles, separated by what no title has in it."""
    return tuple(dict.fromkeys(" ".join(one.split()) for one in options.get(name, "").split("|") if one.strip()))


def _number(options: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    said = options.get(name, str(default)).strip()
    if not (said.isascii() and said.isdecimal()) or not least <= int(said[:9]) <= most:
        raise QuestionError(f'{name}="{said}" can\'t be.', hint=f"Write a number from {least} to {most}.")
    return int(said)


def _one_of(options: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    said = options.get(name, values[0]).strip().lower()
    if said not in values:
        raise QuestionError(f'{name}="{said}" can\'t be.', hint=f"Write {' or '.join(values)}.")
    return said
