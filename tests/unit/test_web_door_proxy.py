"""A page behind a proxy that signs people in: it alone may say who somebody is."""

import httpx
import pytest

from bots.web.door.rules import rules_of
from config.settings import Settings
from tests.unit.web_questions import question_of
from tests.web_stage.doorstep import BEHIND, PASSWORD, PROXY, Doorstep, OpenDoor


@pytest.fixture
async def behind(doorstep: OpenDoor) -> Doorstep:
    return await doorstep(**BEHIND)


async def test_the_proxy_says_who_somebody_is_and_their_groups(behind: Doorstep) -> None:
    async with behind.proxied(X_Forwarded_User="ann@example.com", X_Forwarded_Groups="dev, ops") as browser:
        who = (await browser.get("/inside")).json()
    assert who["person"]["id"] == "ann@example.com" and who["person"]["role"] == "operator"  # by group:ops
    assert {"web/web/group/dev", "web/web/group/ops", "everyone"} <= set(who["audience"])
    assert not who["can_sign_out"]
    async with behind.proxied(X_Forwarded_User="bo@example.com") as browser:
        assert (await browser.get("/inside")).json()["person"]["role"] == "member"
    async with behind.proxied(X_Forwarded_User="root@example.com") as browser:
        assert (await browser.get("/inside/operators")).status_code == 200


async def test_whoever_is_not_the_proxy_is_refused_when_they_name_somebody(behind: Doorstep) -> None:
    for header in ("X-Forwarded-User", "X-Forwarded-Groups", "x-forwarded-user"):
        async with behind.team_browser(address="10.2.0.9") as browser:
            for path in ("/inside", "/api/inside", "/sign-in"):
                answer = await browser.get(path, headers={header: "root@example.com"})
                assert answer.status_code == 403 and "proxy" in answer.text


async def test_groups_count_for_nothing_where_nobody_said_which_header_they_are_in(doorstep: OpenDoor) -> None:
    page = await doorstep(**{**BEHIND, "web_proxy_groups": ""})
    async with page.proxied(X_Forwarded_User="bo", X_Forwarded_Groups="ops") as browser:
        who = (await browser.get("/inside")).json()
    assert who["person"]["role"] == "member" and "web/web/group/ops" not in who["audience"]


async def test_where_the_proxy_names_nobody_nobody_is_in(behind: Doorstep) -> None:
    for name in ("", "  "):
        async with behind.proxied(X_Forwarded_User=name) as browser:
            assert (await browser.get("/inside")).status_code == 303
            assert "before you get here" in (await browser.get("/sign-in")).text
            answer = await behind.sign_in(browser, "ann", PASSWORD)
            assert answer.status_code in {303, 403} and "session" not in str(browser.cookies)


async def test_a_header_that_the_browser_brought_beside_the_proxys_is_refused(behind: Doorstep) -> None:
    for header, value in (("X-Forwarded-User", "root@example.com"), ("X-Forwarded-Groups", "ops")):
        async with behind.proxied() as browser:
            said = [("X-Forwarded-User", "bo"), ("X-Forwarded-Groups", "dev"), (header, value)]
            browser.headers = httpx.Headers([*browser.headers.items(), *said])
            assert (await browser.get("/inside")).status_code == 400


async def test_names_of_every_language_are_read(behind: Doorstep) -> None:
    async with behind.proxied() as browser:
        answer = await browser.get("/inside", headers={b"X-Forwarded-User": "王小明".encode()})
        assert answer.json()["person"]["id"] == "王小明"
        for bad in (b"a\x01b", b"x" * 300):
            assert (await browser.get("/inside", headers={b"X-Forwarded-User": bad})).status_code == 400


async def test_forms_behind_the_proxy_need_their_token_too(behind: Doorstep) -> None:
    async with behind.proxied(X_Forwarded_User="bo") as browser:
        browser.base_url = httpx.URL("https://lorelens.example.com")
        csrf = (await browser.get("/inside")).json()["csrf"]
        assert "__Host-lorelens-browser" in browser.cookies
        own = {"Origin": "https://lorelens.example.com"}
        assert (await browser.post("/inside", headers=own)).status_code == 403
        without_tls = {"Origin": "http://lorelens.example.com", "X-CSRF-Token": csrf}
        assert (await browser.post("/inside", headers=without_tls)).status_code == 403
        assert (await browser.post("/inside", headers={**own, "X-CSRF-Token": csrf})).status_code == 200
        someone_else = {**own, "X-CSRF-Token": csrf, "X-Forwarded-User": "ann"}
        assert (await browser.post("/inside", headers=someone_else)).status_code == 403


async def test_the_api_behind_the_proxy_takes_tokens_alone(behind: Doorstep) -> None:
    await behind.person("robot")
    _, token = await behind.token("robot")
    async with behind.proxied(X_Forwarded_User="bo") as browser:
        assert (await browser.get("/api/inside")).status_code == 401
        answer = await browser.get("/api/inside", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["person"]["id"] == "robot"


async def test_a_worker_knows_what_the_proxy_said_last_for_a_while(behind: Doorstep) -> None:
    adapter = behind.desk.platform
    assert await adapter.audience(question_of("bo")) == ()
    async with behind.proxied(X_Forwarded_User="bo", X_Forwarded_Groups="dev") as browser:
        await browser.get("/inside")
        assert "web/web/group/dev" in await adapter.audience(question_of("bo"))
        await browser.get("/inside", headers={"X-Forwarded-Groups": "sales"})
        held = await adapter.audience(question_of("bo"))
        assert "web/web/group/sales" in held and "web/web/group/dev" not in held
    kept = behind.desk.store.keys.web("proxied", "bo")
    assert 0 < await behind.desk.store.redis.execute("TTL", kept) <= 24 * 3600
    await behind.desk.store.redis.execute("DEL", kept)
    assert await adapter.audience(question_of("bo")) == ()


@pytest.mark.parametrize(
    ("address", "is_believed"),
    [(PROXY, True), ("::ffff:10.1.0.9", True), ("10.2.0.1", False), ("::1", False), ("", False), ("proxy", False)],
)
def test_proxies_are_believed_by_their_addresses(address: str, is_believed: bool) -> None:
    assert rules_of(Settings.model_validate(BEHIND)).believes(address) is is_believed
