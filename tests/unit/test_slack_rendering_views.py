"""Dialogs, the App Home, help and the assistant pane: what a person sees, and what Slack takes."""

from collections.abc import Iterable
from typing import Any

import pytest

from adapters.slack.home import Home, KnownSource, RecentAnswer, home_view
from adapters.slack.pane import greeting, prompts, title
from adapters.slack.views import Asked, ask_dialog, ask_errors, asked, feedback_dialog, forget_dialog, notice, reason
from adapters.texts import CHINESE, ENGLISH, LANGUAGES, Texts
from adapters.texts.help import Names, help_page
from tests.slack_emulator.blocks import check
from tests.slack_emulator.looks import shown

BOTH = pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.language)


def seen(blocks: Iterable[dict[str, Any]], surface: str = "modal") -> str:
    listed = list(blocks)
    assert check(listed, lambda _: True, surface) == []
    return shown("", listed, [])


def valid_view(view: dict[str, Any]) -> str:
    for part in ("title", "submit", "close"):
        if part in view:
            assert 0 < len(view[part]["text"]) <= 24
    assert len(view.get("private_metadata", "")) <= 3000
    return seen(view["blocks"], view["type"])


@BOTH
def test_ask_alone_opens_a_dialog_for_a_question_and_pictures(texts: Texts) -> None:
    view = ask_dialog(texts, metadata='{"channel": "C1"}')

    said = valid_view(view)

    assert texts.ask_question in said
    assert texts.ask_picture in said
    assert view["submit"]["text"] == texts.send
    assert view["private_metadata"] == '{"channel": "C1"}'


def test_asking_about_a_message_shows_its_beginning_and_notifies_nobody() -> None:
    view = ask_dialog(ENGLISH, about="<!here> the build is red " + "again " * 200, question="Why?" * 2000)

    said = valid_view(view)

    assert "About this message: @ here the build is red again" in said
    assert len(view["blocks"][1]["element"]["initial_value"]) == 3000


def test_without_the_permission_to_read_files_no_picture_is_asked_for() -> None:
    view = ask_dialog(ENGLISH, pictures=False)

    assert ENGLISH.ask_picture not in valid_view(view)
    assert view["blocks"][0]["optional"] is False


def test_what_was_filled_in_is_read_and_an_empty_dialog_is_sent_back() -> None:
    file = {"id": "F1", "name": "error.png"}
    values: dict[str, Any] = {
        "question": {"question": {"type": "plain_text_input", "value": " How? "}},
        "pictures": {"pictures": {"type": "file_input", "files": [file]}},
    }

    assert asked({"state": {"values": values}}) == Asked("How?", (file,))
    assert asked({"state": {"values": {"question": {"question": {"value": None}}}}}) == Asked("")
    assert asked({}) == Asked("")
    assert ask_errors(Asked(""), ENGLISH) == {"question": ENGLISH.ask_empty}
    assert ask_errors(Asked("How?"), ENGLISH) == ask_errors(Asked("", (file,)), ENGLISH) == {}


@BOTH
def test_thumbs_down_asks_for_a_reason_that_may_be_left_out(texts: Texts) -> None:
    view = feedback_dialog(texts, metadata="m")

    assert texts.feedback_question in valid_view(view)
    assert view["blocks"][0]["optional"] is True
    assert reason({"state": {"values": {"reason": {"reason": {"value": "out of date"}}}}}) == "out of date"


@BOTH
def test_forgetting_is_confirmed(texts: Texts) -> None:
    assert texts.forget_question in valid_view(forget_dialog(texts))
    assert texts.forget_question_here in valid_view(forget_dialog(texts, here=True))
    assert "@ here" in valid_view(notice(texts, texts.forget_title, "<!here>"))


def test_a_dialog_refuses_to_carry_more_than_slack_takes() -> None:
    with pytest.raises(ValueError, match="3000"):
        ask_dialog(ENGLISH, metadata="x" * 3001)


@BOTH
def test_the_home_says_how_what_and_when(texts: Texts) -> None:
    home = Home(
        sources=(KnownSource("handbook", 120, 14, "2026-11-24"), KnownSource("<!channel>", 1)),
        recent=(RecentAnswer("How do we *restart*?", "https://example.slack.com/archives/C1/p1", "10:30"),),
        language="zh",
    )

    view = home_view(home, texts, Names())
    said = valid_view(view)

    assert "handbook*  " in said
    assert texts.sources_count.format(documents=120, pictures=14) in said
    assert "@ channel" in said
    assert "How do we *restart*?" in said
    assert texts.home_ask in said
    assert "(English) (中文)" in said
    assert view["blocks"][-1]["accessory"]["initial_option"]["value"] == "zh"


@BOTH
def test_an_empty_home_invites_and_a_full_one_is_bounded(texts: Texts) -> None:
    assert texts.home_recent_nothing in valid_view(home_view(Home(language="tlh"), texts, Names()))
    full = Home(
        sources=tuple(KnownSource(f"source {number} " + "x" * 400, 3) for number in range(70)),
        recent=tuple(
            RecentAnswer(f"question {number} " + "y" * 400, "https://e.com/" + "z" * 900) for number in range(90)
        ),
    )

    said = valid_view(home_view(full, texts, Names()))

    assert texts.home_more.format(count=50) in said
    assert texts.home_more.format(count=80) in said


@BOTH
def test_help_says_what_one_can_do_in_the_words_of_the_platform(texts: Texts) -> None:
    said = help_page(texts, Names(mention="@lore"))

    assert "@lore " in said
    assert "/lorelens search" in said
    assert texts.save_message in said
    assert "{" not in said
    elsewhere = help_page(texts, Names(mention="@lore", ask="", command="", shortcuts=False))
    assert "/lorelens" not in elsewhere
    assert texts.save_message not in elsewhere


def test_the_assistant_pane_greets_and_suggests() -> None:
    assert greeting(ENGLISH, person="Ann <!here>") == "Hello Ann @ here! What would you like to know?"
    assert "<#C1>" in greeting(CHINESE, channel="C1")
    assert prompts(ENGLISH)[0]["title"] == ENGLISH.prompt_sources
    assert 0 < len(prompts(CHINESE, channel="general")) <= 4
    assert "#general" in prompts(ENGLISH, channel="general")[0]["message"]
    assert title("How **do** we\nrestart?", ENGLISH) == "How do we restart?"
    assert title("", ENGLISH) == ENGLISH.thread_title
    assert len(title("word " * 90, ENGLISH)) <= 60
