"""The guard against servers, names and redirects that mean harm, or are just broken."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from core.errors import AddressError, SiteUnavailableError
from core.fetching.guard import Fetcher, proxy_of_environment
from core.fetching.pace import Pace
from core.fetching.resolving import Resolve
from tests.sites import Handler, Site, redirect, site


def names(**known: str | list[str]) -> Resolve:
    """A resolver that knows some names, with "_" for the dot; a list is answered one after another."""

    async def resolve(host: str) -> Sequence[str]:
        found = known.get(host.replace(".", "_"))
        if found is None:
            raise OSError(f"{host} is not known")
        return (found.pop(0) if isinstance(found, list) else found).split()

    return resolve


def no_proxy(url: URL) -> None:
    return None


@asynccontextmanager
async def fetching(
    allow: Sequence[str] = ("127.0.0.1",),
    *,
    ports: Sequence[int] = (80, 443),
    resolve: Resolve | None = None,
    within: float = 10.0,
    tries: int = 1,
    pace: Pace | None = None,
    proxy: Callable[[URL], tuple[URL, aiohttp.BasicAuth | None] | None] = no_proxy,
) -> AsyncGenerator[Fetcher]:
    async with Fetcher(
        allow=allow,
        ports=ports,
        resolve=resolve or names(),
        timeout=within,
        tries=tries,
        first_pause=0.01,
        pace=pace,
        proxy=proxy,
    ) as fetcher:
        yield fetcher


async def test_a_page_comes_with_what_it_says_of_itself() -> None:
    async def page(request: web.Request) -> web.Response:
        headers = {"ETag": '"7"', "Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT"}
        return web.Response(text="grüße", content_type="text/html", charset="utf-8", headers=headers)

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/a"] = page
        got = await fetcher.fetch(f"{wiki.url}/a#below", kinds=("text/", "application/pdf"))
        assert (got.url, got.status, got.data.decode(got.charset), got.kind) == (
            f"{wiki.url}/a",
            200,
            "grüße",
            "text/html",
        )
        assert (got.etag, got.modified) == ('"7"', 784903526.0)
        assert wiki.asked[0].headers["User-Agent"].startswith("Lorelens/")


async def test_what_is_unchanged_is_not_sent_again() -> None:
    async def page(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match") == '"7"' and "If-Modified-Since" in request.headers
        return web.Response(status=304) if known else web.Response(text="new")

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/a"] = page
        assert not (await fetcher.fetch(f"{wiki.url}/a", etag='"6"')).is_unchanged
        got = await fetcher.fetch(f"{wiki.url}/a", etag='"7"', last_modified="Tue, 15 Nov 1994 12:45:26 GMT")
        assert got.is_unchanged and got.data == b""


@pytest.mark.parametrize("host", ["evil.example", "a.evil.example", "evil.example."])
async def test_a_name_that_leads_inside_is_not_followed(host: str) -> None:
    async with site() as inner:
        inner.pages["/"] = "secret"
        known = names(
            evil_example="127.0.0.1", a_evil_example="10.0.0.1 169.254.169.254 ::1 ::ffff:127.0.0.1 fe80::1%eth0"
        )
        async with fetching((), ports=(inner.port,), resolve=known) as fetcher:
            with pytest.raises(AddressError) as caught:
                await fetcher.fetch(f"http://{host}:{inner.port}/")
        assert caught.value.reason == "refused"
        assert not inner.asked


async def test_of_several_addresses_only_the_allowed_are_connected_to() -> None:
    async with site("127.0.0.1") as opened, site("127.0.0.2") as inner:
        opened.pages["/"] = "open"
        known = names(wiki_example="127.0.0.2 127.0.0.1")
        async with fetching(("127.0.0.1/32",), resolve=known) as fetcher:
            assert (await fetcher.fetch(f"http://wiki.example:{opened.port}/")).data == b"open"
        assert not inner.asked


async def test_a_name_that_changes_its_mind_is_caught_where_the_connection_is_made() -> None:
    async with site("127.0.0.1") as opened:
        opened.pages["/"] = "open"
        answers = ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
        async with fetching(("127.0.0.1/32",), resolve=names(wiki_example=answers)) as fetcher:
            address = f"http://wiki.example:{opened.port}/"
            await fetcher.fetch(address)
            assert len(answers) == 2  # one look, and the connection went to what it found
            await fetcher.close()
            with pytest.raises(AddressError):
                await fetcher.fetch(address)
            assert len(answers) == 1
        assert len(opened.asked) == 1


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data/iam/",
        "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/",
        "//localhost/x",
        "http://inside.example/",
        "file:///etc/passwd",
        "gopher://example.org:70/",
        "http://user:pw@example.org/",
    ],
)
async def test_redirects_inside_are_not_followed_however_many_are_before(to: str) -> None:
    async with site() as wiki, fetching(resolve=names(inside_example="10.0.0.1", localhost="::1")) as fetcher:
        wiki.pages |= {"/1": redirect("/2", 301), "/2": redirect("3", 307), "/3": redirect(to)}
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/1")
        assert caught.value.reason == "refused"
        assert wiki.paths() == ["/1", "/2", "/3"]


@pytest.mark.parametrize(
    "to", ["", " ", "http://[", "http://a b:c/", "http://\u2603\udcff/", "http://x:99999999/", "http:"]
)
async def test_redirects_to_garbage_are_an_error_that_says_so(to: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        head = f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        request.transport.write(head.encode("utf-8", "surrogateescape"))
        return web.Response()

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = answer
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/")
        assert caught.value.reason in ("redirects", "refused")


async def test_a_hundred_redirects_end_early() -> None:
    async with site() as wiki, fetching() as fetcher:
        wiki.pages |= {f"/{number}": redirect(f"/{number + 1}") for number in range(100)}
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/0")
        assert caught.value.reason == "redirects"
        assert len(wiki.asked) == 9
        wiki.pages["/loop"] = redirect("/loop")
        with pytest.raises(AddressError):
            await fetcher.fetch(f"{wiki.url}/loop")


async def test_what_opens_one_site_is_not_shown_to_another() -> None:
    secrets = {"Authorization": "Bearer s", "Cookie": "s=1", "X-Api-Key": "s", "Accept-Language": "de"}
    async with site() as wiki, site() as other, fetching() as fetcher:
        wiki.pages |= {"/a": redirect("/b"), "/b": redirect(f"{other.url}/c")}
        other.pages |= {"/c": redirect(f"{wiki.url}/d")}
        wiki.pages["/d"] = "there"
        await fetcher.fetch(f"{wiki.url}/a", headers=secrets)
        told = [{key: request.headers.get(key) for key in secrets} for request in (*wiki.asked, *other.asked)]
        bare = dict.fromkeys(secrets) | {"Accept-Language": "de"}
        assert told == [secrets, secrets, bare, bare]


async def test_a_form_goes_along_only_where_the_redirect_says_so() -> None:
    async def said(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {(await request.read()).decode()}")

    async with site() as wiki, fetching() as fetcher:
        wiki.pages |= {"/303": redirect("/end", 303), "/307": redirect("/end", 307), "/end": said}
        assert (await fetcher.fetch(f"{wiki.url}/303", form={"q": "x"})).data == b"GET "
        assert (await fetcher.fetch(f"{wiki.url}/307", form={"q": "x"})).data == b"POST q=x"


def bomb(unpacked: int, encoding: str) -> Handler:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(unpacked // 2**20)) + packer.flush()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding, "Content-Type": "text/html"})

    return answer


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_put_out_before_it_fills_the_memory(encoding: str) -> None:
    async with site() as wiki, fetching() as fetcher:
        wiki.pages |= {"/bomb": bomb(256 * 2**20, encoding), "/double": bomb(2**20, encoding)}
        tracemalloc.start()
        try:
            with pytest.raises(AddressError) as caught:
                await fetcher.fetch(f"{wiki.url}/bomb", most=4 * 2**20)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert caught.value.reason == "large"
        assert peak < 24 * 2**20
        assert len((await fetcher.fetch(f"{wiki.url}/double", most=4 * 2**20)).data) == 2**20


async def test_what_is_not_packed_as_it_says_is_a_site_that_is_away() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = answer
        with pytest.raises(SiteUnavailableError):
            await fetcher.fetch(f"{wiki.url}/")


async def test_a_size_that_is_announced_is_enough_to_leave_it() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(10**12)})
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = answer
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/")
        assert caught.value.reason == "large"


async def test_a_body_without_an_end_is_left_when_it_is_too_large() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(b"more and " * 8192)

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = answer
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/", most=2**20)
        assert caught.value.reason == "large"


@pytest.mark.parametrize("place", ["head", "body", "redirects"])
async def test_a_server_that_drips_does_not_hold_anyone(place: str) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        if place == "head":
            await asyncio.Event().wait()
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    async def slow_redirect(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response(status=302, headers={"Location": "/"})

    async with site() as wiki, fetching(within=0.3) as fetcher:
        wiki.pages["/"] = slow_redirect if place == "redirects" else drip
        async with asyncio.timeout(2):
            with pytest.raises(SiteUnavailableError, match="within"):
                await fetcher.fetch(f"{wiki.url}/")


async def test_kinds_that_are_not_read_are_not_loaded() -> None:
    async def film(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 100, content_type="video/mp4")

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/film"] = film
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/film", kinds=("text/", "application/pdf"))
        assert caught.value.reason == "kind"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "gone"), (410, "gone"), (401, "denied"), (403, "denied"), (451, "denied"), (418, "denied"), (300, "denied")],
)
async def test_what_is_not_there_or_not_open_is_told_apart(status: int, reason: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with site() as wiki, fetching(tries=3) as fetcher:
        wiki.pages["/"] = answer
        with pytest.raises(AddressError) as caught:
            await fetcher.fetch(f"{wiki.url}/")
        assert caught.value.reason == reason
        assert len(wiki.asked) == 1


async def test_what_fails_for_a_moment_is_tried_again() -> None:
    statuses = [503, 429, 200]

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=statuses.pop(0), text="there")

    async with site() as wiki, fetching(tries=3) as fetcher:
        wiki.pages["/"] = answer
        assert (await fetcher.fetch(f"{wiki.url}/")).data == b"there"
        statuses += [500, 500, 500]
        with pytest.raises(SiteUnavailableError):
            await fetcher.fetch(f"{wiki.url}/")
        assert not statuses


async def test_a_site_that_asks_to_be_left_alone_is() -> None:
    answers = [("503", "1"), ("200", "")]
    times: list[float] = []

    async def answer(request: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        status, wait = answers.pop(0)
        return web.Response(status=int(status), headers={"Retry-After": wait} if wait else {})

    async with site() as wiki, fetching(tries=2) as fetcher:
        wiki.pages["/"] = answer
        await fetcher.fetch(f"{wiki.url}/")
        assert times[1] - times[0] >= 0.99
        answers.append(("429", "86400"))
        with pytest.raises(SiteUnavailableError) as caught:
            await fetcher.fetch(f"{wiki.url}/")
        assert caught.value.retry_after == 86400
        assert fetcher.pace.wait_of("127.0.0.1") > 60


async def test_a_host_is_asked_no_faster_than_its_pace_by_many_at_once() -> None:
    times: list[float] = []

    async def answer(request: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return web.Response()

    async with site() as wiki, fetching(pace=Pace(0.05)) as fetcher:
        wiki.pages["/"] = answer
        await asyncio.gather(*(fetcher.fetch(f"{wiki.url}/") for _ in range(5)))
    assert times[-1] - times[0] >= 0.19


async def test_a_server_that_is_not_there_is_away() -> None:
    async with site() as wiki:
        address = f"{wiki.url}/"
    async with fetching(tries=2) as fetcher:
        with pytest.raises(SiteUnavailableError) as caught:
            await fetcher.fetch(address)
        assert caught.value.hint
        with pytest.raises(SiteUnavailableError):
            await fetcher.fetch("http://nobody.example/")


async def test_answers_that_are_no_http_are_a_site_that_is_away() -> None:
    async def garbage(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.write(b"\x00\xffSSH-2.0-dropbear\r\n" * 40)
        request.transport.close()
        return web.Response()

    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = garbage
        with pytest.raises(SiteUnavailableError):
            await fetcher.fetch(f"{wiki.url}/")


async def test_json_is_read_as_json_or_said_to_be_none() -> None:
    async with site() as wiki, fetching() as fetcher:
        wiki.pages |= {"/j": '{"a": [1]}', "/h": "<html>", "/deep": "[" * 100_000}
        assert await fetcher.fetch_json(f"{wiki.url}/j", params={"q": "ä & b"}) == {"a": [1]}
        assert wiki.asked[0].query["q"] == "ä & b"
        for path in ("/h", "/deep"):
            with pytest.raises(AddressError) as caught:
                await fetcher.fetch_json(f"{wiki.url}{path}?key=private")
            assert caught.value.reason == "kind"
            assert "private" not in str(caught.value)


def through(proxy: Site) -> Callable[[URL], tuple[URL, aiohttp.BasicAuth | None]]:
    return lambda url: (URL(proxy.url), None)


async def test_a_proxy_leads_out_and_never_in() -> None:
    async with site() as proxy, site() as wiki:
        proxy.pages["/page"] = "by proxy"
        wiki.pages["/"] = "direct"
        known = names(known_example="8.8.8.8", inside_example="10.0.0.1", wiki_example="127.0.0.1")
        async with fetching(("127.0.0.1/32",), resolve=known, proxy=through(proxy)) as fetcher:
            for address in ("http://known.example/page", "http://unknown.example/page", "http://9.9.9.9/page"):
                assert (await fetcher.fetch(address)).data == b"by proxy"
            seen = len(proxy.asked)
            for address in ("http://inside.example/page", "http://10.0.0.1/page", "http://printer/page"):
                with pytest.raises(AddressError):
                    await fetcher.fetch(address)
            assert (await fetcher.fetch(f"http://wiki.example:{wiki.port}/")).data == b"direct"
            assert (await fetcher.fetch(f"{wiki.url}/")).data == b"direct"
            assert len(proxy.asked) == seen


async def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_of_environment(URL("http://example.org/")) is None
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inner.example")
    found = proxy_of_environment(URL("http://example.org/"))
    assert found is not None and str(found[0]).startswith("http://proxy.example:3128")
    assert proxy_of_environment(URL("http://inner.example/")) is None


async def test_many_ask_at_once(wanted: int = 40) -> None:
    async with site() as wiki, fetching() as fetcher:
        wiki.pages["/"] = gzip.compress(b"x").hex()
        got = await asyncio.gather(*(fetcher.fetch(f"{wiki.url}/?{number}") for number in range(wanted)))
        assert len({one.url for one in got}) == wanted
