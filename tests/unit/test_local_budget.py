"""A conversation is made to fit: the oldest pictures go first, then the oldest turns, and it says so."""

from functools import cache
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from core.errors import PictureError, QuestionError
from core.models.local import budget
from core.models.local.budget import LEAST_ANSWER, LEFT_OUT, Budget
from core.models.local.conversation import SentPicture, read_messages
from core.models.local.prompt import Prompt, PromptBuilder, open_sent
from tests.contract.local_models import asked, picture
from tests.unit.test_local_template import processor


@cache
def builder(family: str = "llava") -> PromptBuilder:
    return PromptBuilder(processor(family))


def fitted(room: int, *messages: BaseMessage, family: str = "llava", language: str = "en") -> Prompt:
    """The prompt when so many tokens may be read."""
    return Budget(room + LEAST_ANSWER, language).prompt(builder(family), read_messages(messages))


CONVERSATION = [
    SystemMessage("Be brief."),
    asked("what is it?", "red"),
    AIMessage("It is red."),
    asked("and this?", "blue", "green"),
    AIMessage("It is blue, and green."),
    asked("and which is yellow?", "yellow"),
]


def test_what_fits_is_left_as_it_is() -> None:
    prompt = fitted(2000, *CONVERSATION)
    assert len(prompt.pictures) == 4 and not prompt.notices


@pytest.mark.parametrize("family", ["llava", "idefics3", "qwen2-vl", "llava-onevision"])
def test_the_oldest_pictures_go_first_and_it_says_so(family: str) -> None:
    whole = fitted(5000, *CONVERSATION, family=family)
    prompt = fitted(whole.tokens - 1, *CONVERSATION, family=family)
    assert 1 <= len(prompt.pictures) <= 3
    assert prompt.pictures[-1].getpixel((20, 20)) == (255, 255, 0)
    assert prompt.text.count(LEFT_OUT) == 4 - len(prompt.pictures)
    assert prompt.text.index(LEFT_OUT) < prompt.text.index("what is it?")
    assert "It is red." in prompt.text, "the words stay"
    assert prompt.tokens <= whole.tokens - 1
    assert prompt.notices == (
        f"The model can't read this much at once: {4 - len(prompt.pictures)} earlier picture(s) were left out.",
    )


def test_then_the_oldest_turns_go_but_never_the_system_text_or_the_last_question() -> None:
    last = builder().build([CONVERSATION[0], CONVERSATION[-1]])
    prompt = fitted(last.tokens + 4, *CONVERSATION, language="zh")
    assert len(prompt.pictures) == 1
    assert "Be brief." in prompt.text and "which is yellow?" in prompt.text and "It is red." not in prompt.text
    assert [notice.partition("：")[2] for notice in prompt.notices] == [
        "略去了较早的 3 张图片。",
        "略去了最早的 4 条消息。",
    ]


def test_a_question_that_does_not_fit_by_itself_is_refused_with_the_numbers() -> None:
    with pytest.raises(QuestionError, match=r"\d+ tokens with its pictures; 30 can be read") as told:
        fitted(30, *CONVERSATION)
    assert "smaller pictures" in told.value.hint
    with pytest.raises(QuestionError):
        fitted(100, HumanMessage("why? " * 200))


def test_results_of_tools_stay_with_the_question_that_led_to_them() -> None:
    call = AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "1"}])
    opened = ToolMessage([picture("green")], tool_call_id="1", name="look")
    whole = fitted(2000, asked("first?", "red"), AIMessage("So."), asked("second?"), call, opened)
    prompt = fitted(whole.tokens - 1, asked("first?", "red"), AIMessage("So."), asked("second?"), call, opened)
    assert [image.getpixel((20, 20)) for image in prompt.pictures] == [(0, 128, 0)]


def test_calls_are_left_out_with_their_results() -> None:
    call = AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "1"}])
    seen = ToolMessage("a lamp", tool_call_id="1", name="look")
    messages = [HumanMessage("first?"), call, seen, AIMessage("A lamp."), HumanMessage("second?")]
    prompt = fitted(fitted(2000, messages[-1]).tokens, *messages, family="qwen2-vl")
    assert "lamp" not in prompt.text and "look" not in prompt.text and "second?" in prompt.text


def test_of_a_flood_of_pictures_most_are_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[SentPicture] = []

    def count(one: SentPicture) -> Any:
        opened.append(one)
        return open_sent(one)

    monkeypatch.setattr(budget, "open_sent", count)
    flood = [asked("what is it?", "green") for _ in range(60)]
    prompt = fitted(120, *flood, asked("what is it?", "red", "blue"))
    assert 2 <= len(prompt.pictures) <= len(opened) < 12


def test_a_broken_picture_that_would_be_shown_is_told() -> None:
    unreadable = {"type": "image", "base64": "bm90IGEgcGljdHVyZQ==", "mime_type": "image/png"}
    with pytest.raises(PictureError):
        fitted(2000, HumanMessage(content=[unreadable]))
