"""The tool by which a model looks something up in Wikipedia."""

from core.outside.desk import Outside
from core.outside.tool import OutsideTool
from core.tools.asking_outside import lookup_tool


def wikipedia_tool(outside: Outside) -> OutsideTool:
    """Build the tool; it is offered where `wikipedia` is on."""
    return lookup_tool(
        outside,
        "wikipedia",
        name="wikipedia",
        description="Look something up in Wikipedia: general knowledge that the team's own documents do not hold. Only "
        "words that the person wrote are searched for; others are dropped.",
        query="What to look up, in the person's own words.",
    )
