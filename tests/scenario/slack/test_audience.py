"""On what an answer draws: who is in the channel, and what happens when Slack does not say."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from adapters import lookups
from adapters.slack.api import Installed, OneWorkspace
from adapters.slack.intake import Intake
from adapters.slack.membership import MEMBERS_FRESH
from core.audience import EVERYONE, GUESTS
from core.messages import Author, Message, Place
from core.question import Question
from tests.slack_emulator import Channel, Person, SlackEmulator


@pytest.fixture
async def slack() -> AsyncGenerator[SlackEmulator]:
    async with SlackEmulator() as slack:
        yield slack


@pytest.fixture
async def intake(slack: SlackEmulator) -> AsyncGenerator[Intake]:
    clients = OneWorkspace(slack.bot_token, url=slack.api_url)
    intake = Intake.of(clients, api_url=slack.api_url)
    yield intake
    await intake.close()
    await clients.close()


def asked(slack: SlackEmulator, by: Person, channel: Channel | None = None) -> Question:
    """A question in a channel, or directly."""
    visibility: dict[str, Literal["public", "private", "direct"]] = {"public": "public", "private": "private"}
    place = Place(
        platform="slack",
        workspace=slack.team.id,
        channel=channel.id if channel else "D1",
        thread="1.2" if channel else None,
        visibility=visibility.get(channel.kind, "private") if channel else "direct",
    )
    message = Message(id="x:1.2", place=place, author=Author(id=by.id), text="?", sent_at=datetime.now(UTC))
    return Question(message=message, delivery={"team": slack.team.id, "enterprise": "", "user": by.id})


class Names:
    """Principals in words: an audience as the names of its channels and people."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._prefix = f"slack/{slack.team.id}"

    def of(self, audience: tuple[str, ...], *known: Channel | Person) -> set[str]:
        words = {f"{self._prefix}/channel/{one.id}": f"#{one.name}" for one in known if isinstance(one, Channel)}
        words |= {f"{self._prefix}/person/{one.id}": f"@{one.name}" for one in known if isinstance(one, Person)}
        words |= {self._prefix: "workspace", EVERYONE: "everyone", GUESTS: "guests"}
        return {words[principal] for principal in audience if principal in words}


async def test_a_public_channel_of_full_members(slack: SlackEmulator, intake: Intake) -> None:
    ada = slack.person("ada")
    general, random = slack.channel("general"), slack.channel("random", members=[])
    secret = slack.channel("secret", "private", members=[ada])
    audience = await intake.audience(asked(slack, ada, general))
    found = Names(slack).of(audience, general, random, secret)
    # What others in the workspace may not read is not drawn on, though everybody in the channel may today.
    assert found == {"guests", "everyone", "workspace", "#general", "#random"}


async def test_a_guest_in_the_channel(slack: SlackEmulator, intake: Intake) -> None:
    ada, gus = slack.person("ada"), slack.person("gus", guest="restricted")
    project = slack.channel("project", members=[ada, gus])
    other = slack.channel("other", members=[ada, gus])
    random = slack.channel("random", members=[ada])
    audience = await intake.audience(asked(slack, ada, project))
    assert Names(slack).of(audience, project, other, random) == {"guests", "#project", "#other"}


async def test_a_single_channel_guest_asks_directly(slack: SlackEmulator, intake: Intake) -> None:
    gus = slack.person("gus", guest="single")
    project, random = slack.channel("project", members=[gus]), slack.channel("random", members=[])
    audience = await intake.audience(asked(slack, gus))
    assert Names(slack).of(audience, project, random, gus) == {"guests", "#project", "@gus"}


async def test_a_member_asks_directly(slack: SlackEmulator, intake: Intake) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    hers = slack.channel("hers", "private", members=[ada])
    his = slack.channel("his", "private", members=[bob])
    random = slack.channel("random", members=[bob])
    audience = await intake.audience(asked(slack, ada))
    found = Names(slack).of(audience, hers, his, random, ada, bob)
    assert found == {"guests", "everyone", "workspace", "@ada", "#hers", "#random"}


async def test_a_private_channel_draws_on_those_that_hold_all_of_it(slack: SlackEmulator, intake: Intake) -> None:
    ada, bob, cyd = slack.person("ada"), slack.person("bob"), slack.person("cyd")
    core = slack.channel("core", "private", members=[ada, bob, cyd])
    team = slack.channel("team", "private", members=[ada, bob, cyd, slack.person("dan")])
    pair = slack.channel("pair", "private", members=[ada, bob])
    audience = await intake.audience(asked(slack, ada, core))
    assert Names(slack).of(audience, core, team, pair) == {"guests", "everyone", "workspace", "#core", "#team"}
    audience = await intake.audience(asked(slack, ada, pair))
    assert Names(slack).of(audience, core, team, pair) >= {"#pair", "#core", "#team"}


