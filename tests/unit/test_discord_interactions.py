"""What is read off an interaction: who it is, where, and whether they are alone with Lorelens there."""

from typing import Any, cast

import discord
import pytest

from adapters.discord.addresses import Addresses
from bots.discord.client import DiscordClient
from bots.discord.commands import is_private
from bots.discord.definitions import definitions, shown
from bots.discord.reading import filled, focused, option
from bots.discord.registering import is_registered
from bots.discord.whom import whom

ADA = {"id": "7", "username": "ada", "discriminator": "0", "global_name": "Ada", "avatar": None}


async def test_in_the_conversation_with_it_a_person_is_alone_with_it() -> None:
    who = whom(interaction(context=1))
    assert (who.workspace, who.spot.id, who.is_among_others, who.is_elsewhere) == ("@me", "5", False, False)
    assert (who.user, who.name, who.locale, who.application) == ("7", "Ada", "zh-CN", "9")
    assert who.chinese


@pytest.mark.parametrize("kind", [1, 3])
async def test_in_a_conversation_with_others_only_the_asker_sees_the_answer(kind: int) -> None:
    one = interaction(context=2, channel={"id": "5", "type": kind, "recipients": [ADA]}, private=False)
    who = whom(one)
    assert who.is_among_others and who.is_elsewhere and is_private(one, who)


async def test_on_a_server_that_it_is_not_on_only_the_asker_sees_the_answer() -> None:
    channel = {"id": "5", "type": 0, "name": "lounge", "position": 0}
    member: dict[str, Any] = {
        "user": ADA,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00Z",
        "flags": 0,
        "permissions": "0",
    }
    one = interaction(
        context=0,
        guild_id="3",
        guild={"id": "3", "features": []},
        channel=channel,
        member={**member, "permissions": "0"},
    )
    who = whom(one)
    assert who.workspace == "@me" and who.is_elsewhere and is_private(one, who)


async def test_a_server_that_tells_no_context_has_direct_conversations_with_it_alone() -> None:
    assert not whom(interaction(context=None)).is_among_others
    assert whom(interaction(context=None, channel={"id": "5", "type": 3, "recipients": []})).is_among_others


async def test_options_and_what_is_typed_are_read() -> None:
    one = interaction(context=1, private=True)
    assert option(one, "question") == "why?" and option(one, "private") is True and option(one, "picture") is None
    typed = interaction(context=1, options=[{"name": "words", "type": 3, "value": "ro", "focused": True}])
    assert focused(typed) == "ro" and focused(one) == ""


async def test_fields_of_a_form_are_read_in_labels_and_in_rows() -> None:
    components = [
        {"type": 10, "id": 1},
        {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": "question", "value": " why? "}},
        {"type": 18, "id": 4, "component": {"type": 3, "id": 5, "custom_id": "where", "values": ["here"]}},
        {"type": 1, "components": [{"type": 4, "custom_id": "reason", "value": "wrong"}]},
    ]
    one = interaction(context=1, data={"custom_id": "x", "components": components}, type=5)
    assert filled(one) == {"question": "why?", "where": "here", "reason": "wrong"}


def test_commands_are_the_same_whatever_discord_adds_and_leaves_out() -> None:
    there: list[dict[str, Any]] = [{**one, "id": str(at), "version": "1"} for at, one in enumerate(definitions())]
    for one in there:
        one["contexts"] = list(reversed(one["contexts"]))
        if not one.get("options"):
            one.pop("options", None)
    assert is_registered([*there, {"type": 4, "name": "launch"}])
    assert not is_registered(there[1:])
    assert not is_registered([*there, {"type": 1, "name": "old", "description": "old"}])
    there[0] = {**there[0], "description_localizations": None}
    assert not is_registered(there)


def test_names_are_as_discord_takes_them_and_texts_are_short_enough() -> None:
    for one in definitions():
        named = [one, *one.get("options", [])]
        for part in named:
            names = [part["name"], *part["name_localizations"].values()]
            assert all(len(name) <= 32 and (name == name.lower() or one["type"] == 3) for name in names)
            if one["type"] == 1:
                assert all(len(text) <= 100 for text in part["description_localizations"].values())
    assert shown("ask", "zh-TW") == "/提問" and shown("ask", "fr") == "/ask"


def interaction(
    *,
    context: int | None,
    private: bool | None = None,
    options: list[dict[str, Any]] | None = None,
    data: dict[str, Any] | None = None,
    **more: Any,
) -> discord.Interaction[discord.Client]:
    """An interaction as discord.py makes it of Discord's JSON."""
    said: list[dict[str, Any]] = [{"name": "question", "type": 3, "value": "why?"}]
    said += [{"name": "private", "type": 5, "value": private}] if private is not None else []
    payload: dict[str, Any] = {
        "id": "1",
        "application_id": "9",
        "type": 2,
        "token": "t",
        "version": 1,
        "attachment_size_limit": 1,
        "locale": "zh-CN",
        "channel": {"id": "5", "type": 1, "recipients": [ADA]},
        "data": data or {"id": "2", "name": "ask", "type": 1, "options": options or said},
        "authorizing_integration_owners": {},
        **({"context": context} if context is not None else {}),
        **({"user": ADA} if "guild_id" not in more else {}),
        **more,
    }
    state: Any = DiscordClient(Addresses())._connection  # pyright: ignore[reportPrivateUsage]
    state.user = discord.ClientUser(state=state, data=cast(Any, {**ADA, "id": "9", "bot": True}))
    return discord.Interaction(data=cast(Any, payload), state=state)
