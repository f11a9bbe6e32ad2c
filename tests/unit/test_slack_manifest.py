"""The app's manifest says what the code uses: no scope, event, command or shortcut too many, none too few."""

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import membership
from adapters.slack.manifest import WITHOUT, manifest, manifest_text

MANIFEST = manifest()
TEXT = manifest_text()

ASKED = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "app_mention": "app_mentions:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
    "team_join": "users:read",
    "user_change": "users:read",
    "channel_archive": "channels:read",
    "group_archive": "groups:read",
    "member_joined_channel": "channels:read",
}
"""Events and the scope without which Slack does not send them (https://docs.slack.dev/reference/events)."""


@pytest.mark.parametrize("scope", MANIFEST.scopes)
def test_every_scope_says_what_will_not_work_without_it(scope: str) -> None:
    assert re.search("[a-z]", WITHOUT[scope].said(in_chinese=False))
    assert re.search("[\u4e00-\u9fff]", WITHOUT[scope].said(in_chinese=True))
    assert re.search(rf"^      - {re.escape(scope)} # \S", TEXT, re.MULTILINE), "its comment says what it is for"


def test_no_scope_is_explained_that_is_not_asked_for() -> None:
    assert set(WITHOUT) == set(MANIFEST.scopes)
    assert len(set(MANIFEST.scopes)) == len(MANIFEST.scopes)


def test_each_event_has_the_scope_that_slack_wants_for_it() -> None:
    assert {event: scope for event, scope in ASKED.items() if event not in MANIFEST.events} == {}
    assert {scope for scope in ASKED.values() if scope not in MANIFEST.scopes} == set()


def test_it_subscribes_to_what_is_listened_for_and_to_nothing_else() -> None:
    changes: set[str] = vars(membership)["_CHANGES"]
    people = {"user_change", "team_join"}
    said = {"app_mention", "message.channels", "message.groups", "message.im", "message.mpim"}
    installed = {"app_uninstalled", "tokens_revoked"}
    surfaces = {"app_home_opened", "assistant_thread_started", "assistant_thread_context_changed"}
    heard = changes | people | said | installed | surfaces | {"channel_created"}
    assert set(MANIFEST.events) <= heard
    # What Slack sends to no app of this kind, or only with scopes that nothing else needs.
    assert heard - set(MANIFEST.events) == {
        "channel_convert_to_private",
        "channel_convert_to_public",
        "shared_channel_invite_accepted",
    }


def test_commands_and_shortcuts_are_those_that_people_are_told_of() -> None:
    assert MANIFEST.commands == ("/ask", "/lorelens")
    assert MANIFEST.shortcuts == ("ask_lorelens", "ask_about_message", "save_message")


def test_it_keeps_within_what_slack_takes() -> None:
    content: Any = MANIFEST.content
    shown = content["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 175 <= len(shown["long_description"]) <= 4000
    for shortcut in content["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for command in content["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert command["usage_hint"]
    assert content["settings"]["token_rotation_enabled"] is False


def test_the_file_itself_is_for_socket_mode_and_names_no_address() -> None:
    content: Any = MANIFEST.content
    assert content["settings"]["socket_mode_enabled"] is True
    assert "url:" not in TEXT
    assert "redirect_urls" not in TEXT


@pytest.mark.parametrize("address", ["http://lore.example", "lore.example", "https://", "https://lore.example/?a=b"])
def test_an_address_that_slack_would_not_take_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no https address"):
        MANIFEST.by_http(address)


def test_by_http_it_is_the_same_app_at_an_address() -> None:
    served: Any = MANIFEST.by_http("https://lore.example/team/").content
    assert served["settings"]["interactivity"]["request_url"] == "https://lore.example/team/slack/events"
    assert served["oauth_config"]["redirect_urls"] == ["https://lore.example/team/slack/oauth_redirect"]
    assert MANIFEST.by_http("https://lore.example").scopes == MANIFEST.scopes
    assert MANIFEST.by_http("https://lore.example").events == MANIFEST.events


@pytest.mark.parametrize(("page", "in_chinese"), [("slack.md", False), ("slack.zh-CN.md", True)])
def test_the_guide_lists_every_scope_in_its_language(page: str, in_chinese: bool) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    rows = [f"| `{scope}` | {without.said(in_chinese=in_chinese)} |" for scope, without in WITHOUT.items()]
    assert [row for row in rows if row not in text] == []
