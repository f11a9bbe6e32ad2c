"""The tools of MCP servers, as a model is offered them: called with the person's own words, answered with evidence."""

import re
from collections.abc import Mapping
from typing import Any

from mcp.types import Tool

from core.errors import LorelensError
from core.evidence import Evidence
from core.language import is_chinese
from core.outside.desk import Outside
from core.outside.finding import as_hits, passages_of_findings
from core.outside.leaving import ForeignWordsError, OwnWords
from core.outside.mcp_server import McpServer
from core.outside.tool import OutsideTool, Say
from core.prompting import render_evidence
from core.reply import Status
from core.turn import Turn

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1000
_RULE = " Arguments may hold only words and numbers that the person wrote in this conversation."


def mcp_tool(outside: Outside, server: McpServer, tool: Tool) -> OutsideTool:
    """One tool of a server."""

    async def run(turn: Turn, arguments: Mapping[str, Any], say: Say) -> str:
        try:
            sent = OwnWords.of(turn.message, turn.history).arguments(tool.inputSchema, arguments)
        except ForeignWordsError as error:
            return str(error)
        say(Status(stage="searching", detail=f"{server.name}: {tool.title or tool.name}", source=server.switch))
        try:
            found = await outside.bounds.ask(server.switch, turn, lambda: server.call(tool.name, sent))
        except LorelensError as error:
            outside.note(turn, server.switch)
            return f"{server.name} could not be asked: {error.message}"
        hits = turn.add(as_hits(passages_of_findings(server.name, found, chinese=is_chinese(turn.message.text))))
        if not hits:
            return "The tool answered with nothing that can be read."
        return render_evidence(Evidence(question="", standalone="", passages=tuple(hits)))

    description = (tool.description or tool.title or tool.name)[:LONGEST_DESCRIPTION] + _RULE
    name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{server.name}_{tool.name}")[:LONGEST_NAME]
    return OutsideTool(name=name, switch=server.switch, description=description, parameters=tool.inputSchema, run=run)
