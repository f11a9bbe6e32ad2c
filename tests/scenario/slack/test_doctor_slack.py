"""`lorelens doctor slack` as an operator meets it: what is wrong with Slack's side, and what to do about it."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from adapters.slack.installations import RedisInstallations
from adapters.slack.manifest import WITHOUT, manifest
from bots.cli import app
from bots.listening import listening
from bots.slack.app import bolt_app
from bots.slack.desk import Desk
from bots.slack.doctor import brief
from bots.slack.http import web_app
from bots.slack.platform import slack as slack_platform
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.sealing import Seal, new_key
from tests.slack_emulator import SlackEmulator


@dataclass
class Doctor:
    """Somebody at the command line, with these variables set."""

    data: Path
    variables: dict[str, str]

    async def says(self, *arguments: str, **variables: str) -> Result:
        given = {"LORELENS_DATA": str(self.data), "COLUMNS": "300", **self.variables, **variables}
        return await asyncio.to_thread(CliRunner().invoke, app, ["doctor", *arguments], env=given)

    async def finds(self, **variables: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """The exit code, and the findings by part."""
        done = await self.says("slack", "--json", **variables)
        return done.exit_code, {one["part"]: one for one in json.loads(done.stdout)["findings"]}


def by_tokens(slack: SlackEmulator, data: Path) -> Doctor:
    return Doctor(
        data,
        {
            "LORELENS_SLACK_API_URL": slack.api_url,
            "LORELENS_SLACK_BOT_TOKEN": slack.bot_token,
            "LORELENS_SLACK_APP_TOKEN": slack.app_token,
        },
    )


async def test_all_is_well(tmp_path: Path) -> None:
    async with SlackEmulator(manifest=manifest().content) as slack:
        slack.channel("general")
        done = await by_tokens(slack, tmp_path).says("slack")

    assert done.exit_code == 0, done.stdout
    assert "broken" not in done.stdout
    assert "note" not in done.stdout
    for said in (
        "events by Socket Mode; one workspace",
        f"@lens ({slack.bot_user_id}) in Acme",
        "all 16 that it needs",
        "the app-level token opens a socket",
        "it is in 1 channel",
        "answers can stream",
    ):
        assert said in done.stdout
    assert slack.bot_token not in done.stdout
    posted = {"chat.postMessage", "chat.startStream", "chat.update"}
    assert [call for call in slack.calls() if call.method in posted or (call.ok and "chat." in call.method)] == []


async def test_a_missing_scope_is_named_with_what_will_not_work(tmp_path: Path) -> None:
    scopes = [scope for scope in manifest().scopes if scope not in {"files:read", "assistant:write"}]
    async with SlackEmulator(scopes=[*scopes, "reactions:write"]) as slack:
        code, found = await by_tokens(slack, tmp_path).finds()

    assert code == 3
    lost = found["scope files:read"]
    assert lost["state"] == "broken"
    assert lost["found"] == f"missing: {WITHOUT['files:read'].english}"
    assert "Reinstall to Workspace" in lost["remedy"]
    assert found["scope assistant:write"]["state"] == "broken"
    assert found["scopes"]["found"] == "granted, and not needed: reactions:write"
    assert found["channels"]["remedy"] == "Invite it: /invite @Lorelens."


async def test_a_wrong_token_is_told_from_the_wrong_kind_of_token(tmp_path: Path) -> None:
    async with SlackEmulator() as slack:
        doctor = by_tokens(slack, tmp_path)
        others = {"LORELENS_SLACK_BOT_TOKEN": "xoxb-1-2-unknown", "LORELENS_SLACK_APP_TOKEN": "xapp-1-unknown"}
        unknown_code, unknown = await doctor.finds(**others)
        swapped_code, swapped = await doctor.finds(
            LORELENS_SLACK_BOT_TOKEN=slack.app_token, LORELENS_SLACK_APP_TOKEN=slack.bot_token
        )

    assert (unknown_code, swapped_code) == (3, 3)
    assert "invalid_auth" in unknown["bot token"]["found"]
    assert "LORELENS_SLACK_BOT_TOKEN" in unknown["bot token"]["remedy"]
    assert "does not take the app-level token" in unknown["Socket Mode"]["found"]
    assert "holds an app-level token" in swapped["bot token"]["found"]
    assert "holds a bot token" in swapped["app-level token"]["found"]
    assert "xapp-1" not in json.dumps(swapped), "no token is shown"


async def test_a_slack_that_can_not_be_reached_and_one_that_is_not_set_up(tmp_path: Path) -> None:
    set_up = {"LORELENS_SLACK_BOT_TOKEN": "xoxb-1", "LORELENS_SLACK_APP_TOKEN": "xapp-1"}
    away, found = await Doctor(tmp_path, set_up).finds(LORELENS_SLACK_API_URL="http://127.0.0.1:1/api/")
    nothing, nothing_found = await Doctor(tmp_path, {}).finds(LORELENS_SLACK_API_URL="http://127.0.0.1:1/api/")
    silent, silent_found = await Doctor(tmp_path, {"LORELENS_SLACK_BOT_TOKEN": "xoxb-1"}).finds(
        LORELENS_SLACK_API_URL="http://127.0.0.1:1/api/"
    )

    assert (away, nothing, silent) == (3, 3, 3)
    assert "can't be reached at 127.0.0.1:1" in found["Web API"]["found"]
    assert "docs/slack.md" in nothing_found["settings"]["remedy"]
    assert "nothing says how events come" in silent_found["settings"]["found"]


async def test_socket_mode_that_is_off_in_the_app_is_found(tmp_path: Path) -> None:
    async with SlackEmulator(manifest=manifest().content, mode="http") as slack:
        code, found = await by_tokens(slack, tmp_path).finds()

    assert code == 3
    assert found["Socket Mode"]["remedy"] == "Turn it on under Socket Mode."


async def test_a_slack_without_streams_is_no_trouble(tmp_path: Path) -> None:
    async with SlackEmulator(manifest=manifest().content) as slack:
        slack.faults.unknown("chat.appendStream", "chat.startStream", "assistant.threads.setStatus")
        code, found = await by_tokens(slack, tmp_path).finds()

    assert code == 0
    assert found["streaming"]["found"] == "not offered: answers grow by edits instead"
    assert found["assistant pane"]["state"] == "note"


async def test_the_request_url_is_tried_as_slack_tries_it(tmp_path: Path) -> None:
    async with SlackEmulator(manifest=manifest().content, mode="http") as slack:
        given: dict[str, Any] = {
            "data": tmp_path,
            "slack_api_url": slack.api_url,
            "slack_bot_token": slack.bot_token,
            "slack_signing_secret": slack.signing_secret,
        }
        async with Application(Settings(**given)) as application:
            adapter = await slack_platform(application)
            assert adapter is not None
            server = web_app(bolt_app(await Desk.of(application, adapter)))
            async with listening(
                server, "127.0.0.1:0", what="Slack", setting="LORELENS_SLACK_ADDRESS", example=3000
            ) as url:
                doctor = Doctor(
                    tmp_path,
                    {
                        "LORELENS_SLACK_API_URL": slack.api_url,
                        "LORELENS_SLACK_BOT_TOKEN": slack.bot_token,
                        "LORELENS_SLACK_SIGNING_SECRET": slack.signing_secret,
                        "LORELENS_SLACK_PUBLIC_URL": url,
                    },
                )
                well, found = await doctor.finds()
                other, other_found = await doctor.finds(LORELENS_SLACK_SIGNING_SECRET="0" * 32)
                wrong, wrong_found = await doctor.finds(LORELENS_SLACK_PUBLIC_URL=f"{url}/elsewhere")
            await adapter.close()
        gone, gone_found = await doctor.finds()

    assert (well, other, wrong, gone) == (0, 3, 3, 3)
    assert "with the right signing secret" in found["request URL"]["found"]
    assert "does not accept the signature" in other_found["request URL"]["found"]
    assert "HTTP 404" in wrong_found["request URL"]["found"]
    assert "lorelens serve slack" in gone_found["request URL"]["remedy"]


async def test_each_installation_is_looked_at(tmp_path: Path) -> None:
    from slack_sdk.oauth.installation_store import Installation

    key, earlier = new_key(), new_key()
    async with SlackEmulator(manifest=manifest().content) as slack:
        umbra = slack.workspace("Umbra")
        slack.installation(umbra).scopes.remove("files:write")
        store = await Conversations.open("", tmp_path)
        try:
            for team in (slack.team, umbra):
                made = slack.installation(team)
                record = Installation(
                    team_id=team.id,
                    team_name=team.name,
                    bot_token=made.bot_token,
                    bot_id=made.bot_id,
                    bot_user_id=made.bot_user.id,
                    bot_scopes=made.scopes,
                    user_id="U1",
                )
                await RedisInstallations(store.redis, Seal(key)).async_save(record)
            lost = Installation(team_id="T0LOST", team_name="Lost", user_id="U1", bot_id="B", bot_user_id="U")
            lost.bot_token = "xoxb-lost"  # noqa: S105
            await RedisInstallations(store.redis, Seal(earlier)).async_save(lost)
        finally:
            await store.close()
        doctor = Doctor(
            tmp_path,
            {
                "LORELENS_SLACK_API_URL": slack.api_url,
                "LORELENS_SLACK_CLIENT_ID": slack.client_id,
                "LORELENS_SLACK_CLIENT_SECRET": slack.client_secret,
                "LORELENS_SLACK_APP_TOKEN": slack.app_token,
                "LORELENS_SLACK_PUBLIC_URL": "https://lore.example",
                "LORELENS_SECRET_KEY": key,
            },
        )
        code, found = await doctor.finds()
        given: dict[str, Any] = {
            name.removeprefix("LORELENS_").lower(): value for name, value in doctor.variables.items()
        }
        async with Application(Settings(data=tmp_path, **given)) as application:
            line = await brief(application)

    assert code == 3
    assert found["secret key"]["found"] == "one key"
    assert found["installation"]["found"] == "from https://lore.example/slack/install"
    assert found["installations"]["found"] == "in 3 workspaces, 1 unusable"
    assert found["Acme: scopes"]["state"] == "ok"
    assert found["Umbra: scope files:write"]["found"] == f"missing: {WITHOUT['files:write'].english}"
    assert "No key in LORELENS_SECRET_KEY opens" in found["T0LOST"]["found"]
    assert line.found.endswith("installed in 3 workspaces, 1 unusable")


@pytest.mark.slow
async def test_doctor_for_everything_has_a_line_for_slack_once_it_is_set_up(tmp_path: Path) -> None:
    async with SlackEmulator(manifest=manifest().content) as slack:
        with_it = await by_tokens(slack, tmp_path).says()
    without = await Doctor(tmp_path, {}).says()

    assert f"@lens ({slack.bot_user_id}) in Acme" in with_it.stdout
    assert "slack" not in without.stdout


async def test_the_manifest_and_a_key_are_printed_for_pasting(tmp_path: Path) -> None:
    doctor = Doctor(tmp_path, {})
    by_socket = await doctor.says("slack", "--manifest")
    by_http = await doctor.says("slack", "--manifest", "--http", "https://lore.example")
    plain = await doctor.says("slack", "--manifest", "--http", "http://lore.example")
    key = await doctor.says("slack", "--new-key")
    nobody = await doctor.says("telegraph")

    assert yaml.safe_load(by_socket.stdout)["settings"]["socket_mode_enabled"] is True
    assert "# to answer, in places it is in" in by_socket.stdout
    said = yaml.safe_load(by_http.stdout)
    assert said["settings"]["socket_mode_enabled"] is False
    assert said["settings"]["event_subscriptions"]["request_url"] == "https://lore.example/slack/events"
    assert said["oauth_config"]["redirect_urls"] == ["https://lore.example/slack/oauth_redirect"]
    assert {one["url"] for one in said["features"]["slash_commands"]} == {"https://lore.example/slack/events"}
    assert plain.exit_code == 3
    Seal(key.stdout.strip())
    assert nobody.exit_code == 3