async def test_a_shared_channel_gets_no_more_than_itself(slack: SlackEmulator, intake: Intake) -> None:
    ada = slack.person("ada")
    shared = slack.channel("shared", members=[ada, slack.stranger("zoe")], shared=True)
    random = slack.channel("random", members=[ada])
    audience = await intake.audience(asked(slack, ada, shared))
    assert Names(slack).of(audience, shared, random) == {"guests", "#shared"}
    assert len(audience) == 2


async def test_a_stranger_asks_directly(slack: SlackEmulator, intake: Intake) -> None:
    ada, zoe = slack.person("ada"), slack.stranger("zoe")
    shared = slack.channel("shared", members=[ada, zoe], shared=True)
    random = slack.channel("random", members=[ada])
    audience = await intake.audience(asked(slack, zoe))
    assert Names(slack).of(audience, shared, random, zoe) == {"guests", "#shared", "@zoe"}


async def test_a_guest_who_joins_is_heard_of(slack: SlackEmulator, intake: Intake) -> None:
    ada, gus = slack.person("ada"), slack.person("gus", guest="restricted")
    project = slack.channel("project", members=[ada])
    assert EVERYONE in await intake.audience(asked(slack, ada, project))
    await gus.joins(project)
    assert EVERYONE in await intake.audience(asked(slack, ada, project))  # remembered, for some seconds
    installed = await intake.clients.installed(slack.team.id)
    intake.heard({"type": "member_joined_channel", "user": gus.id, "channel": project.id}, installed)
    assert EVERYONE not in await intake.audience(asked(slack, ada, project))
    await gus.leaves(project)
    intake.heard({"type": "member_left_channel", "user": gus.id, "channel": project.id}, installed)
    assert EVERYONE in await intake.audience(asked(slack, ada, project))


async def test_who_is_taken_out_of_a_private_channel_draws_on_nothing_of_it_at_once(
    slack: SlackEmulator, intake: Intake
) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    secret = slack.channel("secret", "private", members=[ada, bob])
    assert "#secret" in Names(slack).of(await intake.audience(asked(slack, bob)), secret)
    await bob.leaves(secret)
    installed = await intake.clients.installed(slack.team.id)
    intake.heard({"type": "member_left_channel", "user": bob.id, "channel": secret.id}, installed)
    assert "#secret" not in Names(slack).of(await intake.audience(asked(slack, bob)), secret)


