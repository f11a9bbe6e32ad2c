"""Knowledge graphs as sources: entities become documents that a person can read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.errors import DocumentError, QuestionError, UnavailableError
from core.sources.connector import SourceSpec
from core.sources.mirror import Mirror
from core.sources.rdf.connector import rdf
from core.sources.rdf.graph import read_graph
from tests.outside.servers import GRAPH, sparql_server


class Seen:
    def __init__(self) -> None:
        self.items: list[str] = []
        self.problems: list[str] = []

    def fetched(self, item: str, *, total: int | None = None) -> None:
        self.items.append(item)

    def problem(self, item: str, reason: str) -> None:
        self.problems.append(reason)


async def fetched(location: Any, folder: Path, options: Mapping[str, str] | None = None) -> tuple[dict[str, str], Seen]:
    spec = rdf.check(SourceSpec(name="graph", kind="rdf", location=str(location), options=options or {}))
    connector, mirror, seen = rdf.open(spec, None), Mirror(folder), Seen()
    try:
        async for part in connector.parts():
            await connector.fetch(part, mirror, seen)
    finally:
        await connector.close()
    texts = {path: (mirror.read(path) or b"").decode() for path in mirror.paths()}
    return {mirror.facts(path).title: text for path, text in texts.items()}, seen  # pyright: ignore[reportOptionalMemberAccess]


async def test_a_turtle_file_becomes_a_document_for_each_entity(tmp_path: Path) -> None:
    file = tmp_path / "graph.ttl"
    file.write_text(GRAPH)
    found, _ = await fetched(file, tmp_path / "mirror")
    assert found["Berlin"].splitlines()[0] == "Berlin (also: German capital, 柏林): capital of Germany"
    assert "Berlin - capital of: Germany." in found["Berlin"]
    assert "Berlin - capital of: Germany." in found["Germany"]
    assert Mirror(tmp_path / "mirror").facts(next(Mirror(tmp_path / "mirror").paths())) is not None
    file.write_text(
        GRAPH.replace("x:Euro rdfs:label", "x:Lira rdfs:label").replace("x:currency x:Euro", "x:currency x:Lira")
    )
    again, _ = await fetched(file, tmp_path / "mirror")
    assert "Germany - currency: Euro." in again["Germany"]
    file.unlink()
    with pytest.raises(UnavailableError):
        await fetched(file, tmp_path / "mirror")
    assert list(Mirror(tmp_path / "mirror").paths())


async def test_a_damaged_file_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ttl").write_text("this is { no turtle")
    (tmp_path / "in" / "b.nt").write_text('<http://x.example/a> <http://x.example/madeBy> "Brandt" .\n')
    found, seen = await fetched(tmp_path / "in", tmp_path / "mirror")
    assert "a - made by: Brandt." in found["a"]
    assert len(seen.problems) == 1


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json-ld", '{"@context": "http://127.0.0.1:9/context", "name": "x"}'),
        ("json-ld", '{"@context": [{"a": "http://x/"}, "http://127.0.0.1:9/c"], "a": "x"}'),
        ("json-ld", '{"@context": {"@import": "http://127.0.0.1:9/c"}, "a": "x"}'),
        ("xml", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'),
        ("xml", '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><r>&b;</r>'),
    ],
)
def test_nothing_else_is_fetched_for_a_file(form: str, text: str) -> None:
    with pytest.raises(DocumentError, match=r"elsewhere|another address"):
        read_graph(text.encode(), form, "file")


async def test_an_endpoint_is_asked_for_a_class_and_goes_on_where_it_was(tmp_path: Path) -> None:
    cities = GRAPH + "x:Berlin a x:City . x:Paris a x:City ; rdfs:label 'Paris'@en ; x:river 'Seine' ."
    async with sparql_server(cities) as endpoint:
        options = {"class": "http://graph.example/City"}
        found, seen = await fetched(endpoint.url, tmp_path, options)
        assert set(found) == {"Berlin", "Paris"}
        assert "Berlin - mayor: Kai Wegner." in found["Berlin"]
        Mirror(tmp_path).keep_cursor({"done": 1})
        _, seen = await fetched(endpoint.url, tmp_path, options)
        assert seen.items == ["Paris"]
        endpoint.graph.remove((None, None, None))
        endpoint.graph.parse(data="<http://graph.example/Rome> a <http://graph.example/City> .", format="turtle")
        found, _ = await fetched(endpoint.url, tmp_path, options)
        assert set(found) == {"Rome"}


async def test_an_endpoint_is_asked_a_query(tmp_path: Path) -> None:
    async with sparql_server() as endpoint:
        found, _ = await fetched(endpoint.url, tmp_path, {"query": "CONSTRUCT WHERE { ?s ?p ?o }"})
        assert "Berlin - capital of: Germany." in found["Berlin"]
        mayors = "SELECT ?who WHERE { ?city <http://graph.example/mayor> ?who }"
        found, _ = await fetched(endpoint.url, tmp_path, {"query": mayors})
        assert set(found) == {"Kai Wegner"}


@pytest.mark.parametrize(
    "options",
    [{"class": "http://x/> } DROP ALL #"}, {"query": "DELETE WHERE { ?s ?p ?o }"}, {"most": "many"}, {"x": "1"}],
)
def test_what_can_not_be_is_said_at_once(options: dict[str, str]) -> None:
    with pytest.raises(QuestionError) as refused:
        rdf.check(SourceSpec(name="g", kind="rdf", location="http://x.example/sparql", options=options))
    assert refused.value.hint
