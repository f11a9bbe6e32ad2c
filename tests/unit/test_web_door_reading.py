"""Names of hosts, origins, languages and paths are read without a fault, whatever a browser or an attacker sends."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from bots.web.door.hosts import Host, host_of, is_own_origin
from bots.web.door.routes import local_path
from bots.web.pages import language_of
from tests.web_stage.doorstep import Doorstep, OpenDoor

NAMES = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}\Z")
PORTS = st.integers(1, 65_535)
ANYTHING = st.text(st.characters(max_codepoint=255), max_size=60)
HOSTILE = st.text(st.sampled_from(list("abz019.-_:[]@/\\%#? \t\x00é")), max_size=40)


def asking(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


@given(NAMES, PORTS)
def test_a_host_is_its_name_in_small_letters_and_its_port(name: str, port: int) -> None:
    assert host_of(name.upper()) == Host(name)
    assert host_of(f"{name}:{port}") == host_of(f"{name}.:{port}") == Host(name, port)


@given(st.ip_addresses(v=6), PORTS)
def test_an_address_of_ipv6_is_one_however_it_is_written(address: object, port: int) -> None:
    assert host_of(f"[{address}]:{port}") == Host(str(address), port)


@given(st.one_of(ANYTHING, HOSTILE))
def test_what_is_no_host_is_none(value: str) -> None:
    found = host_of(value)
    if found is not None:
        assert not set(found.name) & set("/\\@ []#?%\t\x00") and found.name == found.name.lower()
        assert 0 <= found.port <= 65_535
        again = f"[{found.name}]" if ":" in found.name else found.name
        assert host_of(f"{again}:{found.port}" if found.port else again) == found


@given(NAMES, PORTS, st.sampled_from(["http", "https"]))
def test_our_own_origin_is_told(name: str, port: int, scheme: str) -> None:
    assert is_own_origin(f"{scheme}://{name}:{port}", Host(name, port), https=scheme == "https")
    default = 443 if scheme == "https" else 80
    assert is_own_origin(f"{scheme}://{name}", Host(name), https=scheme == "https")
    assert is_own_origin(f"{scheme}://{name}:{default}", Host(name), https=scheme == "https")


@given(NAMES, st.one_of(ANYTHING, HOSTILE, NAMES.map("https://{}".format), NAMES.map("http://{}".format)))
def test_no_other_origin_is_taken_for_ours(name: str, origin: str) -> None:
    host = Host(name, 8600)
    if is_own_origin(origin, host, https=False):
        parts = urlsplit(origin.strip().lower())
        assert (parts.hostname or "").removesuffix(".") == name and parts.port == 8600


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "file://",
        "https://lorelens.example.com.evil.example",
        "https://evil.example/lorelens.example.com",
        "https://lorelens.example.com@evil.example",
        "https://evil.example#lorelens.example.com",
        "ftp://lorelens.example.com",
        "https://lorelens.example.com:444",
        "https://lorelens.example.com/",
        "http://lorelens.example.com",
    ],
)
def test_origins_that_look_like_ours_are_others(origin: str) -> None:
    assert not is_own_origin(origin, Host("lorelens.example.com"), https=True)


@given(st.one_of(ANYTHING, st.text(st.sampled_from(list("enzh-CN,;q=0.1 *\tx")), max_size=60)))
def test_any_wish_for_languages_is_read(said: str) -> None:
    assert language_of(asking(accept_language=said)) in {"en", "zh"}


@pytest.mark.parametrize(
    ("said", "cookie", "read"),
    [
        ("", "", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "", "en"),
        ("fr, zh-TW ; q=0.3 , en;q=0.2", "", "zh"),
        ("zh;q=0, en;q=0.1", "", "en"),
        ("zh;q=nan", "", "en"),
        ("en", "zh", "zh"),
        ("zh", "en", "en"),
        ("zh", "xx", "zh"),
    ],
)
def test_what_was_chosen_counts_before_what_the_browser_prefers(said: str, cookie: str, read: str) -> None:
    assert language_of(asking(accept_language=said, cookie=f"lorelens-language={cookie}")) == read


@given(
    st.one_of(
        ANYTHING, HOSTILE, HOSTILE.map("/{}".format), HOSTILE.map("//{}".format), st.text(max_size=30).map("/{}".format)
    )
)
def test_no_way_back_leads_elsewhere(path: str) -> None:
    found = local_path(path)
    if found:
        assert found.startswith("/") and not found.startswith("//") and "\\" not in found and found.isascii()
        there = urlsplit(urljoin("https://lorelens.example.com/sign-in", found))
        assert (there.scheme, there.netloc) == ("https", "lorelens.example.com")


async def test_choosing_a_language_leads_to_no_other_place(doorstep: OpenDoor) -> None:
    for back in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "evil",
        "",
        "/language",
        "/sign-out",
        "/" + "x" * 3000,
        "///evil.example",
        "http:evil.example",
    ]:
        page: Doorstep = await doorstep()
        async with page.browser(origin="http://127.0.0.1:8600") as browser:
            answer = await browser.post("/language", data={"language": "zh", "back": back})
            assert answer.status_code == 303 and answer.headers["location"] == "/chat"


async def test_a_language_that_was_chosen_stays(doorstep: OpenDoor) -> None:
    page: Doorstep = await doorstep()
    async with page.browser(origin="http://127.0.0.1:8600", accept_language="en") as browser:
        answer = await browser.post("/language", data={"language": "zh", "back": "/inside?a=1&b=问"})
        assert answer.headers["location"] == "/inside?a=1&b=%E9%97%AE"
        assert (await browser.get("/inside")).json()["language"] == "zh"
        assert 'lang="zh-CN"' in (await browser.get("/nowhere")).text
        for wrong in ("xx", "", "<script>"):
            answer = await browser.post("/language", data={"language": wrong, "back": "/inside"})
            assert answer.headers["location"] == "/inside" and "set-cookie" not in answer.headers


def words_of_all() -> Sequence[tuple[set[str], set[str]]]:
    from bots.web.door.words import WORDS

    return [(set(WORDS["en"]), set(WORDS["zh"]))]


def test_both_languages_say_the_same_things() -> None:
    for english, chinese in words_of_all():
        assert english == chinese
