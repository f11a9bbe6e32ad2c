"""`lorelens doctor discord` as an operator meets it: what is wrong on Discord's side, and what to do about it."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.discord.addresses import Addresses, Plain
from bots.cli import app
from bots.discord.definitions import definitions
from tests.discord_emulator import Channel, Emulator, Guild, Permission

WRONG = f"MTA.wrong1.{'wrong' * 6}"
PARTS = {"token", "message content", "gateway", "commands", "servers", "Acme", "add to a server", "settings"}


@dataclass
class Doctor:
    """Somebody at the command line, with these variables set."""

    data: Path
    variables: dict[str, str]

    async def says(self, *arguments: str, **variables: str) -> Result:
        given = {"LORELENS_DATA": str(self.data), "COLUMNS": "300", **self.variables, **variables}
        return await asyncio.to_thread(CliRunner().invoke, app, ["doctor", *arguments], env=given)

    async def finds(self, **variables: str) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and the findings."""
        done = await self.says("discord", "--json", **variables)
        return done.exit_code, json.loads(done.stdout)["findings"]


@pytest.fixture
def doctor(discord: Emulator, acme: Guild, general: Channel, tmp_path: Path) -> Doctor:
    variables = {"LORELENS_DISCORD_API_URL": discord.api_url, "LORELENS_DISCORD_TOKEN": discord.token}
    return Doctor(tmp_path, variables)


def of(findings: list[dict[str, Any]], part: str, state: str = "broken") -> list[str]:
    """What is found of a part, with what to do about it."""
    chosen = [one for one in findings if one["part"] == part and one["state"] == state]
    return [f"{one['found']} | {one['remedy']}" for one in chosen]


async def test_all_is_well(discord: Emulator, doctor: Doctor) -> None:
    code, findings = await doctor.finds()
    assert code == 0, findings
    assert {one["part"] for one in findings} >= PARTS
    [invite] = of(findings, "add to a server", "ok")
    assert f"client_id={discord.application.id}" in invite
    assert "scope=bot+applications.commands&permissions=274878024704" in invite
    assert "scope=applications.commands&integration_type=1" in of(findings, "install for oneself", "ok")[0]
    assert discord.token not in json.dumps(findings)
    assert {call.method for call in discord.calls} == {"GET"}


async def test_a_wrong_token(doctor: Doctor) -> None:
    code, findings = await doctor.finds(LORELENS_DISCORD_TOKEN=WRONG)
    assert code == 3
    assert "Check LORELENS_DISCORD_TOKEN" in of(findings, "token")[0]


async def test_something_else_that_was_pasted_as_the_token(doctor: Doctor) -> None:
    code, findings = await doctor.finds(LORELENS_DISCORD_TOKEN="0" * 32)
    assert code == 3
    assert "three parts" in of(findings, "settings")[0]


async def test_an_intent_that_is_off(discord: Emulator, doctor: Doctor) -> None:
    discord.application.message_content = False
    code, findings = await doctor.finds()
    assert code == 3
    assert "Privileged Gateway Intents" in of(findings, "message content")[0]


async def test_permissions_that_are_missing_are_named_by_channel_with_what_will_not_work(
    discord: Emulator, acme: Guild, general: Channel, doctor: Doctor
) -> None:
    discord.channel(acme, "board", hidden=True)
    discord.overwrite(general, discord.bot, deny=Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY)
    code, findings = await doctor.finds()
    assert code == 3
    assert of(findings, "Acme", "ok") == ["it sees 1 of 2 channels | "]
    said = of(findings, "Acme")
    assert any("lacks Send Messages in #general: whoever asks there is told directly" in one for one in said)
    assert any("lacks Read Message History in #general: " in one for one in said)


async def test_commands_of_another_version(discord: Emulator, doctor: Doctor) -> None:
    _, findings = await doctor.finds()
    assert "not as this version has them: none" in of(findings, "commands", "note")[0]
    async with Plain(Addresses(discord.api_url)) as client:
        await client.login(discord.token)
        await client.http.bulk_upsert_global_commands(client.application_id or 0, definitions())
    _, findings = await doctor.finds()
    assert "registered: ask, " in of(findings, "commands", "ok")[0]


async def test_it_is_on_no_server_yet(discord: Emulator, acme: Guild, doctor: Doctor) -> None:
    discord.remove_bot(acme)
    _, findings = await doctor.finds()
    assert "Open the link below" in of(findings, "servers", "note")[0]


async def test_discord_can_not_be_reached(discord: Emulator, doctor: Doctor) -> None:
    code, findings = await doctor.finds(LORELENS_DISCORD_API_URL="http://127.0.0.1:9/api/v10")
    assert code == 3
    assert of(findings, "token")


@pytest.mark.slow  # everything else is looked at too
async def test_the_short_report_names_it_if_it_is_set_up(doctor: Doctor) -> None:
    done = await doctor.says("--json")
    found = {one["part"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["discord"]["state"] == "ok"
    assert "Lorelens" in found["discord"]["found"]
