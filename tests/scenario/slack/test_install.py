"""The app comes into workspaces by OAuth and leaves them again; its tokens are kept sealed and refreshed once."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from adapters.slack.api import who_is
from adapters.slack.installations import RedisInstallations
from adapters.slack.manifest import manifest
from adapters.slack.workspaces import ManyWorkspaces
from bots.slack.desk import Desk
from bots.slack.http import PATH
from bots.slack.oauth import install_routes
from bots.slack.platform import slack as slack_platform
from bots.slack.removal import removing
from bots.slack.serve import Ingress
from config.settings import Settings
from core.application import Application
from core.errors import PlatformRefusedError, PlatformUnavailableError, SettingsError
from core.messages import Author, Message
from core.messages import Place as Where
from core.redis_client import ConnectedRedis
from core.sealing import Seal, new_key
from tests.slack_emulator import SlackEmulator, Team

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk's use of it

PUBLIC = "https://lore.example/team"
"""Where people reach the server: a proxy hands it on, without the path."""


@dataclass
class Page:
    """What a browser shows."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def links(self) -> list[str]:
        return [unescape(link) for link in re.findall(r'href="([^"]+)"', self.text)]


@dataclass
class Browser:
    """Somebody's browser: it keeps cookies, and reaches Lorelens through the proxy."""

    server: str
    session: aiohttp.ClientSession
    language: str = "en-US,en;q=0.9"
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def opens(self, url: str) -> Page:
        headers = {"Accept-Language": self.language}
        if url.startswith(PUBLIC):
            url = self.server + url.removeprefix(PUBLIC)
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.session.get(url, headers=headers, allow_redirects=False) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            return Page(response.status, await response.text(), dict(response.headers))

    async def goes_to_slack(self, team: Team | None = None) -> str:
        """Begin the installation; the address that Slack sends the browser back to after a click on Allow."""
        page = await self.opens(f"{PUBLIC}/slack/install" + (f"?team={team.id}" if team else ""))
        assert page.status == 200
        allowed = await self.opens(next(link for link in page.links if "/oauth/v2/authorize" in link))
        return allowed.headers["Location"]

    async def installs(self, team: Team | None = None) -> Page:
        return await self.opens(await self.goes_to_slack(team))


@dataclass
class Place:
    """A Lorelens that is installed by OAuth, and a Slack to install it in."""

    slack: SlackEmulator
    settings: Settings
    workspaces: ManyWorkspaces
    redis: ConnectedRedis
    browser: Browser
    desk: Desk

    @property
    def installations(self) -> RedisInstallations:
        return self.workspaces.installations

    def another_worker(self, keys: str = "") -> ManyWorkspaces:
        """The clients of another process on the same Redis."""
        secret = self.settings.secret_key
        assert secret is not None
        return ManyWorkspaces(
            RedisInstallations(self.redis, Seal(keys or secret.get_secret_value())),
            client_id=self.slack.client_id,
            client_secret=self.slack.client_secret,
            url=self.slack.api_url,
        )


def set_up(slack: SlackEmulator, data: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "data": data,
        "slack_api_url": slack.api_url,
        "slack_client_id": slack.client_id,
        "slack_client_secret": slack.client_secret,
        "slack_signing_secret": slack.signing_secret,
        "slack_address": "127.0.0.1:0",
        "slack_public_url": PUBLIC,
        "secret_key": new_key(),
        **more,
    }
    return Settings(**given)


@asynccontextmanager
async def installing(data: Path) -> AsyncGenerator[Place]:
    async with SlackEmulator(manifest=manifest().content) as slack:
        slack.world.installations.clear()
        settings = set_up(slack, data)
        async with Application(settings) as application:
            adapter = await slack_platform(application)
            assert adapter is not None
            assert isinstance(adapter.clients, ManyWorkspaces)
            store = await application.conversations()
            desk = await Desk.of(application, adapter)
            ingress = Ingress(desk)
            async with (
                ingress.taking_in(),
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            ):
                slack.delivers_to(ingress.url)
                browser = Browser(ingress.url.removesuffix(PATH), session)
                yield Place(slack, settings, adapter.clients, store.redis, browser, desk)
            await desk.background.idle()
            await adapter.close()


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    async with installing(tmp_path) as found:
        yield found


