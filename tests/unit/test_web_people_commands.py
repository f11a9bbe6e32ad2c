"""`lorelens web people` and `lorelens web tokens`: an operator lets a team in, and somebody out."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bots.cli import app
from bots.web.door import passwords
from bots.web.door.people_file import PeopleFile
from tests.web_stage.doorstep import PASSWORD, QUICK


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", QUICK)


async def web(data: Path, *arguments: str, given: str = "") -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["web", *arguments, "--data", str(data)], input=given)


async def add(data: Path, name: str, *more: str) -> Result:
    return await web(data, "people", "add", name, "--stdin", *more, given=PASSWORD + "\n")


async def test_people_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    assert "nobody yet" in (await web(tmp_path, "people")).output
    added = await add(tmp_path, "Ann", "--role", "operator", "--principal", "slack/T1/channel/C1")
    assert added.exit_code == 0 and "Ann may get in" in added.output
    await add(tmp_path, "小明")
    assert "Ann  operator  slack/T1/channel/C1" in (await web(tmp_path, "people", "list")).output
    assert (await web(tmp_path, "people", "change", "ann", "--role", "guest", "--principal", "")).exit_code == 0
    listed = json.loads((await web(tmp_path, "people", "list", "--json")).output)
    assert [(one["name"], one["role"], one["principals"]) for one in listed] == [
        ("Ann", "guest", []),
        ("小明", "member", []),
    ]
    assert (await web(tmp_path, "people", "remove", "ANN")).exit_code == 0
    assert list((await PeopleFile(tmp_path).people()).people) == ["小明"]


async def test_what_is_kept_is_the_owners_alone_and_holds_no_secret(tmp_path: Path) -> None:
    await add(tmp_path, "Ann")
    token = json.loads((await web(tmp_path, "tokens", "add", "Ann", "--json")).stdout)["token"]
    file = PeopleFile(tmp_path).file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert PASSWORD not in text and token not in text and "$argon2id$" in text


async def test_another_password_is_another_stamp(tmp_path: Path) -> None:
    await add(tmp_path, "Ann")
    before = (await PeopleFile(tmp_path).people()).people["ann"]
    assert (await web(tmp_path, "people", "password", "ann", "--stdin", given="another long one\n")).exit_code == 0
    after = (await PeopleFile(tmp_path).people()).people["ann"]
    assert before.stamp != after.stamp and before.role == after.role
    assert await passwords.Passwords().is_right("another long one", after.password)
    assert not await passwords.Passwords().is_right(PASSWORD, after.password)


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("Ann", "short", "10 to 1024 characters"),
        ("Ann", "", "10 to 1024 characters"),
        ("Ann", "x" * 2000, "10 to 1024 characters"),
        ("annabella.b", "ANNABELLA.B", "no password"),
        ("a/b", PASSWORD, "can't be a name"),
        ("", PASSWORD, "can't be a name"),
        ("a b", PASSWORD, "can't be a name"),
        ("x" * 65, PASSWORD, "can't be a name"),
        ("local-me", PASSWORD, "at this machine"),
    ],
)
async def test_who_can_not_be_added_is_told_why(tmp_path: Path, name: str, given: str, why: str) -> None:
    refused = await web(tmp_path, "people", "add", name, "--stdin", given=given + "\n")
    assert refused.exit_code == 2 and why in refused.output
    assert not PeopleFile(tmp_path).file.exists()


async def test_a_password_is_not_read_from_a_pipe_unless_told(tmp_path: Path) -> None:
    refused = await web(tmp_path, "people", "add", "Ann", given=PASSWORD + "\n")
    assert refused.exit_code == 2 and "--stdin" in refused.output


async def test_nobody_is_added_twice_and_nobody_unknown_is_changed(tmp_path: Path) -> None:
    await add(tmp_path, "Ann")
    assert "already" in (await add(tmp_path, "ANN")).output
    assert "no role" in (await web(tmp_path, "people", "change", "Ann", "--role", "root")).output
    assert "What is to change" in (await web(tmp_path, "people", "change", "Ann")).output
    for command in (
        ["people", "remove"],
        ["people", "password", "--stdin"],
        ["people", "change", "--role", "guest"],
        ["tokens", "add"],
    ):
        refused = await web(tmp_path, *command, "Bo", given=PASSWORD + "\n")
        assert refused.exit_code == 2 and "nobody called" in refused.output
    assert "no token" in (await web(tmp_path, "tokens", "revoke", "x")).output


async def test_a_token_is_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    await web(tmp_path, "people", "add", "robot", "--no-password")
    assert "no tokens yet" in (await web(tmp_path, "tokens")).output
    made = await web(tmp_path, "tokens", "add", "robot", "--name", "laptop", "--days", "3")
    token = made.stdout.strip().splitlines()[-1]
    people = await PeopleFile(tmp_path).people()
    assert token.startswith("lorelens_") and (found := people.bearer(token)) and found.id == "robot"
    listed = json.loads((await web(tmp_path, "tokens", "list", "--json")).output)
    assert listed[0]["person"] == "robot" and listed[0]["name"] == "laptop" and listed[0]["until"]
    assert token not in (await web(tmp_path, "tokens")).output
    assert (await web(tmp_path, "tokens", "revoke", listed[0]["id"])).exit_code == 0
    assert (await PeopleFile(tmp_path).people()).bearer(token) is None
    assert not await passwords.Passwords().is_right("", people.people["robot"].password)


async def test_a_process_that_has_read_the_people_sees_them_change(tmp_path: Path) -> None:
    file = PeopleFile(tmp_path)
    assert not (await file.people()).people
    for name in ("Ann", "Bob", "Cyd"):
        await add(tmp_path, name)
        assert name.lower() in (await file.people()).people
    file.file.unlink()
    assert not (await file.people()).people
