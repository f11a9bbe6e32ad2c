"""The outside as the settings describe it."""

from collections.abc import Sequence

from config.settings import Settings
from core.models.encoder import Encoder
from core.outside.asking import Lookup
from core.outside.desk import Outside
from core.outside.switches import Switches


def names_of(settings: Settings) -> tuple[str, ...]:
    """The switches that there are with these settings."""
    named = (
        ("web_search", settings.web_search),
        ("wikipedia", settings.wikipedia),
        ("knowledge_graph", settings.knowledge_graph),
    )
    return (*(name for name, value in named if value.strip()), *(f"mcp:{name}" for name in settings.mcp_servers))


def open_outside(settings: Settings, encoder: Encoder | None, *, allow: Sequence[str] = ()) -> Outside | None:
    """All that the settings name; None where that is nothing. Nothing is connected to yet.

    Args:
        settings: the settings.
        encoder: compares passages by meaning, where there is one.
        allow: hosts and networks whose pages are opened beside the public web and those that the settings name.

    Raises:
        SettingsError: one of them is wrong.
    """
    lookups: list[Lookup] = []
    allow = (*allow, *filter(None, (one.strip() for one in settings.outside_allow.split(","))))
    contact = settings.outside_contact
    if settings.web_search.strip():
        from core.outside.search import web_search_of
        from core.outside.web import Web

        lookups.append(Web(web_search_of(settings.web_search.strip()), encoder, allow=allow))
    if settings.wikipedia.strip():
        from core.outside.encyclopedia import Encyclopedia

        lookups.append(Encyclopedia(settings.wikipedia, encoder, allow=allow, contact=contact))
    if settings.knowledge_graph.strip():
        from core.outside.graph import KnowledgeGraph

        lookups.append(KnowledgeGraph(settings.knowledge_graph.strip(), contact=contact))
    servers = []
    if settings.mcp_servers:
        from core.outside.mcp_server import McpServer
        from core.outside.mcp_table import ServerTable

        servers = [McpServer(name, ServerTable.read(name, table)) for name, table in settings.mcp_servers.items()]
    if not lookups and not servers:
        return None
    return Outside(lookups, Switches(settings.data_folder), servers=servers)
