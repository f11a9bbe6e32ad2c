"""The tool by which a model searches the team's knowledge again, in its own words."""

from typing import Any

from langchain_core.tools import BaseTool, tool
from langgraph.prebuilt import ToolRuntime

from core.evidence import Evidence
from core.knowledge.search import KnowledgeSearch
from core.prompting import render_evidence
from core.reply import Status
from core.turn import Turn

HITS = 5


def search_knowledge_tool(knowledge: KnowledgeSearch) -> BaseTool:
    """Build the tool over an index; it sees what the turn's audience may see."""

    @tool
    async def search_knowledge(query: str, runtime: ToolRuntime[Turn, dict[str, Any]]) -> str:
        """Search the team's documents and pictures. Use it when the evidence at hand does not hold the answer.

        Args:
            query: What to look for, as a full question or as keywords, in the language of the documents.
        """
        turn = runtime.context
        runtime.stream_writer(Status(stage="searching", detail=query))
        hits = await knowledge.search(query, limit=HITS, audience=turn.audience)
        found = turn.add(await knowledge.joined(hits))
        return render_evidence(Evidence(question=query, standalone=query, passages=tuple(found)))

    return search_knowledge
