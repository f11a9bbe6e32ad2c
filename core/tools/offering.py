"""The middleware that offers outside tools: those that the workspace of the turn turned on, in that turn alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import ToolMessage
from langgraph.prebuilt import ToolRuntime
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from core.errors import LorelensError
from core.outside.desk import Outside
from core.outside.tool import OutsideTool
from core.tools.knowledge_graph import knowledge_graph_tool
from core.tools.search_web import search_web_tool
from core.tools.wikipedia import wikipedia_tool
from core.turn import Turn

if TYPE_CHECKING:  # the MCP SDK takes a while to import
    from core.outside.mcp_server import McpServer

_LOOKUPS = {
    "web_search": search_web_tool,
    "wikipedia": wikipedia_tool,
    "knowledge_graph": knowledge_graph_tool,
}
"""The tool over each lookup, by its switch."""

_log = logging.getLogger(__name__)


class OfferOutside(AgentMiddleware[AgentState[Any], Turn]):
    """Adds a turn's outside tools to what the model is offered, and does what it calls of them."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside

    async def awrap_model_call(
        self,
        request: ModelRequest[Turn],
        handler: Callable[[ModelRequest[Turn]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Offer them."""
        turn = request.runtime.context
        if turn.outside_tools is None:
            turn.outside_tools = {tool.name: tool for tool in await self._tools(turn)}
        tools: list[OutsideTool] = list(turn.outside_tools.values())
        if not tools:
            return await handler(request)
        offered = [tool.spec() for tool in tools]
        return await handler(request.override(tools=[*request.tools, *offered]))

    async def _tools(self, turn: Turn) -> list[OutsideTool]:
        """What a model may call in this turn. A server that is away offers none, and is asked again the next time."""
        on = self._outside.on(turn)
        tools = [build(self._outside) for name, build in _LOOKUPS.items() if name in on]
        servers = self._outside.servers_on(turn)
        for offered in await asyncio.gather(*(self._offered(server, turn) for server in servers)):
            tools += offered
        return tools

    async def _offered(self, server: "McpServer", turn: Turn) -> list[OutsideTool]:
        from core.tools.mcp import mcp_tool

        try:
            return [mcp_tool(self._outside, server, tool) for tool in await server.tools()]
        except LorelensError as error:
            _log.warning("The MCP server %s offers no tools: %s", server.name, error)
            self._outside.note(turn, server.switch)
            return []

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Do what was called, if it was offered."""
        runtime = cast(ToolRuntime[Turn, Any], request.runtime)  # pyright: ignore[reportUnknownMemberType]
        turn = runtime.context
        call = request.tool_call
        tool: OutsideTool | None = (turn.outside_tools or {}).get(call["name"])
        # One that was turned off meanwhile is not run any more.
        if tool is None or tool.switch not in self._outside.on(turn):
            return await handler(request)
        said = await tool.run(turn, call["args"], runtime.stream_writer)
        return ToolMessage(content=said, name=call["name"], tool_call_id=call["id"])
