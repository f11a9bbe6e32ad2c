"""On one's own machine nobody is asked who they are, and nobody but this machine gets in."""

import httpx
import pytest

from bots.web.door.rules import rules_of
from config.settings import Settings
from core.errors import SettingsError
from tests.web_stage.doorstep import Doorstep, OpenDoor

OWN = {"Origin": "http://127.0.0.1:8600"}


@pytest.fixture
async def here(doorstep: OpenDoor) -> Doorstep:
    return await doorstep()


async def test_whoever_is_at_this_machine_comes_in_as_an_operator(here: Doorstep) -> None:
    async with here.browser() as browser:
        who = (await browser.get("/inside")).json()
        assert who["person"]["role"] == "operator" and who["person"]["id"].startswith("local-")
        assert "everyone" in who["audience"] and "web/web/person/local" in who["audience"]
        assert (await browser.get("/inside")).json()["person"] == who["person"]


async def test_two_browsers_at_one_machine_are_two_people(here: Doorstep) -> None:
    async with here.browser() as one, here.browser() as other:
        ids = {(await browser.get("/inside")).json()["person"]["id"] for browser in (one, other)}
    assert len(ids) == 2


async def test_the_cookie_of_a_browser_is_not_read_by_scripts_and_not_sent_for_other_sites(here: Doorstep) -> None:
    async with here.browser() as browser:
        answer = await browser.get("/inside")
        made = answer.headers["set-cookie"].lower()
        secret = browser.cookies["lorelens-browser"]
    assert "httponly" in made and "samesite=lax" in made and "path=/" in made and "secure" not in made
    assert len(secret) == 43 and secret not in answer.text


async def test_a_browser_can_not_choose_what_it_is_known_by(here: Doorstep) -> None:
    async with here.browser() as browser:
        browser.cookies.set("lorelens-browser", "me", domain="127.0.0.1")
        answer = await browser.get("/inside")
    assert "set-cookie" in answer.headers


async def test_this_machine_is_reached_by_its_own_names(here: Doorstep) -> None:
    for host in ["localhost:8600", "127.0.0.1:8600", "[::1]:8600", "LOCALHOST", "localhost.", "127.9.9.9"]:
        async with here.browser() as browser:
            assert (await browser.get("/inside", headers={"Host": host})).status_code == 200


async def test_a_page_that_made_its_name_point_here_gets_nothing(here: Doorstep) -> None:
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8600", "10.0.0.5"]:
        async with here.browser() as browser:
            answer = await browser.get("/inside", headers={"Host": host})
        assert answer.status_code == 421 and "does not answer to this name" in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_host_that_is_none_is_refused(here: Doorstep) -> None:
    for host in ["", "a b", "evil/..", "a@b", "localhost:0", "localhost:99999", "[::1", "x" * 300]:
        async with here.browser() as browser:
            assert (await browser.get("/inside", headers={"Host": host})).status_code == 400


async def test_two_hosts_are_refused(here: Doorstep) -> None:
    async with here.browser() as browser:
        request = browser.build_request("GET", "/inside")
        request.headers = httpx.Headers([("Host", "localhost"), ("Host", "evil.example")])
        assert (await browser.send(request)).status_code == 400


async def test_a_name_that_was_added_is_answered_too(doorstep: OpenDoor) -> None:
    page = await doorstep(web_hosts="lorelens.localhost")
    async with page.browser() as browser:
        assert (await browser.get("/inside", headers={"Host": "lorelens.localhost:8600"})).status_code == 200


async def test_what_a_proxy_passes_on_is_refused_where_nobody_signs_in(here: Doorstep) -> None:
    for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"]:
        async with here.browser() as browser:
            answer = await browser.get("/inside", headers={header: "203.0.113.5"})
        assert answer.status_code == 403 and "LORELENS_WEB_LOGIN" in answer.text


