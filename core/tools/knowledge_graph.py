"""The tool by which a model asks a knowledge graph for facts."""

from core.outside.desk import Outside
from core.outside.tool import OutsideTool
from core.tools.asking_outside import lookup_tool


def knowledge_graph_tool(outside: Outside) -> OutsideTool:
    """Build the tool; it is offered where `knowledge_graph` is on."""
    return lookup_tool(
        outside,
        "knowledge_graph",
        name="knowledge_graph",
        description="Ask a knowledge graph for facts about people, places, organisations and things, and how they are "
        "related. Name the thing and the relation, in words that the person wrote; others are dropped.",
        query='The thing and the relation, such as "Berlin mayor", in the person\'s own words.',
    )
