"""A knowledge graph as a source: RDF files, or what a SPARQL endpoint says of a class or to a query.

Each entity is a document: its labels, its description, and its facts as sentences with labels for identifiers.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef

from core.errors import AddressError, DocumentError, QuestionError, UnavailableError
from core.fetching.guard import Fetcher
from core.knowledge.documents import DocumentFacts
from core.outside.entities import Entity, local_name
from core.outside.graph import KnowledgeGraph
from core.outside.sparql import Endpoint, iri
from core.sources.connector import Part, SourceSpec, Watch, check_options
from core.sources.mirror import Mirror
from core.sources.rdf.graph import FORMATS, KINDS, MOST_BYTES, entities_of, read_graph

MOST = 10_000
"""Entities of one source, unless the option `most` says otherwise."""
PAGE = 500
OPTIONS = frozenset({"class", "property", "query", "languages", "most", "contact", "allow"})
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_IS_SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)
_IS_CONSTRUCT = re.compile(r"\b(?:CONSTRUCT|DESCRIBE)\b", re.IGNORECASE)


class RdfKind:
    """`core.sources.connector.ConnectorKind` for knowledge graphs."""

    summary = "A knowledge graph: an RDF file or a folder of them, or a SPARQL endpoint with class=IRI or query=SPARQL."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec. Raises `QuestionError`."""
        check_options(spec.options, OPTIONS, "A knowledge graph")
        if not spec.location.strip():
            raise QuestionError("Which graph?", hint="Name an RDF file, a folder of them, or a SPARQL endpoint.")
        most = spec.options.get("most", "1")
        if not most.isdecimal() or not int(most):
            raise QuestionError(f'most="{most}" is no number.', hint="Write most=1000.")
        for name in ("class", "property"):
            if name in spec.options:
                iri(spec.options[name])
        query = spec.options.get("query", "")
        if query and not (_IS_SELECT.search(query) or _IS_CONSTRUCT.search(query)):
            raise QuestionError("The query neither selects nor constructs.", hint="Begin it with SELECT or CONSTRUCT.")
        if _is_web(spec.location):
            return spec
        if {"class", "query"} & set(spec.options):
            raise QuestionError("Only a SPARQL endpoint takes a class or a query.", hint="Give its address.")
        return spec.model_copy(update={"location": str(Path(spec.location).expanduser().absolute())})

    def open(self, spec: SourceSpec, given: Any) -> "RdfConnector":
        """Its connector."""
        return RdfConnector(spec)


