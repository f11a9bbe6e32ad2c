"""A knowledge graph that is asked: entities by what they are called, their facts, and one step on where that is asked.

Works with any endpoint that labels entities by rdfs:label, as Wikidata does; properties are called by the label of
their own or, in Wikidata, of the property that they are the direct claim of.
"""

from collections.abc import Sequence

from rdflib import Literal, URIRef

from core.followups import topic_words
from core.knowledge.documents import Passage
from core.knowledge.terms import stem
from core.outside.asking import Asked
from core.outside.entities import Entity, Fact, best_literal, local_name, plain
from core.outside.finding import Finding, passages_of_findings
from core.outside.sparql import Endpoint, Row, iri, literal

ENTITIES = 3
FOLLOWED = 3
FACTS = 150
LONGEST_NAME = 5
"""Words of a name that is looked up."""
NAMES = 24

_NAMED = """SELECT DISTINCT ?e WHERE {{
  VALUES ?name {{ {names} }}
  {{ ?e <http://www.w3.org/2000/01/rdf-schema#label> ?name }}
  UNION {{ ?e <http://www.w3.org/2004/02/skos/core#altLabel> ?name }}
}} LIMIT {limit}"""
_LABELS = """SELECT ?label ?about WHERE {{
  {{ {entity} <http://www.w3.org/2000/01/rdf-schema#label> ?label FILTER(LANG(?label) IN ({languages})) }}
  UNION {{ {entity} <http://schema.org/description> ?about FILTER(LANG(?about) IN ({languages})) }}
}} LIMIT 20"""
_FACTS = """SELECT ?p ?pl ?o ?ol WHERE {{
  {triple}
  OPTIONAL {{ ?p <http://www.w3.org/2000/01/rdf-schema#label> ?pl FILTER(LANG(?pl) IN ({languages})) }}
  OPTIONAL {{ ?claimed <http://wikiba.se/ontology#directClaim> ?p ;
    <http://www.w3.org/2000/01/rdf-schema#label> ?pl FILTER(LANG(?pl) IN ({languages})) }}
  OPTIONAL {{ ?o <http://www.w3.org/2000/01/rdf-schema#label> ?ol FILTER(LANG(?ol) IN ({languages})) }}
}} LIMIT {limit}"""
# What says nothing to a reader: labels in all languages, links between encyclopedias, a statement's own nodes.
_SILENT = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#",
    "http://schema.org/name",
    "http://schema.org/description",
    "http://schema.org/dateModified",
    "http://schema.org/version",
    "http://wikiba.se/ontology#",
    "http://www.wikidata.org/prop/P",
    "http://www.wikidata.org/prop/direct-normalized/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
)


class KnowledgeGraph:
    """The endpoint of the setting `knowledge_graph`."""

    name = "knowledge_graph"
    kind = "graph"

    def __init__(self, address: str, *, contact: str = "") -> None:
        self._endpoint = Endpoint(address, contact=contact)

    async def look(self, asked: Asked) -> list[Passage]:
        """The entities that the query names with their facts, and those that the question leads on to."""
        languages = tuple(dict.fromkeys(one for one in (asked.language, "en") if one != "und"))
        found = [await self.entity(one, languages) for one in await self._named(asked.query, languages)]
        wanted = {stem(word) for word in topic_words(asked.query)}
        seen = {one.iri for one in found}
        onward = [
            fact.target
            for entity in found
            for fact in entity.facts
            if fact.target and not fact.incoming and wanted & {stem(word) for word in fact.relation.split()}
        ]
        onward = [one for one in dict.fromkeys(onward) if one not in seen][:FOLLOWED]
        found += [await self.entity(one, languages) for one in onward]
        findings = [Finding(title=one.label, text=one.text(), url=one.address) for one in found if one.facts]
        return passages_of_findings(self.kind, findings, chinese=asked.chinese)

    async def entity(self, address: str, languages: Sequence[str]) -> Entity:
        """What the graph says of one entity, in the first of these languages that it speaks."""
        asked = {"entity": iri(address), "languages": ", ".join(literal(one) for one in (*languages, ""))}
        labels = await self._endpoint.select(_LABELS.format(**asked))
        label = best_literal((row["label"] for row in labels if "label" in row), languages)
        facts: list[Fact] = []
        for incoming in (False, True):
            triple = f"?o ?p {asked['entity']} ." if incoming else f"{asked['entity']} ?p ?o ."
            query = _FACTS.format(
                triple=triple, languages=asked["languages"], limit=FACTS // 3 if incoming else FACTS * 2
            )
            rows = await self._endpoint.select(query)
            facts += _facts(rows, languages, incoming=incoming)
        return Entity(
            iri=address,
            label=label or local_name(address),
            description=best_literal((row["about"] for row in labels if "about" in row), languages),
            facts=tuple(facts),
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._endpoint.close()

    async def _named(self, query: str, languages: Sequence[str]) -> list[str]:
        """The IRIs of entities that are called by what stands in a query; those with long names first."""
        found: dict[str, None] = {}
        names = names_in(query)
        for length in sorted({len(name.split()) for name in names}, reverse=True):
            several = [name for name in names if len(name.split()) == length]
            values = " ".join(literal(name, language) for name in several for language in (*languages, ""))
            rows = await self._endpoint.select(_NAMED.format(names=values, limit=ENTITIES * 2))
            found.update((str(row["e"]), None) for row in rows if isinstance(row.get("e"), URIRef))
            if found:
                break
        return list(found)[:ENTITIES]


def names_in(query: str) -> list[str]:
    """What could be a name in a query, as graphs spell names: runs of words, as they are and capitalized."""
    words = query.replace("?", " ").replace("？", " ").replace(",", " ").replace('"', " ").split()
    topics = set(topic_words(query))
    names: dict[str, None] = {}
    for length in range(min(LONGEST_NAME, len(words)), 0, -1):
        for at in range(len(words) - length + 1):
            run = [word.removesuffix("'s").removesuffix("’s").strip(".:;!。") for word in words[at : at + length]]
            if (run[0] in topics and run[-1] in topics) or (length == 1 and not run[0].isascii()):
                names[" ".join(run)] = None
                names[" ".join(word[:1].upper() + word[1:] for word in run)] = None
    for word in topics:
        names[word] = None
    return sorted(names, key=lambda name: -len(name.split()))[: NAMES * 2]


def _facts(rows: Sequence[Row], languages: Sequence[str], *, incoming: bool) -> list[Fact]:
    labels: dict[tuple[str, str], tuple[list[Row], Row]] = {}
    for row in rows:
        key = (str(row.get("p", "")), row["o"].n3() if "o" in row else "")
        labels.setdefault(key, ([], row))[0].append(row)
    facts: list[Fact] = []
    for (relation, _), (several, row) in labels.items():
        value = row.get("o")
        if value is None or relation.startswith(_SILENT) or "/entity/statement/" in str(value):
            continue
        if isinstance(value, Literal) and value.language and value.language.split("-")[0] not in languages:
            continue
        is_entity = isinstance(value, URIRef)
        called = best_literal((one["ol"] for one in several if "ol" in one), languages) if is_entity else ""
        named = best_literal((one["pl"] for one in several if "pl" in one), languages) or local_name(relation)
        said = called or plain(value)
        if said:
            facts.append(Fact(relation=named, value=said, target=str(value) if is_entity else "", incoming=incoming))
    return facts