async def everything_in(redis: ConnectedRedis) -> bytes:
    """All that Redis holds, as one heap of bytes."""
    heap: list[bytes] = []
    for key in await redis.execute("KEYS", "*"):
        heap.append(key)
        kind = await redis.execute("TYPE", key)
        read = {b"hash": ("HGETALL",), b"set": ("SMEMBERS",), b"string": ("GET",), b"zset": ("ZRANGE", 0, -1)}[kind]
        heap.append(repr(await redis.execute(read[0], key, *read[1:])).encode())
    return b"\n".join(heap)


async def test_a_workspace_installs_the_app_and_it_can_speak_there(place: Place) -> None:
    page = await place.browser.installs()

    assert page.status == 200
    assert "Lorelens is installed in Acme" in page.text
    assert "/invite @Lorelens" in page.text
    team = place.slack.team.id
    assert f"slack://app?team={team}&id={place.slack.app_id}" in page.links
    client = await place.workspaces.client(team)
    assert client.token == place.slack.bot_token
    installed = await place.workspaces.installed(team)
    assert (installed.team, installed.user, installed.bot) == (team, place.slack.bot_user_id, place.slack.bot_id)
    assert set(place.slack.installation().scopes) == set(manifest().scopes)


async def test_pages_are_in_the_language_of_the_browser_and_load_nothing(place: Place) -> None:
    place.browser.language = "zh-CN,zh;q=0.9,en;q=0.8"
    first = await place.browser.opens(f"{PUBLIC}/slack/install")
    done = await place.browser.installs()
    refused = await place.browser.opens(f"{PUBLIC}/slack/oauth_redirect?error=access_denied&state=x")

    assert "把 Lorelens 添加到 Slack" in first.text
    assert "Lorelens 已安装到 Acme" in done.text
    assert "没有安装 Lorelens" in refused.text
    for page in (first, done, refused):
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert 'lang="zh-CN"' in page.text
        assert not re.search(r"<(script|img|iframe|form)|\bsrc=|url\(|@import", page.text)


async def test_who_does_not_allow_it_is_told_and_nothing_is_kept(place: Place) -> None:
    await place.browser.goes_to_slack()
    page = await place.browser.opens(f"{PUBLIC}/slack/oauth_redirect?error=access_denied&state=whatever")

    assert "Slack was not allowed to install it." in page.text
    assert "/team/slack/install" in page.links, "the proxy's path leads back"
    assert await place.installations.listed() == []


async def test_an_answer_of_slack_counts_once_and_in_the_browser_that_began(place: Place) -> None:
    back = await place.browser.goes_to_slack()
    kept = dict(place.browser.cookies)
    place.browser.cookies.clear()
    elsewhere = await place.browser.opens(back)
    place.browser.cookies.update(kept)
    forged = await place.browser.opens(re.sub(r"state=[^&]+", "state=forged", back))
    nothing_yet = await place.installations.listed()
    place.browser.cookies.update(kept)
    right = await place.browser.opens(back)
    place.browser.cookies.update(kept)
    again = await place.browser.opens(back)

    assert (elsewhere.status, forged.status, right.status, again.status) == (400, 400, 200, 401)
    assert "not the browser that the installation began in" in elsewhere.text
    assert nothing_yet == []
    assert "opened a second time" in again.text


