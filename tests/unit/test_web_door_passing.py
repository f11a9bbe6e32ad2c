"""What passes the door of the page: how much a request may bring, and what every response says to the browser."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.web.door import counting
from bots.web.door.headers import CONTENT_SECURITY_POLICY
from tests.web_stage.doorstep import BEHIND, TEAM, Doorstep, OpenDoor

OWN = {"Origin": "http://127.0.0.1:8600"}
API = {"X-Lorelens": "1"}


async def chunks(size: int, of: int = 64 * 1024) -> AsyncIterator[bytes]:
    """A body whose length nobody says before."""
    for _ in range(size // of):
        yield b"x" * of


@pytest.fixture
async def here(doorstep: OpenDoor) -> Doorstep:
    return await doorstep(web_upload_mb=1)


# --- what comes in ---------------------------------------------------------------------------------------------------


async def test_a_body_that_says_it_is_too_large_is_not_read(here: Doorstep) -> None:
    async with here.browser() as browser:
        answer = await browser.post(
            "/api/inside/length", content=b'"' + b"x" * 300_000, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413 and answer.headers["connection"] == "close" and "262 KB" in answer.text
        answer = await browser.post(
            "/api/inside/length",
            content=b"{}",
            headers={"Content-Type": "application/json", "Content-Length": "9" * 20},
        )
        assert answer.status_code == 413


async def test_a_body_that_does_not_say_its_length_is_stopped_on_the_way(here: Doorstep) -> None:
    for path in ["/inside/length", "/inside/stream"]:
        async with here.browser() as browser:
            csrf = (await browser.get("/inside")).json()["csrf"]
            headers = {**OWN, "X-CSRF-Token": csrf, "Accept-Language": "zh"}
            assert (await browser.post(path, content=chunks(200_000), headers=headers)).json() == 196_608
            answer = await browser.post(path, content=chunks(600_000), headers=headers)
            assert answer.status_code == 413 and "内容太大" in answer.text


async def test_uploads_may_be_larger_but_not_without_end(here: Doorstep) -> None:
    async with here.browser() as browser:
        for size, status in ((1_000_000, 200), (1_400_000, 413)):
            answer = await browser.post("/api/inside/upload", files={"file": b"x" * size}, headers=API)
            assert answer.status_code == status
        assert "1 MB" in answer.text


async def test_whoever_is_not_let_in_uploads_nothing(doorstep: OpenDoor) -> None:
    page = await doorstep(**TEAM)
    async with page.team_browser(origin="http://lorelens.example.com") as browser:
        large = {"file": b"x" * 400_000}
        for path in ("/api/inside/upload", "/inside/upload", "/sign-in", "/language"):
            assert (await browser.post(path, files=large)).status_code == 413
        assert (await browser.post("/inside/upload", files={"file": b"x"})).status_code == 303


async def test_uploads_and_searches_of_one_person_are_counted(here: Doorstep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.web.door.entering.UPLOADS", 2)
    monkeypatch.setattr("bots.web.door.entering.SEARCHES", 3)
    assert counting.SEARCHES >= 600 and counting.UPLOADS >= 100
    async with here.browser() as browser, here.browser() as other:
        statuses = [(await browser.get("/inside/search")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert (await browser.get("/inside/search")).headers["retry-after"]
        assert (await other.get("/inside/search")).status_code == 200
        uploads = [
            (await browser.post("/api/inside/upload", files={"file": b"x"}, headers=API)).status_code for _ in range(3)
        ]
        assert uploads == [200, 200, 429]


# --- what goes out ---------------------------------------------------------------------------------------------------


async def test_every_response_says_what_a_browser_may_do_with_it(here: Doorstep) -> None:
    for path in ["/inside", "/inside/broken", "/nowhere", "/static/style.css", "/api/nowhere", "/sign-in"]:
        async with here.browser() as browser:
            answer = await browser.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "unsafe" not in CONTENT_SECURITY_POLICY and CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert (
            answer.headers["cross-origin-opener-policy"]
            == answer.headers["cross-origin-resource-policy"]
            == "same-origin"
        )
        assert (
            "camera=(self)" in answer.headers["permissions-policy"]
            and "microphone=()" in answer.headers["permissions-policy"]
        )
        assert "strict-transport-security" not in answer.headers and "server" not in answer.headers


async def test_a_host_that_is_refused_is_told_so_with_the_same_headers(here: Doorstep) -> None:
    async with here.browser("http://evil.example") as browser:
        assert (await browser.get("/")).headers["content-security-policy"] == CONTENT_SECURITY_POLICY


async def test_pages_are_not_kept_and_static_files_are_as_long_as_they_are_the_same(here: Doorstep) -> None:
    async with here.browser() as browser:
        assert (await browser.get("/inside")).headers["cache-control"] == "no-store"
        assert "immutable" in (await browser.get("/static/style.css?v=1")).headers["cache-control"]
        assert (await browser.get("/static/style.css")).headers["cache-control"] == "no-cache"
        assert (await browser.get("/static/nothing.css?v=1")).headers["cache-control"] == "no-cache"
        assert "set-cookie" not in (await browser.get("/static/style.css")).headers


async def test_a_route_may_be_stricter_but_never_laxer(here: Doorstep) -> None:
    async with here.browser() as browser:
        kept = (await browser.get("/inside/kept")).headers
    assert kept["cache-control"] == "private, max-age=60"
    assert kept.get_list("content-security-policy") == ["sandbox", CONTENT_SECURITY_POLICY]


async def test_what_was_not_foreseen_is_said_in_words_and_logged_without_text(
    here: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    async with here.browser() as browser:
        answer = await browser.get("/inside/broken")
    assert answer.status_code == 500 and "Something went wrong" in answer.text
    assert "a secret" not in answer.text and "a secret" not in caplog.text and "ValueError" in caplog.text


async def test_static_files_can_not_be_left(here: Doorstep) -> None:
    async with here.browser() as browser:
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"):
            assert (await browser.get(path)).status_code in {400, 404}


# --- programs ------------------------------------------------------------------------------------------------------


async def test_a_token_lets_a_program_in_until_it_is_revoked_or_over(doorstep: OpenDoor) -> None:
    page = await doorstep(**TEAM)
    await page.person("Bo")
    id_, token = await page.token("Bo")
    _, over = await page.token("Bo", until=time.time() - 1)
    async with page.team_browser() as program:
        bearer = {"Authorization": f"bearer {token}"}
        assert (await program.post("/api/inside", json={}, headers=bearer)).json()["person"]["id"] == "bo"
        assert (await program.get("/inside", headers=bearer)).status_code == 303  # on pages it counts for nothing
        for bad in (over, token[:-1], token.upper(), "", "x", id_):
            assert (await program.get("/api/inside", headers={"Authorization": f"Bearer {bad}"})).status_code == 401
        assert (await program.get("/api/inside", headers={"Authorization": f"Basic {token}"})).status_code == 401
        async with page.file.changing() as change:
            del change.tokens[id_]
        assert (await program.get("/api/inside", headers=bearer)).status_code == 401
        assert token not in page.file.file.read_text()


async def test_a_token_goes_with_its_person(doorstep: OpenDoor) -> None:
    page = await doorstep(**TEAM)
    await page.person("Bo")
    _, token = await page.token("Bo")
    async with page.file.changing() as change:
        change.remove("bo")
    await page.person("Bo")
    async with page.team_browser() as program:
        assert (await program.get("/api/inside", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_a_session_says_nothing_to_the_api(doorstep: OpenDoor) -> None:
    page = await doorstep(**TEAM)
    await page.person("Bo")
    async with page.team_browser() as browser:
        await page.sign_in(browser, "Bo")
        csrf = (await browser.get("/inside")).json()["csrf"]
        own = {"Origin": "http://lorelens.example.com", "X-CSRF-Token": csrf}
        assert (await browser.post("/api/inside", json={}, headers=own)).status_code == 401


async def test_a_wrong_token_is_refused_where_none_is_needed(here: Doorstep) -> None:
    async with here.browser() as program:
        assert (await program.get("/api/inside", headers={"Authorization": "Bearer lorelens_x"})).status_code == 401


# --- anything --------------------------------------------------------------------------------------------------------

HEADERS = (
    b"host origin cookie authorization accept-language content-length content-type sec-fetch-site x-csrf-token "
    b"x-forwarded-for x-forwarded-proto x-forwarded-user x-forwarded-groups transfer-encoding hx-request x-lorelens"
).split()
SENSIBLE = (
    b"127.0.0.1:8600",
    b"lorelens.example.com",
    b"http://127.0.0.1:8600",
    b"Bearer lorelens_x",
    b"10.1.0.9",
    b"https",
)
VALUES = st.one_of(
    st.sampled_from(SENSIBLE),
    st.binary(max_size=40),
    st.sampled_from((b"lorelens-session=x; =;", b"application/json", b"zh;q=1")),
)
PATHS = st.one_of(
    st.sampled_from(("/inside", "/api/inside", "/sign-in", "/sign-out", "/language", "/static/style.css", "/api", "/")),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20).map("/{}".format),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE"]),
    PATHS,
    st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=6),
    st.binary(max_size=40),
)
@pytest.mark.parametrize("kind", [{}, TEAM, BEHIND], ids=["here", "team", "behind"])
async def test_nothing_that_is_sent_breaks_the_door(
    doorstep: OpenDoor, kind: dict[str, Any], method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    page = await doorstep(**kind)
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"v=1&back=//x",
        "headers": headers, "client": ("10.1.0.9", 5000), "server": ("127.0.0.1", 8600),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await page.app(scope, receive, send)
    assert sent[0]["status"] < 500 and not sent[-1].get("more_body")
    assert [name for name, _ in sent[0]["headers"]].count(b"content-security-policy") == 1
    if sent[0]["status"] == 200 and kind and path.startswith(("/inside", "/api/inside")):
        assert any(name == b"x-forwarded-user" for name, _ in headers)
