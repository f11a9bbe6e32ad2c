"""A running MCP server: its session is held by one task, opened when it is first needed and again after it broke."""

import asyncio
import logging
from datetime import timedelta
from typing import Any, cast

from langchain_mcp_adapters.sessions import create_session
from mcp import ClientSession, McpError
from mcp.types import (
    CallToolResult,
    EmbeddedResource,
    PaginatedRequestParams,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)

from core.errors import LorelensError
from core.outside.bounds import OutsideError
from core.outside.finding import Finding
from core.outside.mcp_table import ServerTable

_log = logging.getLogger(__name__)

MOST_TOOLS = 32
START_SECONDS = 15.0
"""For a server to start and to tell its tools; the table's `timeout` is for a call."""
_PAGES = 10


class McpServer:
    """One server by the name that the settings give it. Its switch is `mcp:NAME`."""

    def __init__(self, name: str, table: ServerTable) -> None:
        self.name = name
        self.switch = f"mcp:{name}"
        self._table = table
        self._lock = asyncio.Lock()
        self._held: tuple[ClientSession, list[Tool]] | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def tools(self) -> list[Tool]:
        """The tools that may be used: those annotated as read-only, and those that the operator named.

        Raises:
            OutsideError: the server does not start, does not answer, or speaks something else.
            SettingsError: its table names a variable that is not there.
        """
        _, tools = await self._open()
        return [
            one
            for one in tools
            if one.name in self._table.allow or (one.annotations is not None and one.annotations.readOnlyHint is True)
        ][:MOST_TOOLS]

    async def call(self, tool: str, arguments: dict[str, Any]) -> list[Finding]:
        """What a tool says. Raises as `tools` does, and `OutsideError` with the tool's own words where it fails."""
        session, _ = await self._open()
        try:
            async with asyncio.timeout(self._table.timeout + 1):
                result = await session.call_tool(
                    tool, arguments, read_timeout_seconds=timedelta(seconds=self._table.timeout)
                )
        except Exception as error:
            # Whether it hangs, died or speaks nonsense: the next use begins anew.
            await self._let_go()
            raise OutsideError(f"The MCP server {self.name} did not answer: {_reason(error)}.") from error
        findings = _findings(result, f"{self.name}: {tool}")
        if result.isError:
            said = " ".join(one.text for one in findings)[:300]
            raise OutsideError(f"The tool {tool} of {self.name} failed: {said or 'it does not say why'}")
        return findings

    async def close(self) -> None:
        """End the session, and the process where there is one."""
        await self._let_go()

    async def _open(self) -> tuple[ClientSession, list[Tool]]:
        async with self._lock:
            if self._held is not None and self._task is not None and not self._task.done():
                return self._held
            await self._let_go()
            self._stop = asyncio.Event()
            ready: asyncio.Future[tuple[ClientSession, list[Tool]]] = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._hold(self._table.connection(), ready, self._stop))
            try:
                async with asyncio.timeout(START_SECONDS):
                    self._held = held = await asyncio.shield(ready)
            except Exception as error:
                await self._let_go()
                if isinstance(error, LorelensError):
                    raise
                raise OutsideError(f"The MCP server {self.name} does not start: {_reason(error)}.") from error
            return held

    async def _hold(
        self,
        connection: dict[str, Any],
        ready: "asyncio.Future[tuple[ClientSession, list[Tool]]]",
        stop: asyncio.Event,
    ) -> None:
        """Open the session, hold it until it is to stop, and close it: all in the one task that anyio asks for."""
        try:
            async with create_session(cast(Any, connection)) as session:
                await session.initialize()
                tools: list[Tool] = []
                cursor: str | None = None
                for _ in range(_PAGES):
                    page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
                    tools += page.tools
                    cursor = page.nextCursor
                    if not cursor:
                        break
                if not ready.done():
                    ready.set_result((session, tools))
                await stop.wait()
        except Exception as error:  # noqa: BLE001 - told to whoever waits, or logged; transports raise anything
            if not ready.done():
                ready.set_exception(error)
            else:
                _log.warning("The MCP server %s broke off: %s", self.name, _reason(error))
        finally:
            if ready.done() and not ready.cancelled():
                ready.exception()  # seen, also where nobody waits any more
            elif not ready.done():
                ready.cancel()

    async def _let_go(self) -> None:
        task, self._task, self._held = self._task, None, None
        if task is None:
            return
        self._stop.set()
        done, _ = await asyncio.wait({task}, timeout=5.0)
        if not done:
            task.cancel()
            await asyncio.wait({task}, timeout=5.0)


def _findings(result: CallToolResult, title: str) -> list[Finding]:
    findings: list[Finding] = []
    for one in result.content:
        match one:
            case TextContent():
                findings.append(Finding(title=title, text=one.text))
            case EmbeddedResource(resource=TextResourceContents() as resource):
                findings.append(Finding(title=title, text=resource.text, url=_web_address(str(resource.uri))))
            case ResourceLink():
                said = one.description or one.title or one.name
                findings.append(Finding(title=title, text=said, url=_web_address(str(one.uri))))
            case _:  # pictures and sounds of others are not looked at
                pass
    return [one for one in findings if one.text.strip()]


def _web_address(address: str) -> str:
    return address if address.startswith(("http://", "https://")) else ""


def _reason(error: Any) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = cast("tuple[BaseException, ...]", error.exceptions)[0]  # pyright: ignore[reportUnknownMemberType]
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, McpError):
        return str(error)[:200]
    return f"{type(error).__name__} {str(error)[:120]}".strip()
