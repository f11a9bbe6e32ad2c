"""A real MCP server that tests start: over its standard input, or by HTTP on the port that it is given."""

import os
import sys
import time

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = FastMCP("tickets", port=port or 8000, log_level="ERROR")
READS = ToolAnnotations(readOnlyHint=True)


@server.tool(annotations=READS)
def find_ticket(words: str) -> str:
    """Find a ticket by its words."""
    return f"Ticket 17 about {words}: the label printer in hall B is out of order until Friday."


@server.tool(annotations=READS)
def hang(words: str = "") -> str:
    """Never answer."""
    time.sleep(3600)
    return ""


@server.tool(annotations=READS)
def die(words: str = "") -> str:
    """End the process."""
    os._exit(3)


@server.tool()
def close_ticket(number: int) -> str:
    """Close a ticket."""
    return f"closed {number}"


server.run("streamable-http" if port else "stdio")
