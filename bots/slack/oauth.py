"""Installing the app in many workspaces: Bolt's OAuth flow on the installation store, with pages of our own.

https://docs.slack.dev/authentication/installing-with-oauth
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote, urlsplit

from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.installations import RedisInstallations
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, manifest
from adapters.slack.oauth_states import SECONDS, RedisStates
from adapters.slack.workspaces import ManyWorkspaces
from bots.slack.install_pages import HEADERS, PageTexts, done_page, failed_page, install_page, texts_for_browser
from config.settings import Settings
from core.application import Application
from core.errors import LorelensError, SettingsError, UnavailableError
from core.sealing import Seal

_DOCUMENTED = "docs/slack.md leads through it."
_TEAM = re.compile(r"[A-Z0-9]{2,20}")

_log = logging.getLogger(__name__)


class _WithoutCodes(logging.Filter):
    """Bolt logs codes together with why Slack refused them; the why is of use."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = re.sub(r"code: \S+", "code: ...", record.getMessage()), None
        return True


_bolts = logging.getLogger(f"{__name__}.bolt")
_bolts.addFilter(_WithoutCodes())


def has_oauth(settings: Settings) -> bool:
    """Whether the app is installed by OAuth: there is a client id, and no bot token that says otherwise."""
    return bool(settings.slack_client_id) and not _secret(settings.slack_bot_token)


def check_oauth(settings: Settings) -> Seal:
    """What seals the tokens; for whoever serves the workspaces that installed the app.

    Raises:
        SettingsError: something that it needs is not set.
    """
    if not settings.slack_client_id or not _secret(settings.slack_client_secret):
        raise SettingsError(
            "For installation by OAuth, both LORELENS_SLACK_CLIENT_ID and LORELENS_SLACK_CLIENT_SECRET are needed.",
            hint=f"They stand under Basic Information, App Credentials. {_DOCUMENTED}",
        )
    return Seal(_secret(settings.secret_key))


async def many_workspaces(application: Application) -> ManyWorkspaces:
    """The clients of all workspaces that installed the app; to be closed.

    Raises:
        SettingsError: something that it needs is not set.
        StoreUnavailableError: Redis is away.
    """
    settings = application.settings
    seal = check_oauth(settings)
    store = await application.conversations()
    return ManyWorkspaces(
        RedisInstallations(store.redis, seal),
        client_id=settings.slack_client_id,
        client_secret=_secret(settings.slack_client_secret),
        url=settings.slack_api_url,
    )


def install_routes(settings: Settings, workspaces: ManyWorkspaces) -> list[web.RouteDef]:
    """The pages from which the app is installed, for the web server: /slack/install and /slack/oauth_redirect.

    Raises:
        SettingsError: `slack_public_url` is missing, or is no https address.
    """
    flow = install_flow(settings, workspaces)

    def page(handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]) -> Callable[..., Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            response = await to_aiohttp_response(await handle(await to_bolt_request(request)))
            response.charset = "utf-8"
            return response

        return answer

    return [
        web.get(INSTALL_PATH, page(flow.handle_installation), allow_head=False),  # a preview must issue no state
        web.get(REDIRECT_PATH, page(flow.handle_callback), allow_head=False),
    ]


def install_flow(settings: Settings, workspaces: ManyWorkspaces) -> "InstallFlow":
    """Bolt's flow; raises as `install_routes` does."""
    public = public_url(settings)
    oauth = AsyncOAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=_secret(settings.slack_client_secret),
        scopes=manifest().scopes,
        user_scopes=[],
        redirect_uri=public + REDIRECT_PATH,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=authorize_url(settings.slack_api_url),
        installation_store=workspaces.installations,
        state_store=RedisStates(workspaces.installations.redis),
        state_expiration_seconds=SECONDS,
        callback_options=AsyncCallbackOptions(success=_succeeded(workspaces), failure=_failed),
        logger=_bolts,
    )
    return InstallFlow(client=workspaces.app, logger=_bolts, settings=oauth)