async def test_a_page_elsewhere_can_not_change_anything(here: Doorstep) -> None:
    async with here.browser() as browser:
        csrf = (await browser.get("/inside")).json()["csrf"]
        foreign: list[dict[str, str]] = [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:3000"},
            {"Origin": "http://localhost:8600"},
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {},
        ]
        for headers in foreign:
            answer = await browser.post("/inside", headers={"X-CSRF-Token": csrf, **headers})
            assert answer.status_code == 403 and "another page" in answer.text, headers
        for headers in (OWN, {"Sec-Fetch-Site": "same-origin"}):
            assert (await browser.post("/inside", headers={"X-CSRF-Token": csrf, **headers})).status_code == 200


async def test_a_change_needs_the_token_of_this_browser(here: Doorstep) -> None:
    async with here.browser() as browser, here.browser() as other:
        await browser.get("/inside")
        others = (await other.get("/inside")).json()["csrf"]
        for headers in (
            OWN,
            {**OWN, "X-CSRF-Token": ""},
            {**OWN, "X-CSRF-Token": others},
        ):
            answer = await browser.post("/inside", headers=headers)
            assert answer.status_code == 403 and "out of date" in answer.text


async def test_a_program_on_this_machine_needs_no_token(here: Doorstep) -> None:
    async with here.browser() as program:
        assert (await program.get("/api/inside")).json()["person"]["id"] == "local"
        assert (await program.post("/api/inside", json={})).status_code == 200
        files, header = {"file": b"hello"}, {"X-Lorelens": "1"}
        assert (await program.post("/api/inside/upload", files=files, headers=header)).json() == 5
        assert (await program.post("/api/inside", json={}, headers=OWN)).status_code == 200


async def test_a_page_elsewhere_can_not_ask_the_api_in_ones_name(here: Doorstep) -> None:
    async with here.browser() as browser:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            answer = await browser.post("/api/inside", json={}, headers=headers)
            assert answer.status_code == 403 and answer.headers["content-type"] == "application/problem+json"
            assert (await browser.get("/api/inside", headers=headers)).status_code == 403
            assert "access-control-allow-origin" not in answer.headers


async def test_what_a_form_elsewhere_could_send_is_not_taken_by_the_api(here: Doorstep) -> None:
    async with here.browser() as browser:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            answer = await browser.post("/api/inside", content=b"{}", headers={"Content-Type": kind})
            assert answer.status_code == 415, kind
        preflight = await browser.options("/api/inside", headers={"Origin": "https://evil.example"})
        assert preflight.status_code == 403


async def test_the_cookie_of_a_browser_says_nothing_to_the_api(here: Doorstep) -> None:
    async with here.browser() as browser:
        await browser.get("/inside")
        assert (await browser.get("/api/inside")).json()["person"]["id"] == "local"


@pytest.mark.parametrize(
    "settings",
    [
        {"web_address": "0.0.0.0:8600"},
        {"web_address": "[::]:8600"},
        {"web_address": "lorelens.example.com:8600"},
        {"web_hosts": "lorelens.example.com"},
        {"web_proxies": "127.0.0.1"},
    ],
)
def test_nobody_is_let_in_unasked_beyond_this_machine(settings: dict[str, str]) -> None:
    assert rules_of(Settings.model_validate(settings)).login == "password"
    with pytest.raises(SettingsError, match="open to everybody"):
        rules_of(Settings.model_validate({**settings, "web_login": "none"}))


@pytest.mark.parametrize("address", ["", "127.0.0.1:8600", "localhost:80", "[::1]:8600", ":8600", "127.0.0.1:0"])
def test_on_this_machine_nobody_is_asked(address: str) -> None:
    assert rules_of(Settings(web_address=address)).login == "none"
    assert rules_of(Settings(web_address=address, web_login="password")).login == "password"


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"web_login": "proxy"}, "no proxy is named"),
        ({"web_login": "proxy", "web_proxies": "10.0.0.1", "web_proxy_person": " "}, "no header"),
        ({"web_proxies": "nginx"}, "no address"),
        ({"web_hosts": "https://lorelens.example.com"}, "no name of a host"),
    ],
)
def test_settings_that_are_not_understood_are_refused(settings: dict[str, str], what: str) -> None:
    with pytest.raises(SettingsError, match=what) as refused:
        rules_of(Settings.model_validate(settings))
    assert refused.value.hint
