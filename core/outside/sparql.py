"""A SPARQL endpoint, asked within bounds. Queries are templates; what varies goes in as RDF terms that rdflib writes.

SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/) and its JSON results.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, cast

from rdflib import Literal, URIRef
from rdflib.term import Node

from core.errors import AddressError, QuestionError, SettingsError, SiteUnavailableError
from core.fetching.addresses import origin_of
from core.fetching.guard import Fetcher
from core.fetching.pace import Pace
from core.outside.bounds import OutsideError

MOST_BYTES = 16 * 2**20
JSON = "application/sparql-results+json"

Row = Mapping[str, Node]


class Endpoint:
    """One endpoint. Its methods raise `SettingsError` if it refuses us, `OutsideError` and `SiteUnavailableError`.

    Args:
        address: of the endpoint. The operator named it, so it may stand in the own network.
        interval: seconds between two requests.
        timeout: seconds for one answer.
        contact: who asks, for its User-Agent; Wikidata wants it.
    """

    def __init__(self, address: str, *, interval: float = 0.1, timeout: float = 15.0, contact: str = "") -> None:
        origin = origin_of(address)
        if not origin:
            raise SettingsError(f'"{address}" is no address of a SPARQL endpoint.', hint="Write https://HOST/sparql.")
        self.address = address
        self._fetcher = Fetcher(
            allow=[origin],
            pace=Pace(interval),
            timeout=timeout,
            tries=2,
            first_pause=0.5,
            contact=contact,
        )

    async def select(self, query: str) -> list[Row]:
        """The rows of a SELECT query; names that a row does not bind are missing in it."""
        try:
            answer = await self._fetcher.fetch(
                self.address, form={"query": query}, headers={"Accept": JSON}, most=MOST_BYTES
            )
        except AddressError as error:
            raise _refused(self.address, error) from error
        return rows_of(answer.data, self.address)

    async def construct(self, query: str) -> bytes:
        """The graph of a CONSTRUCT query, as Turtle or N-Triples."""
        try:
            answer = await self._fetcher.fetch(
                self.address,
                form={"query": query},
                headers={"Accept": "application/n-triples, text/turtle;q=0.8"},
                most=MOST_BYTES,
            )
        except AddressError as error:
            raise _refused(self.address, error) from error
        return answer.data

    async def close(self) -> None:
        """Let go of connections."""
        await self._fetcher.close()


def _refused(address: str, error: AddressError) -> SettingsError | OutsideError:
    if error.reason == "large":
        return OutsideError("It answers with more than can be read.")
    return SettingsError(
        f"The SPARQL endpoint at {address} refuses the question: {error.message}",
        hint="Check its address and who may ask it.",
    )


def rows_of(data: bytes, address: str) -> list[Row]:
    """JSON results as rows of terms.

    Raises:
        SiteUnavailableError: they are none.
    """
    from rdflib.plugins.sparql.results.jsonresults import JSONResultParser

    try:
        parser: Any = JSONResultParser()
        result = parser.parse(BytesIO(data))
        bindings = cast(Sequence[Mapping[Any, Node]], result.bindings)
    except Exception as error:
        raise SiteUnavailableError(f"{address} answers with something else than results of SPARQL.") from error
    return [{str(name): term for name, term in row.items()} for row in bindings]


def iri(address: str) -> str:
    """An IRI as a query holds it.

    Raises:
        QuestionError: it is none that could stand in one.
    """
    if not address.startswith(("http://", "https://", "urn:")) or any(
        one in '<>" {}|\\^`' or ord(one) < 33 for one in address
    ):
        raise QuestionError(f'"{address[:200]}" is no IRI.', hint="Write one that begins with http:// or https://.")
    return URIRef(address).n3()


def literal(text: str, language: str = "") -> str:
    """A text as a query holds it, quotes and all else escaped."""
    return Literal(text, lang=language or None).n3()
