"""The tool by which a model finds a picture by what it shows."""

from typing import Any

from langchain_core.tools import BaseTool, tool
from langgraph.prebuilt import ToolRuntime

from core.evidence import Evidence
from core.knowledge.search import KnowledgeSearch
from core.prompting import render_evidence
from core.reply import Status
from core.turn import Turn

HITS = 4


def find_pictures_tool(knowledge: KnowledgeSearch) -> BaseTool:
    """Build the tool over an index; it sees what the turn's audience may see."""

    @tool
    async def find_pictures(query: str, runtime: ToolRuntime[Turn, dict[str, Any]]) -> str:
        """Find diagrams, screenshots, charts and photographs among the team's pictures by what they show.

        Cite the number of a picture to show it to the person.

        Args:
            query: What the picture shows, in a few words.
        """
        turn = runtime.context
        runtime.stream_writer(Status(stage="searching", detail=query))
        found = turn.add(await knowledge.search(query, limit=HITS, audience=turn.audience, kinds=("picture",)))
        return render_evidence(Evidence(question=query, standalone=query, passages=tuple(found)))

    return find_pictures