class RdfConnector:
    """`core.sources.connector.Connector` for one knowledge graph."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        options = spec.options
        self._languages = [one.strip() for one in options.get("languages", "en,zh").split(",") if one.strip()]
        self._most = int(options.get("most", MOST))
        self._graph: KnowledgeGraph | None = None
        self._endpoint: Endpoint | None = None
        self._fetcher: Fetcher | None = None

    async def parts(self) -> AsyncIterator[Part]:
        """The whole graph."""
        yield Part(audience=self._spec.audience, url=self._spec.url)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Write each entity that is new or changed, and remove those that are gone."""
        spec = self._spec
        if not {"class", "query"} & set(spec.options):
            entities = await self._of_files(watch)
            self._bring(entities, mirror, watch)
        elif _IS_CONSTRUCT.search(spec.options.get("query", "")) and "class" not in spec.options:
            data = await self._asked().construct(spec.options["query"])
            graph = await asyncio.to_thread(read_graph, data, "turtle", spec.location)
            self._bring(await asyncio.to_thread(_entities, graph, self._languages), mirror, watch)
        else:
            await self._fetch_each(mirror, watch)

    async def close(self) -> None:
        """Let go of connections."""
        for one in (self._graph, self._endpoint, self._fetcher):
            if one is not None:
                await one.close()

    def _bring(self, entities: list[Entity], mirror: Mirror, watch: Watch) -> None:
        if len(entities) > self._most:
            watch.problem(self._spec.name, f"it holds {len(entities)} entities; the first {self._most} are kept.")
        kept = entities[: self._most]
        for entity in kept:
            _write(entity, mirror)
            watch.fetched(entity.label, total=len(kept))
        _remove_others({_path(one.iri) for one in kept}, mirror)

    async def _fetch_each(self, mirror: Mirror, watch: Watch) -> None:
        """Ask for one entity after the other, going on where the last run was interrupted."""
        addresses = await self._addresses()
        self._graph = self._graph or KnowledgeGraph(self._spec.location, contact=self._spec.options.get("contact", ""))
        done = mirror.cursor().get("done", 0)
        done = done if isinstance(done, int) and done < len(addresses) else 0
        for at, address in enumerate(addresses[done:], start=done + 1):
            _write(await self._graph.entity(address, self._languages), mirror)
            mirror.keep_cursor({"done": at})
            watch.fetched(local_name(address), total=len(addresses))
        mirror.keep_cursor({})
        _remove_others(set(map(_path, addresses)), mirror)

    async def _addresses(self) -> list[str]:
        """The IRIs of the entities that the class or the query names, page by page."""
        options = self._spec.options
        query = options.get("query", "").strip()
        if "class" in options:
            relation = iri(options.get("property", TYPE))
            query = f"SELECT DISTINCT ?entity WHERE {{ ?entity {relation} {iri(options['class'])} }} ORDER BY ?entity"
        is_paged = not re.search(r"\bLIMIT\s+\d+\s*\Z", query, re.IGNORECASE)
        found: dict[str, None] = {}
        for start in range(0, self._most, PAGE):
            rows = await self._asked().select(f"{query} LIMIT {PAGE} OFFSET {start}" if is_paged else query)
            found.update(
                (str(term), None) for row in rows for term in list(row.values())[:1] if isinstance(term, URIRef)
            )
            if not is_paged or len(rows) < PAGE:
                break
        return list(found)[: self._most]

    def _asked(self) -> Endpoint:
        self._endpoint = self._endpoint or Endpoint(
            self._spec.location, contact=self._spec.options.get("contact", ""), timeout=60.0
        )
        return self._endpoint

    async def _of_files(self, watch: Watch) -> list[Entity]:
        """The entities of all files. Where none can be read, nothing is forgotten."""
        found: dict[str, Entity] = {}
        read = 0
        for name, form, data in await self._files():
            try:
                graph = await asyncio.to_thread(read_graph, data, form, name)
            except DocumentError as error:
                watch.problem(name, error.message)
                continue
            read += 1
            for entity in await asyncio.to_thread(_entities, graph, self._languages):
                found.setdefault(entity.iri, entity)
        if not read:
            raise UnavailableError(
                f"No RDF could be read from {self._spec.location}.", hint="What was read before is kept until then."
            )
        return list(found.values())

    async def _files(self) -> list[tuple[str, str, bytes]]:
        location = self._spec.location
        if _is_web(location):
            self._fetcher = self._fetcher or Fetcher(allow=self._spec.options.get("allow", "").split(","))
            try:
                answer = await self._fetcher.fetch(location, headers={"Accept": ", ".join(KINDS)}, most=MOST_BYTES)
            except AddressError as error:
                raise UnavailableError(error.message, hint=error.hint) from error
            form = KINDS.get(answer.kind) or FORMATS.get(Path(location).suffix.lower(), "turtle")
            return [(location, form, answer.data)]
        try:
            return await asyncio.to_thread(_files_at, Path(location))
        except OSError as error:
            raise UnavailableError(
                f"{location} can't be read now: {error.strerror or error}.", hint="Check its path and who may read it."
            ) from error


def _entities(graph: Graph, languages: Sequence[str]) -> list[Entity]:
    return list(entities_of(graph, languages))


def _files_at(path: Path) -> list[tuple[str, str, bytes]]:
    files = sorted(one for one in path.rglob("*") if one.suffix.lower() in FORMATS) if path.is_dir() else [path]
    return [(one.name, FORMATS.get(one.suffix.lower(), "turtle"), one.read_bytes()) for one in files]


def _is_web(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def _path(address: str) -> str:
    name = re.sub(r"[^\w-]+", "-", local_name(address))[:60].strip("-") or "entity"
    return f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:12]}.txt"


def _write(entity: Entity, mirror: Mirror) -> None:
    facts = DocumentFacts(title=entity.label, url=entity.address)
    mirror.write(_path(entity.iri), (entity.text() + "\n").encode(), facts)


def _remove_others(paths: set[str], mirror: Mirror) -> None:
    for path in list(mirror.paths()):
        if path not in paths:
            mirror.remove(path)


rdf = RdfKind()
"""What the entry point group `lorelens.sources` names."""
