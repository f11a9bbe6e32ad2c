"""Calls of tools in what a model says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from core.models.local.tool_calls import read_tool_calls, shown_part

TOOLS = {"look", "search"}
ARGUMENTS = {"at": "left", "times": 2}
HERMES = '<tool_call>\n{"name": "look", "arguments": {"at": "left", "times": 2}}\n</tool_call>'


@pytest.mark.parametrize(
    "text",
    [
        HERMES,
        HERMES.removesuffix("\n</tool_call>"),
        "<tool_call>\n<function=look>\n<parameter=at>\nleft\n</parameter>\n<parameter=times>\n2\n</parameter>\n"
        "</function>\n</tool_call>",
        '[TOOL_CALLS][{"name": "look", "arguments": {"at": "left", "times": 2}}]',
        '[TOOL_CALLS] [{"name": "look", "arguments": "{\\"at\\": \\"left\\", \\"times\\": 2}", "id": "abcdefghi"}]</s>',
        '<|python_tag|>{"name": "look", "parameters": {"at": "left", "times": 2}}',
        '{"name": "look", "parameters": {"at": "left", "times": 2}}',
        '{"type": "function", "function": {"name": "look", "arguments": {"at": "left", "times": 2}}}',
    ],
)
def test_a_call_is_read_in_every_form_that_models_were_taught(text: str) -> None:
    said = read_tool_calls(text, TOOLS)
    assert [(call["name"], call["args"]) for call in said.calls] == [("look", ARGUMENTS)]
    assert said.text == "" and not said.invalid


def test_several_calls_after_some_text() -> None:
    said = read_tool_calls(f"I look twice.\n{HERMES}\n{HERMES.replace('left', 'right')}", TOOLS)
    assert [call["args"]["at"] for call in said.calls] == ["left", "right"]
    assert said.calls[0]["id"] != said.calls[1]["id"]
    assert said.text == "I look twice."


@pytest.mark.parametrize("text", [HERMES[:30], "<tool_call>look left</tool_call>", "[TOOL_CALLS][", "<tool_call>"])
def test_what_cannot_be_read_is_an_invalid_call_also_after_streaming(text: str) -> None:
    said = read_tool_calls(f"So: {text}", TOOLS)
    assert not said.calls and said.text == "So:"
    (invalid,) = said.invalid
    assert invalid["error"] and text in (invalid["args"] or "")
    streamed = AIMessageChunk(content="So: ") + AIMessageChunk(content="", invalid_tool_calls=list(said.invalid))
    assert isinstance(streamed, AIMessageChunk)
    assert not streamed.tool_calls and len(streamed.invalid_tool_calls) == 1


@pytest.mark.parametrize("text", ['{"answer": 42}', '{"name": "Ada", "parameters": {}}', "[1, 2]", "a { b", "{"])
def test_json_that_calls_nothing_is_an_answer(text: str) -> None:
    assert read_tool_calls(text, TOOLS).text == text
    assert not read_tool_calls(text, TOOLS).calls


def test_without_tools_everything_is_text() -> None:
    assert read_tool_calls(HERMES, ()).text == HERMES


@given(st.text(alphabet=st.sampled_from('<tool_call>/{}[]":, \nabTOLS|'), max_size=60) | st.text(max_size=30))
def test_nothing_that_a_model_says_is_an_error(text: str) -> None:
    said = read_tool_calls(text, TOOLS)
    assert all(isinstance(call["args"], dict) for call in said.calls)


@given(st.lists(st.sampled_from(["So, ", "<", "<tool", "_call>", "[TOOL", "_CALLS]", "{", '"name"', " a < b ", "\n"])))
def test_what_was_shown_is_never_taken_back(pieces: list[str]) -> None:
    shown, text = "", ""
    for piece in pieces:
        text += piece
        now = shown_part(text)
        assert now.startswith(shown)
        shown = now
    assert read_tool_calls(text, TOOLS).text.startswith(shown.rstrip())
    assert "<tool_call>" not in shown and "[TOOL_CALLS]" not in shown


def test_arguments_that_are_no_object_are_invalid() -> None:
    said = read_tool_calls('<tool_call>{"name": "look", "arguments": [1]}</tool_call>', TOOLS)
    assert not said.calls and said.invalid[0]["name"] == "look"


def test_an_unknown_tool_is_called_so_that_the_model_hears_of_it() -> None:
    said: Any = read_tool_calls('<tool_call>{"name": "fly", "arguments": {}}</tool_call>', TOOLS)
    assert said.calls[0]["name"] == "fly"