async def test_who_is_taken_out_of_a_private_channel_draws_on_nothing_of_it_in_seconds_though_no_event_tells(
    slack: SlackEmulator, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    secret = slack.channel("secret", "private", members=[ada, bob])
    board = slack.channel("board", "private", members=[ada, bob])
    assert "#secret" in Names(slack).of(await intake.audience(asked(slack, bob)), secret)
    assert "#secret" in Names(slack).of(await intake.audience(asked(slack, ada, board)), secret)
    await bob.leaves(secret)
    later = time.monotonic() + MEMBERS_FRESH
    monkeypatch.setattr(lookups, "time", SimpleNamespace(monotonic=lambda: later))
    assert "#secret" not in Names(slack).of(await intake.audience(asked(slack, bob)), secret)
    # Nor does an answer that he would read in another private channel.
    assert "#secret" not in Names(slack).of(await intake.audience(asked(slack, ada, board)), secret)
    assert MEMBERS_FRESH <= 10


async def test_when_slack_does_not_say_less_is_drawn_on(
    slack: SlackEmulator, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    ada = slack.person("ada")
    general = slack.channel("general")
    await intake.clients.installed(slack.team.id)
    slack.faults.add("conversations.members", "fatal_error", count=1)
    slack.faults.add("users.conversations", "missing_scope", count=1)
    audience = await intake.audience(asked(slack, ada, general))
    assert Names(slack).of(audience, general) == {"guests", "#general"}
    assert "draws on less" in caplog.text
    directly = await intake.audience(asked(slack, ada))
    assert Names(slack).of(directly, general, ada) == {"guests", "everyone", "workspace", "@ada", "#general"}
    # What failed is not remembered.
    assert EVERYONE in await intake.audience(asked(slack, ada, general))


async def test_many_ask_at_once_and_slack_is_asked_once(slack: SlackEmulator, intake: Intake) -> None:
    people = [slack.person(f"p{at}") for at in range(30)]
    general = slack.channel("general", members=people)
    audiences = await asyncio.gather(*(intake.audience(asked(slack, one, general)) for one in people))
    assert len(set(audiences)) == 1 and EVERYONE in audiences[0]
    counts = {
        method: len(slack.calls(method)) for method in ("conversations.members", "users.list", "conversations.info")
    }
    assert counts == {"conversations.members": 1, "users.list": 1, "conversations.info": 1}
    assert len(slack.calls("users.info")) <= 20


async def test_other_apps_in_a_channel_are_not_its_people(slack: SlackEmulator, intake: Intake) -> None:
    ada = slack.person("ada")
    builds = slack.channel("builds", members=[ada, slack.other_bot("ci")])
    assert EVERYONE in await intake.audience(asked(slack, ada, builds))


async def test_a_person_is_known_by_name_and_language(slack: SlackEmulator, intake: Intake) -> None:
    li = slack.person("li", display_name="李雷", locale="zh-CN")
    installed = await intake.clients.installed(slack.team.id)
    assert installed == Installed(
        team=slack.team.id, user=slack.bot_user_id, bot=slack.bot_id, enterprise="", url=installed.url
    )
    person: Any = await intake.membership.person(installed, li.id)
    assert (person.name, person.locale, person.standing) == ("李雷", "zh-CN", "member")


async def test_a_group_of_people_is_private_to_them(slack: SlackEmulator, intake: Intake) -> None:
    ada, bob, gus = slack.person("ada"), slack.person("bob"), slack.person("gus", guest="restricted")
    two, three = slack.group_dm(ada, bob), slack.group_dm(ada, bob, gus)
    audience = await intake.audience(asked(slack, ada, two))
    assert Names(slack).of(audience, two, three) >= {"guests", "everyone", f"#{two.name}", f"#{three.name}"}
    audience = await intake.audience(asked(slack, ada, three))
    assert Names(slack).of(audience, two, three) == {"guests", f"#{three.name}"}


async def test_where_a_scope_is_missing_the_other_channels_are_found(slack: SlackEmulator, intake: Intake) -> None:
    ada = slack.person("ada")
    general, hers = slack.channel("general"), slack.channel("hers", "private", members=[ada])
    slack.installation().scopes.remove("mpim:read")
    audience = await intake.audience(asked(slack, ada))
    assert Names(slack).of(audience, general, hers) >= {"everyone", "#general", "#hers"}


async def test_in_a_large_workspace_people_are_read_from_the_list(slack: SlackEmulator, intake: Intake) -> None:
    people = [slack.person(f"p{at}") for at in range(1200)]
    general = slack.channel("general", members=people)
    mixed = slack.channel("mixed", members=[*people, slack.person("gus", guest="single")])
    assert EVERYONE in await intake.audience(asked(slack, people[0], general))
    assert EVERYONE not in await intake.audience(asked(slack, people[0], mixed))
    assert len(slack.calls()) < 20


async def test_a_slow_slack_keeps_nobody_waiting(
    slack: SlackEmulator, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.audience.PATIENCE", 0.1)
    ada = slack.person("ada")
    general = slack.channel("general")
    await intake.clients.installed(slack.team.id)
    slack.faults.add("conversations.members", "slow", seconds=0.3)
    assert EVERYONE not in await intake.audience(asked(slack, ada, general))
    # What it asked goes on, and is there for the next.
    await slack.until(lambda: any(call.ok for call in slack.calls("conversations.members")))
    await intake.audience(asked(slack, ada, general))
    assert len(slack.calls("conversations.members")) == 1


async def test_what_changes_is_heard_of(slack: SlackEmulator, intake: Intake) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    general, plans = slack.channel("general"), slack.channel("plans", members=[bob])
    audience = await intake.audience(asked(slack, ada, general))
    assert Names(slack).of(audience, plans) == {"guests", "everyone", "workspace", "#plans"}
    installed = await intake.clients.installed(slack.team.id)

    plans.kind = "private"
    intake.heard({"type": "channel_convert_to_private", "channel": plans.id}, installed)
    assert Names(slack).of(await intake.audience(asked(slack, ada, general)), plans) == {
        "guests",
        "everyone",
        "workspace",
    }
    bob.account.guest = "restricted"
    intake.heard({"type": "user_change", "user": {"id": bob.id}}, installed)
    assert Names(slack).of(await intake.audience(asked(slack, ada, general)), plans) == {"guests"}

    bob.account.deleted = True
    intake.heard({"type": "user_change", "user": {"id": bob.id}}, installed)
    assert EVERYONE in await intake.audience(asked(slack, ada, general))

    general.shared = True
    intake.heard({"type": "channel_shared", "channel": general.id, "connected_team_id": "T0OTHER"}, installed)
    audience = await intake.audience(asked(slack, ada, general))
    assert Names(slack).of(audience, general, plans) == {"guests", "#general"}
