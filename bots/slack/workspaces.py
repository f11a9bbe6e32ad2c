"""The workspaces that this process serves."""

from adapters.slack.api import Installed, OneWorkspace
from adapters.slack.workspaces import ManyWorkspaces
from bots.slack.desk import Desk
from core.errors import PlatformRefusedError
from core.messages import Place


async def workspaces(desk: Desk) -> list[Installed]:
    """The one of the token, or those that installed the app.

    Where an organization has it as a whole, its workspaces are those in which something was asked.
    """
    clients = desk.platform.clients
    if isinstance(clients, OneWorkspace):
        return [await clients.installed()]
    teams: set[str] = set()
    if isinstance(clients, ManyWorkspaces):
        teams.update(one.where for one in await clients.installations.listed() if one.where.startswith("T"))
    async for page in desk.store.all_conversations():
        teams.update(place.workspace for place in map(Place.named, page) if place.platform == desk.platform.platform)
    found: list[Installed] = []
    for team in sorted(teams):
        try:
            found.append(await clients.installed(team))
        except PlatformRefusedError:
            continue  # the app was removed from there
    return found