class InstallFlow(AsyncOAuthFlow):
    """Bolt's flow with our pages, and a page for each way in which it can fail."""

    async def handle_installation(self, request: AsyncBoltRequest) -> BoltResponse:
        """The page from which somebody goes to Slack."""
        try:
            response = await super().handle_installation(request)
        except LorelensError as error:
            return await self._broken(request, error)
        for name, value in HEADERS.items():
            response.headers[name.lower()] = [value]
        return response

    async def handle_callback(self, request: AsyncBoltRequest) -> BoltResponse:
        """Where Slack sends the browser back to."""
        try:
            return await super().handle_callback(request)
        except LorelensError as error:
            return await self._broken(request, error)

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Slack's page; the workspace that `?team=` names is chosen there already."""
        teams: Sequence[str] = request.query.get("team") or ()
        team = next((one for one in teams if _TEAM.fullmatch(one)), None)
        generator = self.settings.authorize_url_generator
        generator.redirect_uri = quote(self.settings.redirect_uri or "", safe="")
        return generator.generate(state=state, team=team)

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        """The page that leads there."""
        return install_page(url, _texts(request))

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keep it; Bolt shows its own kind of error."""
        try:
            await super().store_installation(request, installation)
        except LorelensError as error:
            _log.warning("An installation could not be kept: %s", error)
            raise BoltError("The installation could not be kept.") from error

    async def _broken(self, request: AsyncBoltRequest, error: LorelensError) -> BoltResponse:
        away = isinstance(error, UnavailableError)
        _log.warning("An installation did not work: %s", error)
        return await self.failure_handler(
            AsyncFailureArgs(
                request=request,
                reason="unavailable" if away else "storage_error",
                error=error,
                suggested_status_code=503 if away else 500,
                settings=self.settings,
                default=self.default_callback_options,
            )
        )


def authorize_url(api_url: str) -> str:
    """Slack's page where somebody allows the installation, beside its Web API: as at slack.com, so at a gateway."""
    parts = urlsplit(api_url)
    path = parts.path.rstrip("/").removesuffix("/api")
    return f"{parts.scheme}://{parts.netloc}{path}/oauth/v2/authorize"


def _succeeded(workspaces: ManyWorkspaces) -> Callable[[AsyncSuccessArgs], Awaitable[BoltResponse]]:
    async def succeeded(args: AsyncSuccessArgs) -> BoltResponse:
        made = args.installation
        workspaces.forget(made.team_id or "", made.enterprise_id or "")
        whole = made.is_enterprise_install
        html = done_page(
            (made.enterprise_name if whole else made.team_name) or "",
            _texts(args.request),
            app=made.app_id or "",
            team=made.team_id or "",
            organization_url=(made.enterprise_url or "") if whole else "",
        )
        return BoltResponse(status=200, headers=_headers(args.settings), body=html)

    return succeeded


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    _log.info("An installation was not finished: %s", args.reason)
    html = failed_page(args.reason, _public_path(args.settings), _texts(args.request))
    return BoltResponse(status=args.suggested_status_code, headers=_headers(args.settings), body=html)


def _headers(settings: AsyncOAuthSettings) -> dict[str, str | Sequence[str]]:
    return {**HEADERS, "Set-Cookie": settings.state_utils.build_set_cookie_for_deletion()}


def _public_path(settings: AsyncOAuthSettings) -> str:
    """Where the installation begins, as the browser sees it: a proxy may have put a path before ours."""
    return urlsplit(settings.redirect_uri or "").path.removesuffix(REDIRECT_PATH) + INSTALL_PATH


def _texts(request: AsyncBoltRequest) -> PageTexts:
    return texts_for_browser(",".join(request.headers.get("accept-language") or ()))


def public_url(settings: Settings) -> str:
    """The address at which people and Slack reach this server, without a slash at its end.

    Raises:
        SettingsError: it is missing, or no https address.
    """
    url = settings.slack_public_url.rstrip("/")
    parts = urlsplit(url)
    at_home = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not parts.hostname or (parts.scheme != "https" and not at_home):
        raise SettingsError(
            "For installation by OAuth, LORELENS_SLACK_PUBLIC_URL must be the https address of this server.",
            hint=f"Slack sends browsers back to it, at {REDIRECT_PATH}. {_DOCUMENTED}",
        )
    return url


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
