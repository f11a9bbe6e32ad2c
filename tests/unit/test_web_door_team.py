"""A team's page: people sign in with a password, and whoever is removed is out at once."""

import httpx
import pytest

from bots.web.door import sessions
from bots.web.door.secrets import digest
from bots.web.visitors import PLATFORM, WORKSPACE
from tests.web_stage.doorstep import PASSWORD, TEAM, Doorstep, OpenDoor

OWN = {"Origin": "http://lorelens.example.com"}


@pytest.fixture
async def team(doorstep: OpenDoor) -> Doorstep:
    page = await doorstep(**TEAM)
    await page.person("Ann", "operator", "slack/T1/channel/C1")
    await page.person("Bo")
    await page.person("Gus", "guest")
    return page


async def test_whoever_is_not_signed_in_is_led_to_where_they_can(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        answer = await browser.get("/inside")
        assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?back=/inside"
        by_htmx = await browser.get("/inside", headers={"HX-Request": "true"})
        assert by_htmx.status_code == 401 and by_htmx.headers["hx-redirect"].startswith("/sign-in")
        by_program = await browser.get("/api/inside")
        assert by_program.status_code == 401 and by_program.headers["www-authenticate"] == "Bearer"
        assert (await browser.get("/sign-in")).status_code == 200


async def test_somebody_signs_in_goes_on_where_they_were_and_signs_out(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        answer = await team.sign_in(browser, "ann", back="/inside")
        assert answer.status_code == 303 and answer.headers["location"] == "/inside"
        who = (await browser.get("/inside")).json()
        assert who["person"] == {
            "id": "ann",
            "name": "Ann",
            "role": "operator",
            "principals": ["slack/T1/channel/C1"],
        }
        assert who["can_sign_out"] and (await browser.get("/sign-in")).status_code == 303
        session = browser.cookies["lorelens-session"]
        assert (await browser.post("/sign-out", headers=OWN)).headers["location"] == "/sign-in"
        assert not await team.can_enter(browser)
        browser.cookies.set("lorelens-session", session, domain="lorelens.example.com")
        assert not await team.can_enter(browser)


async def test_what_is_kept_of_a_session_lets_nobody_in(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        made = (await team.sign_in(browser, "Bo")).headers.get_list("set-cookie")
        session = browser.cookies["lorelens-session"]
        kept = await team.desk.store.redis.execute("KEYS", team.desk.store.keys.web("session", "*"))
        assert kept == [team.desk.store.keys.web("session", digest(session)).encode()]
        browser.cookies.set("lorelens-session", digest(session), domain="lorelens.example.com")
        assert not await team.can_enter(browser)
    assert all("HttpOnly" in one and "SameSite=Lax" in one and "Path=/" in one for one in made)


async def test_by_https_a_cookie_is_this_hosts_alone(doorstep: OpenDoor) -> None:
    page = await doorstep(**{**TEAM, "web_proxies": "10.1.0.9"})
    await page.person("Bo")
    async with page.proxied() as browser:
        answer = await page.sign_in(browser, "Bo")
        made = next(one for one in answer.headers.get_list("set-cookie") if "session" in one)
        assert made.startswith("__Host-lorelens-session=") and "Secure" in made
        assert answer.headers["strict-transport-security"]
        browser.base_url = httpx.URL("https://lorelens.example.com")
        assert await page.can_enter(browser)
        # What was set without TLS, by whomever, counts for nothing.
        browser.cookies = httpx.Cookies({"lorelens-session": browser.cookies["__Host-lorelens-session"]})
        assert not await page.can_enter(browser)
    async with page.team_browser(x_forwarded_proto="https") as browser:
        assert "__Host-" not in (await page.sign_in(browser, "Bo")).headers["set-cookie"]


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(team: Doorstep) -> None:
    for name in ["bo", "nobody", "", "BO\x00", "x" * 5000, "ann'; --"]:
        async with team.team_browser() as browser:
            for password in ("wrong password", "", "x" * 10_000):
                answer = await team.sign_in(browser, name, password)
                assert answer.status_code == 401 and "go together" in answer.text
                assert "lorelens-session" not in browser.cookies
                assert password not in answer.text or not password


async def test_a_name_is_known_in_capital_letters_too_and_a_password_from_every_keyboard(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        assert (await team.sign_in(browser, " BO ", PASSWORD.replace("c", "ｃ"))).status_code == 303


async def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(team: Doorstep) -> None:
    async with team.team_browser() as attacker, team.team_browser() as victim:
        await team.sign_in(attacker, "Gus")
        planted = attacker.cookies["lorelens-session"]
        victim.cookies.set("lorelens-session", planted, domain="lorelens.example.com")
        await team.sign_in(victim, "Ann")
        assert victim.cookies["lorelens-session"] != planted
        assert not await team.can_enter(attacker)
        victim.cookies.set("lorelens-session", "x" * 43, domain="lorelens.example.com")
        assert not await team.can_enter(victim)


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_nobody_is_signed_in_or_out_by_a_page_elsewhere(team: Doorstep, headers: dict[str, str]) -> None:
    async with team.team_browser() as browser:
        form = {"name": "Gus", "password": PASSWORD}
        assert (await browser.post("/sign-in", data=form, headers=headers)).status_code == 403
        await team.sign_in(browser, "Ann")
        assert (await browser.post("/sign-out", headers=headers)).status_code == 403
        assert (await browser.post("/language", data={"language": "zh"}, headers=headers)).status_code == 403
        assert await team.can_enter(browser)


async def test_a_change_needs_the_token_of_the_session(team: Doorstep) -> None:
    async with team.team_browser() as browser, team.team_browser() as other:
        await team.sign_in(browser, "Ann")
        await team.sign_in(other, "Ann")
        mine = (await browser.get("/inside")).json()["csrf"]
        others = (await other.get("/inside")).json()["csrf"]
        assert (await browser.post("/inside", headers={**OWN, "X-CSRF-Token": others})).status_code == 403
        assert (await browser.post("/inside", headers={"X-CSRF-Token": mine})).status_code == 403
        assert (await browser.post("/inside", headers={**OWN, "X-CSRF-Token": mine})).status_code == 200


async def test_after_five_failures_for_a_name_one_waits_and_others_do_not(team: Doorstep) -> None:
    async with team.team_browser() as browser, team.team_browser(address="198.51.100.4") as other:
        for _ in range(5):
            assert (await team.sign_in(browser, "Bo", "wrong password")).status_code == 401
        for one in (browser, other):  # wherever from, and with the right password too
            answer = await team.sign_in(one, "Bo")
            assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 901
            assert "wait" in answer.text
        assert (await team.sign_in(other, "Ann")).status_code == 303


async def test_somebody_at_their_own_browser_is_not_kept_out_by_the_tries_of_others(team: Doorstep) -> None:
    async with team.team_browser() as own, team.team_browser(address="198.51.100.4") as other:
        await team.sign_in(own, "Bo")
        await own.post("/sign-out", headers=OWN)
        tries = [(await team.sign_in(other, "Bo", "wrong password")).status_code for _ in range(6)]
        assert tries == [401] * 5 + [429]
        assert (await team.sign_in(own, "Bo")).status_code == 303


async def test_waiting_in_vain_at_a_name_does_not_keep_the_neighbours_out(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        tries = [(await team.sign_in(browser, "Bo", "wrong password")).status_code for _ in range(25)]
        assert tries == [401] * 5 + [429] * 20
        assert (await team.sign_in(browser, "Ann")).status_code == 303


async def test_one_who_mistyped_begins_anew_once_they_are_in(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        for _ in range(3):
            for _ in range(4):
                await team.sign_in(browser, "Bo", "wrong password")
            assert (await team.sign_in(browser, "Bo")).status_code == 303


async def test_twenty_failures_from_an_address_wait_whatever_the_names(team: Doorstep) -> None:
    async with team.team_browser(address="192.0.2.1") as known:
        await team.sign_in(known, "Ann")
    async with team.team_browser(address="2001:db8::1") as browser:
        for number in range(20):
            assert (await team.sign_in(browser, f"nobody{number}", "wrong password")).status_code == 401
    async with team.team_browser(address="2001:db8::2") as neighbour:  # the same household
        assert (await team.sign_in(neighbour, "Ann")).status_code == 429
        neighbour.cookies.update(known.cookies)  # at a browser where she was before
        assert (await team.sign_in(neighbour, "Ann")).status_code == 303
    async with team.team_browser(address="2001:db8:1::1") as other:
        assert (await team.sign_in(other, "Ann")).status_code == 303


async def test_tries_through_a_believed_proxy_count_for_who_is_behind_it(doorstep: OpenDoor) -> None:
    page = await doorstep(**{**TEAM, "web_proxies": "10.1.0.0/16"})
    await page.person("Bo")
    async with page.proxied() as browser:
        for number in range(20):
            # What stands before the last that the proxy added is what the browser wrote.
            browser.headers["X-Forwarded-For"] = f"192.0.2.{number}, 203.0.113.8"
            await page.sign_in(browser, f"nobody{number}", "wrong password")
        assert (await page.sign_in(browser, "Bo")).status_code == 429
        browser.headers["X-Forwarded-For"] = "203.0.113.9, 10.1.0.7"
        assert (await page.sign_in(browser, "Bo")).status_code == 303


async def test_whoever_is_removed_is_out_on_every_browser(team: Doorstep) -> None:
    async with team.team_browser() as one, team.team_browser() as two:
        await team.sign_in(one, "Bo")
        await team.sign_in(two, "Bo")
        async with team.file.changing() as change:
            change.remove("Bo")
        assert not await team.can_enter(one) and not await team.can_enter(two)
        await team.person("Bo")  # another of that name
        assert not await team.can_enter(one)


async def test_another_password_ends_what_was_begun_with_the_old_one(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        await team.sign_in(browser, "Bo")
        async with team.file.changing() as change:
            change.people["bo"] = change.people["bo"].model_copy(update={"stamp": "another"})
        assert not await team.can_enter(browser)
        assert (await team.sign_in(browser, "Bo")).status_code == 303


async def test_another_role_counts_at_once(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        await team.sign_in(browser, "Ann")
        assert (await browser.get("/inside/operators")).status_code == 200
        async with team.file.changing() as change:
            change.people["ann"] = change.people["ann"].model_copy(update={"role": "guest", "principals": ()})
        assert (await browser.get("/inside/operators")).status_code == 403
        audience = (await browser.get("/inside")).json()["audience"]
        assert audience == ["guests", "web/web/person/ann"]


async def test_a_session_ends_when_it_is_not_used_and_after_a_week_at_the_latest(
    team: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis, keys = team.desk.store.redis, team.desk.store.keys
    async with team.team_browser() as browser:
        await team.sign_in(browser, "Bo")
        key = keys.web("session", digest(browser.cookies["lorelens-session"]))
        assert 0 < await redis.execute("TTL", key) <= 12 * 3600
        await redis.execute("EXPIRE", key, 60)
        assert await team.can_enter(browser)
        assert await redis.execute("TTL", key) > 60  # it was used
        monkeypatch.setattr(sessions, "LONGEST", 0)
        assert not await team.can_enter(browser)
        assert not await redis.execute("EXISTS", key)


async def test_an_answer_draws_on_nothing_for_whoever_is_gone(team: Doorstep) -> None:
    from bots.web.door.directory import Directory
    from tests.unit.web_questions import question_of

    directory = await Directory.of(team.desk.application)
    assert f"{PLATFORM}/{WORKSPACE}" in await directory.principals(question_of("bo"))
    assert "slack/T1/channel/C1" in await directory.principals(question_of("ann"))
    assert await team.desk.platform.audience(question_of("gus")) == ("guests", "web/web/person/gus")
    async with team.file.changing() as change:
        change.remove("Bo")
    for gone in ("bo", "nobody", "local", "local-1"):
        assert await team.desk.platform.audience(question_of(gone)) == ()


async def test_a_file_of_people_that_is_broken_lets_nobody_in_and_says_so(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        await team.sign_in(browser, "Ann")
        team.file.file.write_text("{}}")
        answer = await browser.get("/inside")
    assert answer.status_code == 503 and "web-people.json" not in answer.text


async def test_on_a_teams_page_only_its_names_are_answered(team: Doorstep) -> None:
    async with team.team_browser() as browser:
        assert (await browser.get("/sign-in", headers={"Host": "evil.example"})).status_code == 421
        assert (await browser.get("/sign-in", headers={"Host": "LORELENS.example.com.:8600"})).status_code == 200
        assert (await browser.get("/sign-in", headers={"Host": "localhost:8600"})).status_code == 200


async def test_without_names_a_teams_page_answers_to_any(doorstep: OpenDoor) -> None:
    page = await doorstep(web_address="0.0.0.0:8600")
    async with page.browser("http://192.168.1.4:8600") as browser:
        assert (await browser.get("/sign-in")).status_code == 200
