"""The tool by which a model opens one of the pictures that were found."""

from typing import Any

from langchain_core.tools import BaseTool, tool
from langgraph.prebuilt import ToolRuntime

from core.reply import Status
from core.turn import Turn


def look_at_picture_tool(*, sees: bool) -> BaseTool:
    """Build the tool; a model that does not see pictures is given what OCR read in them."""

    @tool
    async def look_at_picture(number: int, runtime: ToolRuntime[Turn, dict[str, Any]]) -> str:
        """Look at a picture of the evidence more closely.

        Args:
            number: The evidence number of the picture.
        """
        turn = runtime.context
        evidence = turn.passage(number)
        if evidence is None or evidence.passage.picture is None:
            pictures = [str(other.number) for other in turn.passages if other.passage.picture is not None]
            return f"Evidence {number} is not a picture. Pictures at hand: {', '.join(pictures) or 'none'}."
        runtime.stream_writer(Status(stage="looking", detail=evidence.passage.path))
        facts = evidence.passage.picture
        if sees and facts.sha256 not in turn.opened:
            turn.opened.append(facts.sha256)
        read = facts.ocr or "no text could be read in it"
        attached = " The picture follows." if sees else ""
        return f"Evidence {number}, {facts.width} x {facts.height} pixels. Text in it: {read}.{attached}"

    return look_at_picture