async def test_a_code_that_slack_does_not_know_installs_nothing_and_is_not_logged(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = await place.browser.goes_to_slack()
    page = await place.browser.opens(re.sub(r"code=[^&]+", "code=0123.guessed", back))

    assert page.status == 401
    assert "Slack did not accept the code." in page.text
    assert await place.installations.listed() == []
    logged = "".join(one.getMessage() for one in caplog.records if one.name.startswith("bots"))
    assert "invalid_code" in logged
    assert "0123.guessed" not in logged


async def test_while_slack_is_away_a_page_says_so(place: Place) -> None:
    back = await place.browser.goes_to_slack()
    place.slack.faults.add("oauth.v2.access", "503", count=10)
    page = await place.browser.opens(back)

    assert page.status == 503
    assert "does not answer right now" in page.text


async def test_each_of_two_workspaces_has_its_own_token(place: Place) -> None:
    other = place.slack.workspace("Umbra", installed=False)
    await place.browser.installs()
    page = await place.browser.installs(other)

    assert "Lorelens is installed in Umbra" in page.text
    first, second = await place.workspaces.client(place.slack.team.id), await place.workspaces.client(other.id)
    assert first.token != second.token
    assert (await who_is(second)).team == other.id
    assert [one.name for one in await place.installations.listed()] == ["Acme", "Umbra"]
    with pytest.raises(PlatformRefusedError, match="not installed in the workspace T0NOWHERE"):
        await place.workspaces.client("T0NOWHERE")


async def test_what_is_asked_in_either_workspace_is_taken_in_as_its_own(place: Place) -> None:
    other = place.slack.workspace("Umbra", installed=False)
    await place.browser.installs()
    await place.browser.installs(other)
    for team in (place.slack.team, other):
        person = place.slack.person("ada", team=team)
        await person.mentions(place.slack.channel("general", team=team), "how long does a rollback take?")
    await place.slack.settled()

    assert all(one.acknowledged for one in place.slack.deliveries)
    asked = [name async for page in place.desk.store.all_conversations() for name in page]
    assert {Where.named(name).workspace for name in asked} == {place.slack.team.id, other.id}


async def test_neither_redis_nor_the_log_can_be_read_for_tokens(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for package in ("bots", "adapters", "core"):
        caplog.set_level(logging.DEBUG, package)
    place.slack.tokens.rotate(True)
    await place.browser.installs()
    await place.workspaces.client(place.slack.team.id)

    made = place.slack.installation()
    secrets = [made.bot_token, made.refresh_token, place.slack.client_secret, "xoxb-", "xoxe"]
    heap = await everything_in(place.redis)
    assert place.slack.team.id.encode() in heap
    assert [one for one in secrets if one.encode() in heap] == []
    assert b"Acme" not in heap
    kept = await place.installations.bot(place.slack.team.id)
    assert kept is not None
    said = repr(kept) + repr(kept.bot) + "".join(one.getMessage() for one in caplog.records)
    assert [one for one in secrets[:3] if one in said] == []


async def test_two_workers_that_find_a_token_due_refresh_it_once(place: Place) -> None:
    place.slack.tokens.rotate(True)
    place.slack.settings.token_seconds = 3600
    await place.browser.installs()
    place.slack.settings.token_seconds = 43_200
    before = place.slack.bot_token
    team = place.slack.team.id
    other = place.another_worker()
    clients = await asyncio.gather(*(one.client(team) for one in (place.workspaces, other) for _ in range(5)))
    await other.close()

    refreshed = [one for one in place.slack.calls("oauth.v2.access") if one.arguments.get("refresh_token")]
    assert len(refreshed) == 1
    assert {one.token for one in clients} == {place.slack.bot_token}
    assert before != place.slack.bot_token
    assert (await who_is(clients[0])).team == team


async def test_a_token_that_can_not_be_refreshed_is_used_while_it_lasts(place: Place) -> None:
    place.slack.tokens.rotate(True)
    place.slack.settings.token_seconds = 3600
    await place.browser.installs()
    place.slack.faults.add("oauth.v2.access", "internal_error", count=1)
    client = await place.workspaces.client(place.slack.team.id)

    assert client.token == place.slack.bot_token
    assert (await who_is(client)).team == place.slack.team.id
    other = place.another_worker()
    assert (await other.client(place.slack.team.id)).token == client.token
    await other.close()
    assert len(place.slack.calls("oauth.v2.access")) == 2, "Slack is left alone for a while"


async def test_a_refresh_token_that_was_used_elsewhere_has_to_be_installed_again(place: Place) -> None:
    place.slack.tokens.rotate(True)
    await place.browser.installs()
    kept = await place.installations.bot(place.slack.team.id)
    assert kept is not None
    kept.bot.bot_token_expires_at = int(time.time()) - 1
    await place.installations.async_save_bot(kept.bot)
    place.slack.tokens.renew(place.slack.installation())

    with pytest.raises(PlatformRefusedError, match="invalid_refresh_token") as refused:
        await place.workspaces.client(place.slack.team.id)
    assert "install the app there again" in refused.value.hint
    with pytest.raises(PlatformUnavailableError, match="has expired"):
        await place.workspaces.client(place.slack.team.id)


async def test_a_new_key_takes_over_without_anybody_installing_again(place: Place) -> None:
    await place.browser.installs()
    team, token = place.slack.team.id, place.slack.bot_token
    secret = place.settings.secret_key
    assert secret is not None
    new, old = new_key(), secret.get_secret_value()
    for keys in (f"{new},{old}", new):
        worker = place.another_worker(keys)
        assert (await worker.client(team)).token == token
        installation = await worker.installations.async_find_installation(enterprise_id=None, team_id=team)
        assert installation is not None
        assert installation.bot_token == token
        await worker.close()
    worker = place.another_worker(old)
    with pytest.raises(SettingsError, match="No key in LORELENS_SECRET_KEY opens"):
        await worker.client(team)
    await worker.close()


async def test_a_workspace_that_removes_the_app_is_forgotten(place: Place) -> None:
    other = place.slack.workspace("Umbra", installed=False)
    await place.browser.installs()
    await place.browser.installs(other)
    await place.workspaces.client(place.slack.team.id)
    for team in (place.slack.team, other):
        where = Where(platform="slack", workspace=team.id, channel="C1", thread="1.1", visibility="public")
        await place.desk.store.remember(
            Message(
                id="C1:1.1", text="where?", place=where, author=Author(id="U1", name="Ada"), sent_at=datetime.now(UTC)
            )
        )
    place.slack.uninstalls()
    await place.slack.settled()
    await place.desk.background.idle()

    assert [one.acknowledged for one in place.slack.deliveries] == [True, True]
    left = [name async for page in place.desk.store.all_conversations() for name in page]
    assert [Where.named(name).workspace for name in left] == [other.id]
    assert [one.name for one in await place.installations.listed()] == ["Umbra"]
    assert place.slack.team.id.encode() not in await everything_in(place.redis)
    with pytest.raises(PlatformRefusedError):
        await place.workspaces.client(place.slack.team.id)
    assert (await place.workspaces.client(other.id)).token == place.slack.installation(other).bot_token


async def test_a_removal_that_is_told_late_does_not_undo_a_new_installation(place: Place) -> None:
    await place.browser.installs()
    team = place.slack.team.id
    removed = {"team_id": team, "event": {"type": "app_uninstalled"}, "event_time": int(time.time()) - 300}
    await removing(place.workspaces)(body=removed)

    assert (await place.workspaces.client(team)).token == place.slack.bot_token


async def test_an_organization_has_the_app_in_all_of_its_workspaces(place: Place) -> None:
    from slack_sdk.oauth.installation_store import Installation

    token = "xoxb-organization"  # noqa: S105
    await place.installations.async_save(
        Installation(
            enterprise_id="E1",
            enterprise_name="Acme Group",
            bot_token=token,
            bot_id="B1",
            bot_user_id="U1",
            user_id="U2",
            is_enterprise_install=True,
        )
    )
    assert (await place.workspaces.client("T7", "E1")).token == token
    installed = await place.workspaces.installed("T8", "E1")
    assert (installed.team, installed.enterprise, installed.user) == ("T8", "E1", "U1")
    body = {
        "team_id": "T7",
        "enterprise_id": "E1",
        "authorizations": [{"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}],
        "event": {"type": "app_uninstalled"},
        "event_time": int(time.time()),
    }
    await removing(place.workspaces)(body=body)
    assert await place.installations.listed() == []


async def test_without_a_key_or_an_https_address_the_operator_is_told_what_to_do(tmp_path: Path) -> None:
    async with SlackEmulator() as slack:
        async with Application(set_up(slack, tmp_path, **{"secret_key": "no key"})) as application:
            with pytest.raises(SettingsError, match="32 bytes") as wrong:
                await slack_platform(application)
            assert "lorelens doctor slack --new-key" in wrong.value.hint
            assert "no key" not in str(wrong.value)
        settings = set_up(slack, tmp_path, slack_public_url="http://lore.example")
        async with Application(settings) as application:
            adapter = await slack_platform(application)
            assert adapter is not None
            assert isinstance(adapter.clients, ManyWorkspaces)
            with pytest.raises(SettingsError, match="LORELENS_SLACK_PUBLIC_URL must be the https address"):
                install_routes(settings, adapter.clients)
            await adapter.close()


def test_the_browser_goes_to_the_same_slack_that_is_called() -> None:
    from bots.slack.oauth import authorize_url

    assert authorize_url("https://slack.com/api/") == "https://slack.com/oauth/v2/authorize"
    assert authorize_url("https://gateway.example/slack/api/") == "https://gateway.example/slack/oauth/v2/authorize"
