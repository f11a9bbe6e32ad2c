"""The emulator itself: the server, and all its rooms put together."""

import contextlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from tests.slack_emulator.answering import Answering
from tests.slack_emulator.building import Building, app_of
from tests.slack_emulator.delivery import Courier, Delivery, signed
from tests.slack_emulator.events import Events
from tests.slack_emulator.faults import Faults
from tests.slack_emulator.file_server import FileServer
from tests.slack_emulator.interacting import Interacting
from tests.slack_emulator.limits import Limits
from tests.slack_emulator.looking import Looking
from tests.slack_emulator.model import Channel, Json, Team
from tests.slack_emulator.people import Person
from tests.slack_emulator.records import Records
from tests.slack_emulator.response_urls import Responses
from tests.slack_emulator.sockets import Sockets
from tests.slack_emulator.speaking import Speaking
from tests.slack_emulator.tokens import Tokens
from tests.slack_emulator.world import Settings, World

Found = TypeVar("Found")
_LARGEST_BODY = 64 * 1024 * 1024


class SlackEmulator(Building, Looking):
    """A Slack of one's own; the package says what it offers."""

    def __init__(
        self,
        *,
        manifest: Mapping[str, Any] | None = None,
        scopes: Sequence[str] | None = None,
        events: Sequence[str] | None = None,
        **settings: Any,
    ) -> None:
        self.records = Records()
        self.settings = Settings(**settings)
        self.app = app_of(dict(manifest) if manifest is not None else None, scopes, events)
        self.world = World(self.app, self.settings, self.records)
        self.limits = Limits()
        self.sockets = Sockets(self.world)
        self._courier = Courier(self.world, self.sockets)
        self._events = Events(self.world, self._courier.send_event)
        self.world.happened = self._events.happened
        self._files = FileServer(self.world)
        speaking, interacting = Speaking(self.world), Interacting(self.world, self._courier)
        Looking.__init__(self, self.world, self._courier, self.records)
        Building.__init__(self, self.world, speaking, interacting)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        answering, responses = Answering(self.world, self.limits), Responses(self.world)
        app.router.add_route("*", "/api/{method}", answering.answer)
        for kind in ("commands", "actions"):
            app.router.add_post(f"/{kind}-response/{{team}}/{{number}}/{{secret}}", responses.answer)
        for path in ("/files-pri/{file}/{name}", "/files-pri/{file}/download/{name}", "/files-tmb/{file}/{name}"):
            app.router.add_get(path, self._files.download)
        app.router.add_get("/elsewhere/{path:.*}", self._files.elsewhere_page)
        app.router.add_get("/signin", self._files.sign_in)
        app.router.add_post("/upload/v1/{file}", self._files.upload)
        app.router.add_get("/link/", self.sockets.connect)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.world.base, self._files.elsewhere = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        with contextlib.suppress(OSError):  # another loopback address, where there is one, is another host
            await web.TCPSite(self._runner, "127.0.0.2", port).start()
            self._files.elsewhere = f"http://127.0.0.2:{port}"

    async def close(self) -> None:
        """Stop."""
        await self._courier.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _authorize(self, request: web.Request) -> web.Response:
        """Slack's page of consent, on which the person clicks Allow at once."""
        query = request.query
        if query.get("client_id") != self.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        team = self.world.teams.get(query.get("team", ""), self.team)
        person = next((one.id for one in self.world.accounts.values() if one.team is team and not one.bot_id), "U0")
        redirect = query.get("redirect_uri", "")
        scopes = query.get("scope", "").split(",")
        code = self.tokens.allow(team, person, scopes, redirect, org=bool(query.get("org")))
        where = f"{redirect}?{urlencode({'code': code, 'state': query.get('state', '')})}"
        return web.Response(status=302, headers={"Location": where})

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.world.base

    @property
    def api_url(self) -> str:
        """The base URL for slack_sdk's clients."""
        return f"{self.world.base}/api/"

    @property
    def bot_token(self) -> str:
        """The token of the first workspace's installation."""
        return self.installation().bot_token

    @property
    def bot_user_id(self) -> str:
        """The app's user in the first workspace."""
        return self.installation().bot_user.id

    @property
    def bot_id(self) -> str:
        """The app's bot in the first workspace."""
        return self.installation().bot_id

    @property
    def app_id(self) -> str:
        """The app."""
        return self.app.app_id

    @property
    def app_token(self) -> str:
        """The app-level token, for Socket Mode."""
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        """What requests to the app are signed with."""
        return self.app.signing_secret

    @property
    def client_id(self) -> str:
        """The app's client id for OAuth."""
        return self.app.client_id

    @property
    def client_secret(self) -> str:
        """The app's client secret for OAuth."""
        return self.app.client_secret

    @property
    def faults(self) -> Faults:
        """What shall go wrong."""
        return self.world.faults

    @property
    def tokens(self) -> Tokens:
        """Expiring, revoking, rotating."""
        return self.world.tokens

    def dm(self, person: Person) -> Channel:
        """The direct message of a person with the app."""
        return person.dm

    def delivers_to(self, url: str) -> None:
        """Deliver by HTTP, to this URL."""
        self.settings.mode, self.settings.request_url = "http", url

    async def until(self, condition: Callable[[], Found], seconds: float = 10) -> Found:
        """The condition's value once it is truthy, which is looked at whenever something happens here."""
        return await self.records.until(condition, seconds)

    async def settled(self, seconds: float = 5) -> None:
        """Wait until all that was sent to the app is acknowledged or given up."""
        await self.until(lambda: all(one.acknowledged or one.given_up for one in self.deliveries), seconds)

    async def emit(self, event: Json, *, channel: Channel | None = None, team: Team | None = None) -> Delivery:
        """Send any event to the app of a workspace, subscribed or not."""
        body = self._events.envelope(event, self.installation(team), channel)
        return self._courier.send_event(body, str(event["type"]))

    def redeliver(self, delivery: Delivery) -> None:
        """Send the same again, with the same event id, as if its acknowledgement had been lost."""
        self._courier.send_again(delivery)

    def uninstalls(self, team: Team | None = None) -> None:
        """Take the app out of a workspace."""
        self.tokens.uninstall(team or self.team)

    async def verify_url(self) -> bool:
        """Ask the request URL for its challenge, as when it is typed into the app's configuration."""
        challenge = uuid.uuid4().hex
        ask = {"token": self.app.verification_token, "challenge": challenge, "type": "url_verification"}
        body = json.dumps(ask).encode()
        headers = signed(body, self.signing_secret) | {"Content-Type": "application/json"}
        status, text = await self._courier.post_raw(body, headers)
        return status == 200 and challenge in text

    async def post_raw(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Send whatever to the request URL: forged, stale, broken."""
        return await self._courier.post_raw(body, headers)
