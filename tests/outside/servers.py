"""Servers outside, on loopback: a search engine as SearXNG answers, and a SPARQL endpoint over a real graph."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import web
from rdflib import Graph

from tests.sites import Site, site

GRAPH = """
@prefix x: <http://graph.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix schema: <http://schema.org/> .
x:Berlin rdfs:label "Berlin"@en, "柏林"@zh ; skos:altLabel "German capital"@en ;
  schema:description "capital of Germany"@en, "德国首都"@zh ; x:capitalOf x:Germany ; x:mayor x:Wegner ;
  x:population 3878100 .
x:Germany rdfs:label "Germany"@en, "德国"@zh ; x:currency x:Euro .
x:Wegner rdfs:label "Kai Wegner"@en ; x:born "1972-09-15" .
x:Euro rdfs:label "Euro"@en .
x:capitalOf rdfs:label "capital of"@en, "首都属于"@zh . x:mayor rdfs:label "mayor"@en, "市长"@zh .
x:population rdfs:label "population"@en, "人口"@zh .
"""


@dataclass
class SearchEngine:
    """What SearXNG is asked, and what it answers."""

    site: Site
    queries: list[str] = field(default_factory=list[str])
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    results: Sequence[dict[str, Any]] = ()
    status: int = 200

    @property
    def setting(self) -> str:
        return f"searxng:{self.site.url}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(request.query["q"])
        self.asked.append(dict(request.query))
        if self.status != 200:
            return web.Response(status=self.status)
        return web.json_response({"query": request.query["q"], "results": list(self.results), "answers": []})


@asynccontextmanager
async def search_engine(*results: dict[str, Any]) -> AsyncGenerator[SearchEngine]:
    async with site() as made:
        engine = SearchEngine(made, results=results)
        made.pages["/search"] = engine.answer
        yield engine


@dataclass
class SparqlServer:
    """An endpoint over `graph`; `queries` is what it was asked."""

    site: Site
    graph: Graph
    queries: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"{self.site.url}/sparql"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = (await request.post() if request.method == "POST" else request.query)["query"]
        query = str(body)
        self.queries.append(query)
        try:
            result = self.graph.query(query)
        except Exception as error:  # noqa: BLE001 - what can't be parsed is the asker's fault, as everywhere
            return web.Response(status=400, text=str(error))
        if result.type == "CONSTRUCT":
            made: Any = result.graph
            return web.Response(text=str(made.serialize(format="nt")), content_type="application/n-triples")
        data: bytes = cast(Any, result).serialize(format="json")
        return web.json_response(json.loads(data))


@asynccontextmanager
async def sparql_server(turtle: str = GRAPH) -> AsyncGenerator[SparqlServer]:
    async with site() as made:
        server = SparqlServer(made, Graph().parse(data=turtle, format="turtle"))
        made.pages["/sparql"] = server.answer
        yield server
