"""Fetching through the guard: every hop checked, every size and time bounded, every host asked politely.

A proxy that the environment names (HTTPS_PROXY, NO_PROXY) is used for the public web. It opens the connection then, so
that nothing can be pinned: names are looked up and checked here first where this machine can, and what it can't is left
to the proxy, which must itself refuse the network that it stands in. What an operator opened is asked for directly.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.helpers import get_env_proxy_for_url
from multidict import CIMultiDict
from yarl import URL

from core.errors import AddressError, SiteUnavailableError
from core.fetching.addresses import WEB_PORTS, AllowList, checked, is_inner, literal, refused
from core.fetching.answers import Fetched
from core.fetching.pace import LONGEST_WAIT, Pace, retry_after
from core.fetching.resolving import CheckedResolver, Resolve, resolve_by_system

MOST_BYTES = 32 * 2**20
"""Bytes of one answer, unpacked, unless the asker says otherwise."""
TIMEOUT = 30.0
"""Seconds for one answer, its redirects included."""
CONNECT_TIMEOUT = 10.0
MOST_REDIRECTS = 8
TRIES = 3
"""How often something is asked for that may be there a moment later."""
FIRST_PAUSE = 1.0
"""Seconds before the second try; doubled with each, and shaken a little."""
USER_AGENT = f"Lorelens/{version('lorelens')}"

_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AWAY = frozenset({408, 421, 425, 429})
_GONE = frozenset({404, 410})
# Sent on to another host; everything else that an asker gives (Authorization, Cookie, a key) is for the one it named.
_FOR_ANYONE = frozenset({"accept", "accept-language"})

Proxy = Callable[[URL], tuple[URL, aiohttp.BasicAuth | None] | None]
"""From an address to the proxy that leads there, with how to sign in; None for a direct connection."""


def proxy_of_environment(url: URL) -> tuple[URL, aiohttp.BasicAuth | None] | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for an address."""
    try:
        return get_env_proxy_for_url(url)
    except LookupError:
        return None


