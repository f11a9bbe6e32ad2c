"""What LanceDB is asked for, as SQL: names and texts are literals in it, whatever is in them."""

from collections.abc import Sequence

from core.knowledge.index import SearchQuery


def narrowed(query: SearchQuery) -> str:
    """What a question may look at."""
    clauses = [seen_by(query.audience)]
    if query.sources is not None:
        clauses.append(f"source IN ({', '.join(map(literal, query.sources))})" if query.sources else "false")
    if query.kinds is not None:
        clauses.append(f"kind IN ({', '.join(map(literal, query.kinds))})" if query.kinds else "false")
    return " AND ".join(clauses)


def seen_by(audience: Sequence[str]) -> str:
    """What one of these principals may see."""
    return f"array_has_any(audience, make_array({', '.join(map(literal, audience))}))" if audience else "false"


def literal(text: str) -> str:
    """A text."""
    return "'" + text.replace("'", "''") + "'"
