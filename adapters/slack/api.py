"""Calls to Slack's Web API: paced, patient, and with errors that say what to do.

`SlackClient` is slack_sdk's own client; what differs is what happens around a call. Connections that fail before
anything was sent are tried again, and so are server errors where a second call does no harm; a short pause that Slack
asks for is kept, a longer one becomes `PlatformUnavailableError`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler, AsyncServerErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import BackoffRetryIntervalCalculator
from slack_sdk.http_retry.jitter import Jitter
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.fence import fence_trace
from adapters.payloads import Payload, listing, mapping, string
from adapters.slack.pacing import Pacing
from adapters.slack.refusals import RATE_LIMITED, SlackRefusedError, SlackUncertainError, answer_of, refused
from core.errors import PlatformUnavailableError

__all__ = [
    "Clients",
    "Installed",
    "OneWorkspace",
    "SlackClient",
    "SlackRefusedError",
    "SlackUncertainError",
    "ask",
    "change",
    "pages",
]

API_URL = "https://slack.com/api/"
TIMEOUT = 20
"""Seconds for one call."""
PATIENCE = 5.0
"""Seconds of a pause that Slack asks for and that a call sits out; of a longer one the caller is told."""
_TRIES = 4
_ONCE = (
    "chat.appendStream",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.scheduleMessage",
    "chat.startStream",
    "files.completeUploadExternal",
    "views.open",
    "views.push",
)
"""What is not called again when Slack may have done it already: it would be said twice, or refused."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Installed:
    """The app as it is installed in a workspace: who it is there. `enterprise` is empty outside of Enterprise Grid."""

    team: str
    user: str
    bot: str = ""
    enterprise: str = ""
    url: str = ""


class Clients(Protocol):
    """Clients for workspaces: of one token, or of an installation store."""

    async def client(self, team: str, enterprise: str = "") -> AsyncWebClient:
        """A client with the workspace's bot token.

        Raises:
            PlatformRefusedError: the app is not installed there, or not any more.
        """
        ...

    async def installed(self, team: str, enterprise: str = "") -> Installed:
        """Who the app is in a workspace.

        Raises:
            PlatformRefusedError: it is not installed there.
            PlatformUnavailableError: Slack can't be asked.
        """
        ...


class OneWorkspace:
    """The clients of one bot token. Who it is, Slack is asked once, by `auth.test`.

    With a single token every workspace that is asked for is that one: in Slack Connect channels, events name others.
    """

    def __init__(
        self, token: str, *, url: str = API_URL, timeout: float = TIMEOUT, pacing: Pacing | None = None
    ) -> None:
        self._token = token
        self._url = url
        self._timeout = timeout
        self._pacing = pacing or Pacing()
        self._client: SlackClient | None = None
        self._installed: Installed | None = None
        self._learning = asyncio.Lock()

    async def client(self, team: str = "", enterprise: str = "") -> AsyncWebClient:
        """The client; `team` and `enterprise` are not looked at."""
        if self._client is None:
            session = new_session(self._timeout)
            self._client = SlackClient(self._token, url=self._url, session=session, pacing=self._pacing)
        return self._client

    async def installed(self, team: str = "", enterprise: str = "") -> Installed:
        """Who the app is; learned once."""
        async with self._learning:
            if self._installed is None:
                self._installed = await who_is(await self.client())
            return self._installed

    async def close(self) -> None:
        """Let go of connections."""
        client, self._client = self._client, None
        if client is not None and client.session is not None:
            await client.session.close()


def new_session(timeout: float = TIMEOUT) -> aiohttp.ClientSession:
    """Connections for clients, to be closed by whoever made them; they carry no cookies from one call to another."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[fence_trace()],
    )


async def who_is(client: AsyncWebClient) -> Installed:
    """Whom the client's token belongs to."""
    answer = await ask(client, "auth.test")
    return Installed(
        team=str(answer.get("team_id") or ""),
        user=str(answer.get("user_id") or ""),
        bot=str(answer.get("bot_id") or ""),
        enterprise=str(answer.get("enterprise_id") or ""),
        url=str(answer.get("url") or ""),
    )


