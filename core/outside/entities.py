"""Entities of a knowledge graph as text: labels, description, and facts as sentences with labels for identifiers."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from rdflib import Literal, URIRef
from rdflib.term import Node

from core.messages import Value

MOST_FACTS = 120


class Fact(Value):
    """A relation of an entity: its name, what it leads to, and that one's IRI where it is an entity too."""

    relation: str
    value: str
    target: str = ""
    incoming: bool = False


class Entity(Value):
    """What a graph says of one entity. `url` is where people see it."""

    iri: str
    label: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    facts: tuple[Fact, ...] = ()
    url: str = ""

    @property
    def address(self) -> str:
        """Where people see it: its page, or its IRI where that is an address of the web."""
        address = self.url or self.iri
        return address if address.startswith(("http://", "https://")) else ""

    def sentences(self) -> list[str]:
        """The facts, one line each: "Berlin - capital of: Germany", values of one relation together."""
        values: dict[tuple[bool, str], list[str]] = {}
        for fact in self.facts[:MOST_FACTS]:
            values.setdefault((fact.incoming, fact.relation), []).append(fact.value)
        said: list[str] = []
        for (incoming, relation), several in values.items():
            several = list(dict.fromkeys(several))
            if incoming:
                said += [f"{one} - {relation}: {self.label}." for one in several]
            else:
                said.append(f"{self.label} - {relation}: {', '.join(several)}.")
        return said

    def text(self) -> str:
        """All of it, as it is read and searched."""
        also = f" (also: {', '.join(self.aliases)})" if self.aliases else ""
        head = f"{self.label}{also}{': ' + self.description if self.description else ''}"
        return "\n".join([head, *self.sentences()])


def plain(term: Node) -> str:
    """A term for a reader: a literal's text in one line, or the last part of an IRI."""
    if isinstance(term, Literal):
        return " ".join(str(term).split())[:500]
    return local_name(str(term)) if isinstance(term, URIRef) else ""


def local_name(address: str) -> str:
    """The last part of an IRI, in words: `http://x.org/ns#capitalOf` is "capital of"."""
    last = unquote(re.split(r"[/#:]", address.rstrip("/#"))[-1])
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last.replace("_", " "))
    return apart[:1] + apart[1:].lower() if apart != last else apart


def best_literal(terms: Iterable[Node], languages: Sequence[str]) -> str:
    """The text in the first of these languages that there is one in, then one without a language, then any."""
    literals = sorted((one for one in terms if isinstance(one, Literal)), key=str)
    for language in (*languages, ""):
        for one in literals:
            if (one.language or "").split("-")[0] == language:
                return plain(one)
    return plain(literals[0]) if literals else ""
