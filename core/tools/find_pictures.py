"""The tool by which a model finds pictures, by what they show or by one that they are to be like."""

from typing import Any

from langchain_core.tools import BaseTool, tool
from langgraph.prebuilt import ToolRuntime

from core.evidence import Evidence
from core.knowledge.index import Hit
from core.knowledge.search import KnowledgeSearch
from core.looking import Looking
from core.prompting import render_evidence
from core.reply import Status
from core.turn import Turn

HITS = 4


def find_pictures_tool(knowledge: KnowledgeSearch, looking: Looking) -> BaseTool:
    """Build the tool over an index; it sees what the turn's audience may see."""

    @tool
    async def find_pictures(
        runtime: ToolRuntime[Turn, dict[str, Any]], query: str = "", like_picture: int | None = None
    ) -> str:
        """Find diagrams, screenshots, charts and photographs among the team's pictures.

        Cite the number of a picture to show it to the person.

        Args:
            query: What the picture shows, in a few words; may be left out where a picture is named.
            like_picture: The number of a picture of the question; pictures that look or read like it are found.
        """
        turn = runtime.context
        runtime.stream_writer(Status(stage="searching", detail=query))
        numbers = [reading.number for reading in turn.readings]
        if like_picture is not None and like_picture not in numbers:
            at_hand = ", ".join(map(str, numbers)) or "none"
            return f"Picture {like_picture} is not one that the question is about. Those are: {at_hand}."
        if like_picture is None:
            hits = await knowledge.search(query, limit=HITS, audience=turn.audience, kinds=("picture",))
        else:
            hits = await _like(turn, numbers.index(like_picture), query)
        return render_evidence(Evidence(question=query, standalone=query, passages=tuple(turn.add(hits))))

    async def _like(turn: Turn, at: int, query: str) -> list[Hit]:
        describe = not knowledge.sees_pictures
        picture = await looking.to_search(turn.pictures[at], turn.readings[at], describe=describe)
        return [] if picture is None else await knowledge.like(picture, query, limit=HITS, audience=turn.audience)

    return find_pictures
