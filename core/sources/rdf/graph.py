"""RDF as files hold it, read within bounds and without asking anybody else; and its entities, with labels for names."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from rdflib import RDF, RDFS, BNode, Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, SKOS
from rdflib.term import Node

from core.errors import DocumentError
from core.outside.entities import Entity, Fact, best_literal, local_name, plain

MOST_BYTES = 64 * 2**20
MOST_TRIPLES = 1_000_000
MOST_INCOMING = 30
FORMATS = {
    ".ttl": "turtle",
    ".nt": "nt",
    ".rdf": "xml",
    ".owl": "xml",
    ".xml": "xml",
    ".jsonld": "json-ld",
    ".json": "json-ld",
}
KINDS = {
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
}

_SCHEMA = "http://schema.org/"
_SECURE_SCHEMA = "https://schema.org/"
_LABELS = (
    RDFS.label,
    SKOS.prefLabel,
    URIRef(_SCHEMA + "name"),
    URIRef(_SECURE_SCHEMA + "name"),
    FOAF.name,
    DCTERMS.title,
)
_ALIASES = (SKOS.altLabel, URIRef(_SCHEMA + "alternateName"), URIRef(_SECURE_SCHEMA + "alternateName"))
_ABOUT = (
    URIRef(_SCHEMA + "description"),
    URIRef(_SECURE_SCHEMA + "description"),
    RDFS.comment,
    SKOS.definition,
    DCTERMS.description,
)
_PAGES = (URIRef(_SCHEMA + "url"), URIRef(_SECURE_SCHEMA + "url"), FOAF.page, FOAF.homepage)
_SILENT = frozenset((*_LABELS, *_ALIASES, *_ABOUT, *_PAGES))
_OUTER_ENTITY = re.compile(rb"<!ENTITY[^>]*(?:\bSYSTEM\b|\bPUBLIC\b|[\"'][^\"'>]*&)", re.IGNORECASE)


def read_graph(data: bytes, form: str, name: str, base: str = "") -> Graph:
    """The graph in a file.

    Raises:
        DocumentError: it is no RDF of this form, is too large, or would have something else fetched.
    """
    if len(data) > MOST_BYTES:
        raise DocumentError(f"{name} is over {MOST_BYTES // 2**20} MiB.", hint="Split it, or ask a SPARQL endpoint.")
    if form == "xml" and (_OUTER_ENTITY.search(data) or (b"<!DOCTYPE" in data[:4096] and b"SYSTEM" in data[:4096])):
        raise DocumentError(f"{name} names entities that lie elsewhere.", hint="Save it without a DOCTYPE.")
    if form == "json-ld":
        _check_contexts(data, name)
    graph = Graph()
    try:
        graph.parse(data=data, format=form, publicID=base or None)
    except Exception as error:  # parsers raise anything on damaged files
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DocumentError(
            f"{name} can't be read as RDF ({form}): {reason}.", hint="Check it with its tool."
        ) from error
    if len(graph) > MOST_TRIPLES:
        raise DocumentError(f"{name} holds over {MOST_TRIPLES:,} statements.", hint="Ask a SPARQL endpoint instead.")
    return graph


def entities_of(graph: Graph, languages: Sequence[str]) -> Iterator[Entity]:
    """The entities of a graph that have a label or facts, in the order of their IRIs."""
    relations = {one for one in graph.predicates() if isinstance(one, URIRef)}
    subjects = {one for one in graph.subjects() if isinstance(one, URIRef)} - relations
    for one in sorted(subjects):
        entity = _entity(graph, one, languages)
        if entity.facts or entity.description or best_literal(_all(graph, one, _LABELS), languages):
            yield entity


def _entity(graph: Graph, one: URIRef, languages: Sequence[str]) -> Entity:
    label = _label(graph, one, languages)
    facts = [
        Fact(relation=_label(graph, relation, languages), value=said, target=str(value) if _is_iri(value) else "")
        for relation, value in _sorted(graph.predicate_objects(one))
        if relation not in _SILENT and (said := _value(graph, value, languages))
    ]
    incoming = _sorted(graph.subject_predicates(one))[:MOST_INCOMING]
    facts += [
        Fact(relation=_label(graph, relation, languages), value=said, target=str(subject), incoming=True)
        for subject, relation in incoming
        if isinstance(subject, URIRef) and relation != RDF.type and (said := _label(graph, subject, languages))
    ]
    names = dict.fromkeys(plain(term) for term in sorted(_all(graph, one, (*_LABELS, *_ALIASES)), key=str))
    page = next((str(term) for term in _all(graph, one, _PAGES) if str(term).startswith(("http://", "https://"))), "")
    return Entity(
        iri=str(one),
        label=label,
        aliases=tuple(name for name in names if name and name != label)[:12],
        description=best_literal(_all(graph, one, _ABOUT), languages),
        facts=tuple(facts),
        url=page,
    )


def _sorted(pairs: Iterable[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    return sorted(pairs, key=lambda pair: (str(pair[0]), str(pair[1])))


def _all(graph: Graph, one: Node, relations: Sequence[URIRef]) -> list[Node]:
    return [term for relation in relations for term in graph.objects(one, relation)]


def _label(graph: Graph, one: Node, languages: Sequence[str]) -> str:
    if one == RDF.type:
        return "is a"
    return best_literal(_all(graph, one, _LABELS), languages) or local_name(str(one))


def _value(graph: Graph, value: Node, languages: Sequence[str]) -> str:
    if isinstance(value, BNode):  # a thing without a name: what is said of it
        said = [
            f"{_label(graph, relation, languages)} {_value(graph, term, languages)}"
            for relation, term in _sorted(graph.predicate_objects(value))
            if not isinstance(term, BNode)
        ]
        return "; ".join(said)[:300]
    return _label(graph, value, languages) if _is_iri(value) else plain(value)


def _is_iri(value: Node) -> bool:
    return isinstance(value, URIRef)


def _check_contexts(data: bytes, name: str) -> None:
    """Raise `DocumentError` if a context would be fetched from elsewhere."""
    try:
        open_: list[Any] = [json.loads(data)]
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name} is no JSON.", hint="Check it with the tool that wrote it.") from error
    while open_:
        one = open_.pop()
        if isinstance(one, list):
            open_ += cast(list[Any], one)
        elif isinstance(one, dict):
            mapping = cast(dict[str, Any], one)
            context = mapping.get("@context")
            several = cast(list[Any], context) if isinstance(context, list) else [context]
            if any(isinstance(part, str) for part in several) or "@import" in mapping:
                raise DocumentError(
                    f"{name} leaves its @context to another address, which is not fetched.",
                    hint="Write the context into the file, or save it as Turtle.",
                )
            open_ += mapping.values()
