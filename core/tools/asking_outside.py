"""What the tools that ask outside in words have in common: one query in, numbered evidence out."""

from collections.abc import Mapping
from typing import Any

from core.evidence import Evidence
from core.outside.desk import Outside
from core.outside.tool import OutsideTool, Say
from core.prompting import render_evidence
from core.turn import Turn


def lookup_tool(outside: Outside, switch: str, *, name: str, description: str, query: str) -> OutsideTool:
    """A tool over the lookup of this switch."""

    async def run(turn: Turn, arguments: Mapping[str, Any], say: Say) -> str:
        said = arguments.get("query")
        sent, passages, problem = await outside.look(switch, turn, said if isinstance(said, str) else "", say)
        if problem:
            return problem
        found = turn.add(passages)
        if not found:
            return f"Nothing was found for: {sent}"
        evidence = render_evidence(Evidence(question=sent, standalone=sent, passages=tuple(found)))
        return f"Searched for: {sent}\n\n{evidence}"

    return OutsideTool(
        name=name,
        switch=switch,
        description=description,
        parameters={
            "type": "object",
            "properties": {"query": {"type": "string", "description": query}},
            "required": ["query"],
        },
        run=run,
    )