class SlackClient(AsyncWebClient):
    """slack_sdk's client, paced and patient.

    Its calls raise `SlackRefusedError` (Slack said no, `reason` says why), `PlatformUnavailableError` (not now, and
    not done), or its subclass `SlackUncertainError` (no answer: it may be done, or not).
    """

    def __init__(
        self, token: str, *, url: str = API_URL, session: aiohttp.ClientSession, pacing: Pacing, team: str = ""
    ) -> None:
        backoff = BackoffRetryIntervalCalculator(backoff_factor=0.15, jitter=_Jitter())
        handlers: list[AsyncRetryHandler] = [_Reconnecting(2, backoff), _ServerErrors(2, backoff)]
        given: Any = super()
        given.__init__(
            token=token,
            base_url=url,
            session=session,
            user_agent_prefix="Lorelens",
            retry_handlers=handlers,
        )
        self._pacing = pacing
        self._lane = team or token

    async def api_call(  # pyright: ignore[reportIncompatibleMethodOverride]  # its arguments are given on as they are
        self, api_method: str, **arguments: Any
    ) -> AsyncSlackResponse:
        """One call, as slack_sdk does it, in its turn."""
        given: Any = super()
        channel = _channel_of(arguments)
        for attempt in range(1, _TRIES + 1):
            await self._pacing.turn(self._lane, api_method, channel)
            try:
                return await given.api_call(api_method, **arguments)
            except SlackApiError as error:
                pause = _pause(error)
                if pause is None:
                    raise refused(api_method, error) from error
                self._pacing.hold(self._lane, api_method, channel, pause)
                if pause > PATIENCE or attempt == _TRIES:
                    raise PlatformUnavailableError(
                        f"Slack asks for a pause of {pause:.0f} s ({api_method}).",
                        hint="It is tried again then.",
                        retry_after=pause,
                    ) from error
                _log.info("Slack asks for a pause of %.0f s (%s)", pause, api_method)
            except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
                raise PlatformUnavailableError(
                    f"Slack can't be reached at {urlsplit(self.base_url).netloc}.",
                    hint="Is there a network, and is LORELENS_SLACK_API_URL right?",
                ) from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise SlackUncertainError(
                    f"Slack did not answer ({api_method}: {type(error).__name__}).", hint="It is tried again later."
                ) from error
        raise AssertionError("unreachable")


async def ask(client: AsyncWebClient, method: str, **arguments: str | int | bool) -> Payload:
    """What Slack answers to a method that reads; raises as `SlackClient` says."""
    untyped: Any = client  # slack_sdk's annotations are partly unknown types
    return answer_of(await untyped.api_call(method, http_verb="GET", params=arguments))


async def change(client: AsyncWebClient, method: str, **arguments: Any) -> Payload:
    """What Slack answers to a method that changes something, called once; raises as `SlackClient` says."""
    untyped: Any = client
    return answer_of(await untyped.api_call(method, json=arguments))


async def pages(
    client: AsyncWebClient,
    method: str,
    key: str,
    *,
    most: int,
    size: int = 200,
    arguments: Mapping[str, str | int | bool] | None = None,
) -> AsyncGenerator[list[Any]]:
    """The pages of a list that Slack gives by cursor: what stands under `key` of each, at most `most` pages.

    `size` is the limit for one page; Slack recommends no more than 200 and takes up to 1,000
    (https://docs.slack.dev/apis/web-api/pagination).
    """
    cursor = ""
    for _ in range(most):
        asked: dict[str, str | int | bool] = {**(arguments or {}), "limit": size}
        answer = await ask(client, method, **(asked | {"cursor": cursor} if cursor else asked))
        yield listing(answer.get(key))
        following = string(mapping(answer.get("response_metadata")).get("next_cursor"))
        if not following or following == cursor:
            return
        cursor = following


def _channel_of(arguments: Mapping[str, Any]) -> str:
    for kind in ("json", "params", "data"):
        channel = mapping(arguments.get(kind)).get("channel")
        if channel:
            return str(channel)
    return ""


def _pause(error: SlackApiError) -> float | None:
    """For how many seconds Slack asks to be left alone, if it does."""
    response: Any = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    if status != 429 and answer_of(response).get("error") not in RATE_LIMITED:
        return None
    headers: Mapping[str, Any] = getattr(response, "headers", None) or {}
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return max(0.0, float(value))
            except ValueError:
                break
    return 1.0


def _may_be_repeated(request: HttpRequest) -> bool:
    return not request.url.endswith(_ONCE)


class _Jitter(Jitter):
    """A little, so that many who failed together do not come again together."""

    def recalculate(self, duration: float) -> float:
        return duration * random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret depends on it


class _Reconnecting(AsyncConnectionErrorRetryHandler):
    """Tries again where nothing was sent, or where sending it twice does no harm."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if error is not None and not isinstance(error, aiohttp.ClientConnectorError) and not _may_be_repeated(request):
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)


class _ServerErrors(AsyncServerErrorRetryHandler):
    """Tries again where Slack broke down over something that may be done twice."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        return _may_be_repeated(request) and response is not None and response.status_code in {500, 502, 503, 504}
