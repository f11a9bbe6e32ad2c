"""The tool by which a model searches the web."""

from core.outside.desk import Outside
from core.outside.tool import OutsideTool
from core.tools.asking_outside import lookup_tool


def search_web_tool(outside: Outside) -> OutsideTool:
    """Build the tool; it is offered where `web_search` is on."""
    return lookup_tool(
        outside,
        "web_search",
        name="search_web",
        description="Search the web, and read the best pages. Use it when the team's own knowledge does not hold the "
        "answer, or when the person asks for it. Only words that the person wrote are "
        "searched for; others are dropped.",
        query="What to search for, in the person's own words.",
    )
