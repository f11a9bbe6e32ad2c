"""The clients of all workspaces that installed the app: `adapters.slack.api.Clients` on the installation store."""

from collections import OrderedDict

from slack_sdk.web.async_client import AsyncWebClient

from adapters.lookups import Lookups
from adapters.slack.api import API_URL, TIMEOUT, Installed, SlackClient, new_session
from adapters.slack.installations import KeptBot, RedisInstallations
from adapters.slack.pacing import Pacing
from adapters.slack.refreshing import Refreshing, not_installed

FRESH = 10.0
"""Seconds for which one process believes what it read of an installation: an uninstallation is seen by all then."""
_MOST = 2000


class ManyWorkspaces:
    """A client for each workspace, with its token as it is now; all share their connections. It needs a running loop.

    In an organization that has the app as a whole, each of its workspaces is reached with the organization's token.
    """

    def __init__(
        self,
        installations: RedisInstallations,
        *,
        client_id: str,
        client_secret: str,
        url: str = API_URL,
        timeout: float = TIMEOUT,
        pacing: Pacing | None = None,
        fresh: float = FRESH,
    ) -> None:
        self.installations = installations
        self._url = url
        self._pacing = pacing or Pacing()
        self._session = new_session(timeout)
        self._known = Lookups[tuple[str, str], KeptBot](seconds=fresh, most=_MOST)
        self._clients: OrderedDict[str, SlackClient] = OrderedDict()
        self.app = SlackClient("", url=url, session=self._session, pacing=self._pacing, team="app")
        """A client without a token: for what the app itself asks, with its id and secret."""
        self._refreshing = Refreshing(installations, self.app, client_id=client_id, client_secret=client_secret)

    async def client(self, team: str, enterprise: str = "") -> AsyncWebClient:
        """A client with the token of the workspace's bot; raises as `Clients` says, and what the store raises."""
        kept = await self._bot(team, enterprise)
        lane = team or kept.where
        client = self._clients.get(lane)
        if client is None or client.token != kept.bot.bot_token:
            client = SlackClient(
                kept.bot.bot_token, url=self._url, session=self._session, pacing=self._pacing, team=lane
            )
            self._clients[lane] = client
            if len(self._clients) > _MOST:
                self._clients.popitem(last=False)
        return client

    async def installed(self, team: str, enterprise: str = "") -> Installed:
        """Who the app is in the workspace; raises as `client` does."""
        bot = (await self._bot(team, enterprise)).bot
        return Installed(
            team=team or bot.team_id or "",
            user=bot.bot_user_id or "",
            bot=bot.bot_id or "",
            enterprise=bot.enterprise_id or enterprise,
        )

    def forget(self, team: str, enterprise: str = "") -> None:
        """What was read of a workspace or organization may have changed."""
        self._known.forget_where(lambda key: team in key if team else enterprise in key)

    async def close(self) -> None:
        """Let go of connections; tokens that are being refreshed are kept first."""
        await self._refreshing.close()
        await self._known.close()
        await self._session.close()

    async def _bot(self, team: str, enterprise: str) -> KeptBot:
        async def look() -> KeptBot:
            kept = await self.installations.find(team, enterprise)
            if kept is None:
                raise not_installed(team or enterprise)
            return await self._refreshing.fresh(kept)

        return await self._known.get((team, enterprise), look)
