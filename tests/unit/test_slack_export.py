"""A Slack export read as channels: threads together, private ones left alone, tokens and bombs kept out."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from adapters.slack.export import SlackExport
from core.audience import workspace
from core.errors import DocumentError
from core.messages import EVERYONE
from core.sources.channels.connector import ChannelConnector
from core.sources.connector import Part, SourceSpec
from core.sources.mirror import Mirror

ROOT, REPLY = "1767261600.000100", "1767366000.000200"  # 2026-01-01 10:00 and the day after, 15:00
USERS = [
    {"id": "U1ADA", "team_id": "T1", "name": "ada", "profile": {"display_name": "Ada"}},
    {"id": "U1BEN", "team_id": "T1", "name": "ben", "profile": {"real_name": "Ben"}},
]


class Quiet:
    def fetched(self, item: str, *, total: int | None = None) -> None:
        return

    def problem(self, item: str, reason: str) -> None:
        raise AssertionError((item, reason))


def packed(to: Path, extra: dict[str, object] | None = None) -> Path:
    parts: dict[str, object] = {
        "users.json": USERS,
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1ADA"]}],
        "groups.json": [{"id": "G1", "name": "board"}],
        "general/2026-01-01.json": [
            {
                "type": "message",
                "subtype": "channel_join",
                "user": "U1ADA",
                "text": "joined",
                "ts": "1767261500.000100",
            },
            {
                "type": "message",
                "user": "U1ADA",
                "text": "Who knows the code of <@U1BEN>? https://files.slack.com/a/b.png?t=xoxe-12-secret",
                "ts": ROOT,
                "thread_ts": ROOT,
                "reply_count": 1,
                "files": [{"id": "F1", "name": "map.png", "url_private": "https://files.slack.com/x?t=xoxe-12-secret"}],
            },
        ],
        "general/2026-01-02.json": [
            {"type": "message", "user": "U1BEN", "text": "It is 4711.", "ts": REPLY, "thread_ts": ROOT},
            {"type": "message", "user": "U1BEN", "text": "Lunch?", "ts": "1767369600.000300"},
        ],
        "board/2026-01-01.json": [{"type": "message", "user": "U1BEN", "text": "We sell.", "ts": ROOT}],
        **(extra or {}),
    }
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in parts.items():
            archive.writestr(name, json.dumps(value))
    return to


async def read(path: Path, to: Path, audience: tuple[str, ...] = (EVERYONE,)) -> tuple[list[Part], dict[str, str]]:
    history = SlackExport(path, url="https://acme.slack.com/", with_private=audience != (EVERYONE,))
    connector = ChannelConnector(history, SourceSpec(name="old", kind="slack_export", audience=audience))
    said: dict[str, str] = {}
    parts = [part async for part in connector.parts()]
    for part in parts:
        mirror = Mirror(to / part.key)
        await connector.fetch(part, mirror, Quiet())
        said.update({f"{part.name}/{one}": (mirror.read(one) or b"").decode() for one in mirror.paths()})
    await connector.close()
    return parts, said


async def test_a_thread_over_two_days_is_one_document(tmp_path: Path) -> None:
    parts, said = await read(packed(tmp_path / "old.zip"), tmp_path / "mirror")
    assert [part.name for part in parts] == ["general"]
    assert parts[0].audience[0] == workspace("slack", "T1")
    assert sorted(said) == [
        f"general/2026-01-01/thread-{ROOT}.md",
        "general/2026-01-02/talk-1767369600.000300.md",
    ]
    thread = said[f"general/2026-01-01/thread-{ROOT}.md"]
    assert "4711" in thread and "@Ben" in thread.replace("\\", "") and "Attached" in thread
    assert f"https://acme.slack.com/archives/C1/p{ROOT.replace('.', '')}" in thread
    assert "xoxe" not in "".join(said.values()) and "joined" not in "".join(said.values())


async def test_what_is_private_is_read_only_for_those_who_are_named(tmp_path: Path) -> None:
    parts, said = await read(packed(tmp_path / "old.zip"), tmp_path / "mirror", ("slack/T1/person/U1ADA",))
    assert {part.name: part.audience for part in parts} == {
        "general": ("slack/T1/person/U1ADA",),
        "board": ("slack/T1/person/U1ADA",),
    }
    assert "We sell" in "".join(said.values())


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_path_that_leads_out_leads_nowhere(tmp_path: Path) -> None:
    hostile: dict[str, object] = {
        "channels.json": [{"id": "C1", "name": "../../etc"}, {"id": "../../C2", "name": "general"}],
        "../../etc/2026-01-01.json": [{"type": "message", "user": "U1ADA", "text": "out", "ts": "../../../1"}],
    }
    _, said = await read(packed(tmp_path / "old.zip", hostile), tmp_path / "in" / "mirror")
    assert names_in(tmp_path) <= {"old.zip", "in"}
    assert said


@pytest.mark.slow
async def test_what_is_no_export_or_a_bomb_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.txt", "x")
    for path in (other, packed(tmp_path / "bomb.zip", {"users.json": "0" * (65 * 2**20)})):
        with pytest.raises(DocumentError):
            await SlackExport(path).channels()
    (tmp_path / "no.zip").write_bytes(io.BytesIO(b"PK nothing").getvalue())
    with pytest.raises(DocumentError, match="no ZIP"):
        await SlackExport(tmp_path / "no.zip").channels()
