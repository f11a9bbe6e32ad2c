"""BM25F over the properties of one tenant: see "Search: Keyword search" and "Concepts: BM25"."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log

from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Definition, Property
from tests.weaviate_emulator.shards import Shard, Stored
from tests.weaviate_emulator.tokenizing import tokens

OPERATOR_AND = 2


@dataclass(frozen=True)
class Ranked:
    """An object and its score, better ones being greater, and how it came about."""

    stored: Stored
    score: float
    explained: str = ""


@dataclass(frozen=True)
class Keywords:
    """What is searched for: `properties` as "name" or "name^boost"; none mean all that are searchable."""

    query: str
    properties: tuple[str, ...] = ()
    operator: int = 0
    at_least: int = 0
    """How many of the terms must be there, where the operator is `or`."""


def ranked(definition: Definition, shard: Shard, wanted: Keywords, allowed: set[str] | None) -> list[Ranked]:
    """The objects that have one of the terms, best first. `allowed`: UUIDs that filters let pass, None: all.

    Each property is searched by itself with the tenant's own statistics, and the scores are added, as with
    BlockMax WAND (the server's default since 1.30). Filters change which objects are found, not their scores.
    """
    if not wanted.query.strip():
        raise RefusedError("explorer: get class: keyword search must have query set")
    config = definition.json["invertedIndexConfig"]["bm25"]
    k1, b = float(config["k1"]), float(config["b"])
    scores: dict[str, float] = defaultdict(float)
    found: dict[str, set[str]] = defaultdict(set)
    explained: dict[str, list[str]] = defaultdict(list)
    terms: set[str] = set()
    for prop, boost in searched(definition, wanted.properties):
        postings = shard.postings.get(prop.name)
        counted = Counter(query_terms(definition, prop, wanted.query))
        terms |= set(counted)
        if postings is None or not postings.lengths:
            continue
        average = postings.length / len(postings.lengths)
        for term, repeated in counted.items():
            having = postings.objects.get(term, {})
            idf = log(1 + (len(shard.objects) - len(having) + 0.5) / (len(having) + 0.5))
            for uuid, count in having.items():
                length = postings.lengths[uuid] / average if average else 0.0
                part = repeated * boost * idf * count / (count + k1 * (1 - b + b * length))
                scores[uuid] += part
                found[uuid].add(term)
                explained[uuid].append(
                    f"BM25F_{term}_frequency:{count}, BM25F_{term}_propLength:{postings.lengths[uuid]}"
                )
    needed = len(terms) if wanted.operator == OPERATOR_AND else max(wanted.at_least, 1)
    hits = [
        Ranked(shard.objects[uuid], score, ", ".join(explained[uuid]))
        for uuid, score in scores.items()
        if len(found[uuid]) >= needed and (allowed is None or uuid in allowed)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.stored.doc_id))


def query_terms(definition: Definition, prop: Property, query: str) -> list[str]:
    """The terms of a query for one property. Stopwords are left out of queries, and only with `word`."""
    found = tokens(query, prop.tokenization)
    if prop.tokenization == "word":
        return [term for term in found if term not in definition.stopwords]
    return found


def searched(definition: Definition, names: tuple[str, ...]) -> list[tuple[Property, float]]:
    """The properties to search, with their boosts."""
    if not names:
        every = [(prop, 1.0) for prop in definition.properties.values() if prop.searchable]
        if not every:
            raise RefusedError(
                "No properties provided, and no indexed properties found in class: "
                f"no searchable property in class {definition.name}"
            )
        return every
    chosen: list[tuple[Property, float]] = []
    for each in names:
        name, _, boost = each.partition("^")
        prop = definition.property(name)
        if not prop.searchable:
            raise RefusedError(
                f"Searching by property '{name}' requires inverted index. Is `indexSearchable` option of property "
                f"'{name}' enabled? Set it to `true` or leave empty"
            )
        try:
            chosen.append((prop, float(boost) if boost else 1.0))
        except ValueError:
            raise RefusedError(f"invalid boost of property {each!r}") from None
    return chosen