class Fetcher:
    """Fetches what may be fetched. One serves many askers at once; closed after use, or `async with`.

    Args:
        allow: hosts and networks that the operator opened beside the public web, as `AllowList.of` reads them.
        ports: ports of the public web that are asked.
        pace: how fast each host is asked; may be shared.
        timeout: seconds for one answer with its redirects, waiting for its turn not counted.
        tries: how often what may be there a moment later is asked for.
        first_pause: seconds before the second try.
        contact: who runs this, an address or e-mail that is told to every site (Wikimedia asks for it).
        resolve: how names are looked up.
        proxy: which proxy leads to an address.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str] = (),
        ports: Sequence[int] = WEB_PORTS,
        pace: Pace | None = None,
        timeout: float = TIMEOUT,
        tries: int = TRIES,
        first_pause: float = FIRST_PAUSE,
        contact: str = "",
        resolve: Resolve = resolve_by_system,
        proxy: Proxy = proxy_of_environment,
    ) -> None:
        self.allow = AllowList.of(allow)
        self.pace = pace or Pace()
        self._ports = tuple(ports)
        self._timeout = timeout
        self._tries = tries
        self._first_pause = first_pause
        self._agent = f"{USER_AGENT} ({contact})" if contact else USER_AGENT
        self._resolver = CheckedResolver(resolve, self.allow, self._ports)
        self._proxy = proxy
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections."""
        for session in filter(None, (self._direct, self._proxied)):
            await session.close()
        self._direct = self._proxied = None

    def check(self, address: str) -> str:
        """The address as it would be asked for; where its name leads is seen only then.

        Raises:
            AddressError: it is not fetched.
        """
        return str(checked(address, allow=self.allow, ports=self._ports))

    async def fetch(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        kinds: Sequence[str] = (),
        most: int = MOST_BYTES,
        etag: str = "",
        last_modified: str = "",
    ) -> Fetched:
        """What is at an address.

        Args:
            address: http or https; a fragment is dropped.
            params: added to its query.
            form: sent as a form by POST; by GET without.
            headers: sent to the address's own origin; what may hold a secret is sent on to no other.
            kinds: media types that are wanted, or beginnings of them ("text/"); empty: any.
            most: bytes, unpacked.
            etag: what was answered the last time, so that nothing is sent again that is still so.
            last_modified: likewise.

        Raises:
            AddressError: it is not fetched, or there is nothing of use; `reason` says why.
            SiteUnavailableError: it can't be had now; trying again later may help.
        """
        url = checked(address, allow=self.allow, ports=self._ports)
        if params:
            url = checked(url.extend_query(params), allow=self.allow, ports=self._ports)
        given = CIMultiDict(headers or {})
        if etag:
            given["If-None-Match"] = etag
        if last_modified:
            given["If-Modified-Since"] = last_modified
        request = _Request(url, given, tuple(kinds), most, form)
        for attempt in range(1, self._tries + 1):
            try:
                return await self._once(request)
            except SiteUnavailableError as error:
                wait = max(self._pause(attempt), error.retry_after or 0.0)
                if attempt == self._tries or wait > LONGEST_WAIT:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def fetch_json(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_BYTES,
    ) -> Any:
        """What is at an address, read as JSON, whatever media type it says that it is.

        Raises: as `fetch` does; AddressError ("kind") where it is no JSON.
        """
        answer = await self.fetch(
            address, params=params, form=form, headers={"Accept": "application/json", **(headers or {})}, most=most
        )
        try:
            return json.loads(answer.data)
        except (ValueError, RecursionError) as error:
            raise AddressError(
                f"{_shown(answer.url)} answers with something else than JSON.",
                hint="Check the address.",
                reason="kind",
            ) from error

    def _pause(self, attempt: int) -> float:
        return self._first_pause * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret, only apart

    async def _once(self, request: "_Request") -> Fetched:
        """One try: the address, and where it leads on to."""
        url, headers, form = request.url, request.headers, request.form
        loop, left = asyncio.get_running_loop(), self._timeout
        for _ in range(MOST_REDIRECTS + 1):
            await self.pace.wait(url.host or "")
            started = loop.time()
            try:
                async with asyncio.timeout(left):
                    step = await self._hop(url, headers, form, request)
            except TimeoutError as error:
                raise _away(url, f"did not answer within {self._timeout:.0f} seconds") from error
            except aiohttp.ClientConnectorCertificateError as error:
                raise _away(url, "shows a certificate that is not trusted") from error
            except (aiohttp.ClientError, OSError) as error:
                raise _away(url, f"can't be reached ({type(error).__name__})") from error
            if isinstance(step, Fetched):
                return step
            left -= loop.time() - started
            target, keeps_form = step
            form = form if keeps_form else None
            if target.origin() != url.origin():
                headers = CIMultiDict({key: value for key, value in headers.items() if key.lower() in _FOR_ANYONE})
            url = target
        raise AddressError(
            f"{_shown(request.url)} leads on and on, more than {MOST_REDIRECTS} times.",
            hint="Give the address where it ends.",
            reason="redirects",
        )

    async def _hop(
        self, url: URL, headers: CIMultiDict[str], form: Mapping[str, str] | None, request: "_Request"
    ) -> "Fetched | tuple[URL, bool]":
        """The answer of one address, or the checked one that it leads on to and whether the form goes along."""
        session, proxy, sign_in = await self._way(url)
        method = "GET" if form is None else "POST"
        async with session.request(
            method, url, headers=headers, data=form, allow_redirects=False, proxy=proxy, proxy_auth=sign_in
        ) as response:
            if response.status in _REDIRECTS:
                return self._target(url, response), form is not None and response.status in (307, 308)
            self._check_status(url, response)
            kind, charset = response.content_type.lower(), response.charset or ""
            if "Content-Type" not in response.headers:
                kind = ""
            if response.status == 304:
                return Fetched(str(url), 304, headers=response.headers)
            if request.kinds and not kind.startswith(request.kinds):
                raise AddressError(
                    f"{_shown(url)} is of another kind than what is read ({kind or 'none said'}).", reason="kind"
                )
            data = await self._body(url, response, request.most)
            return Fetched(str(url), 200, data, kind, charset, response.headers)

    def _target(self, url: URL, response: aiohttp.ClientResponse) -> URL:
        location = response.headers.get("Location", "").strip().replace(" ", "%20")
        try:
            if not location:
                raise ValueError("no address")
            joined = url.join(URL(location))
        except (ValueError, UnicodeError) as error:
            raise AddressError(
                f"{_shown(url)} leads on to what is no address.", hint="Check the address.", reason="redirects"
            ) from error
        return checked(joined, allow=self.allow, ports=self._ports)

    def _check_status(self, url: URL, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status in (200, 203, 204, 304):
            return
        if status in _AWAY or status >= 500:
            wait = retry_after(response.headers, time.time)
            if wait is not None:
                self.pace.leave_alone(url.host or "", min(wait, LONGEST_WAIT))
            raise SiteUnavailableError(
                f"{url.host} does not answer as it should now (HTTP {status}).",
                hint="It is tried again later.",
                retry_after=wait,
            )
        if status in _GONE:
            raise AddressError(f"There is nothing at {_shown(url)} (HTTP {status}).", reason="gone")
        raise AddressError(
            f"{_shown(url)} is not open to Lorelens (HTTP {status}).", hint="Check who may see it.", reason="denied"
        )

    async def _body(self, url: URL, response: aiohttp.ClientResponse, most: int) -> bytes:
        """The body, unpacked as it comes: aiohttp unpacks no more at a time than is read here."""
        too_large = AddressError(f"{_shown(url)} is over {most / 2**20:.3g} MiB, which is too large.", reason="large")
        if (response.content_length or 0) > most:
            raise too_large
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > most:
                raise too_large
        return bytes(data)

    async def _way(self, url: URL) -> tuple[aiohttp.ClientSession, URL | None, aiohttp.BasicAuth | None]:
        """The session that asks, and the proxy that leads there with how to sign in."""
        host, port = url.raw_host or "", url.port or 0
        address = literal(host)
        opened = self.allow.names(host, port) or (address is not None and self.allow.holds(address))
        found = None if opened else self._proxy(url)
        if found is not None and address is None:
            try:
                addresses = await self._resolver.addresses(host, port)
            except OSError as error:  # nobody but the proxy knows it
                if is_inner(host) or port not in self._ports:
                    raise refused(url, f"{host} is not known here") from error
                addresses = []
            if any(self.allow.holds(one) for one in addresses):
                found = None
        if found is None:
            return self._session(), None, None
        return self._session(proxied=True), *found

    def _session(self, *, proxied: bool = False) -> aiohttp.ClientSession:
        session = self._proxied if proxied else self._direct
        if session is None:
            # What is kept of names would outlive the check; connections themselves are reused.
            connector = aiohttp.TCPConnector(
                resolver=None if proxied else self._resolver, use_dns_cache=False, limit_per_host=8
            )
            session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._agent},
            )
            if proxied:
                self._proxied = session
            else:
                self._direct = session
        return session


class _Request:
    """What is asked for, over all tries."""

    def __init__(
        self,
        url: URL,
        headers: CIMultiDict[str],
        kinds: tuple[str, ...],
        most: int,
        form: Mapping[str, str] | None,
    ) -> None:
        self.url = url
        self.headers = headers
        self.kinds = kinds
        self.most = most
        self.form = form


def _away(url: URL, what: str) -> SiteUnavailableError:
    return SiteUnavailableError(f"{url.host} {what}.", hint="It is tried again later.")


def _shown(url: URL | str) -> str:
    """An address as errors show it: without its query, which may hold what is nobody's business."""
    return str(URL(str(url)).with_query(None))
