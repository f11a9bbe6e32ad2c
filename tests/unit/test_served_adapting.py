"""A conversation fitted to what a model takes."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ContentBlock, HumanMessage, SystemMessage, ToolMessage

from core.evidence import Evidence, PictureReading, attach
from core.models.served.adapting import LEFT_OUT, TOO_MANY, adapt, has_pictures

PICTURE: ContentBlock = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}


def asked(text: str, pictures: int = 0) -> HumanMessage:
    return HumanMessage(content_blocks=[{"type": "text", "text": text}, *[PICTURE] * pictures])


def called(*names: str) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"name": name, "args": {}, "id": name} for name in names])


def result(name: str, text: str, pictures: int = 0) -> ToolMessage:
    blocks: list[ContentBlock] = [{"type": "text", "text": text}, *[PICTURE] * pictures]
    return ToolMessage(content_blocks=blocks, tool_call_id=name, name=name)


def pictures_of(message: BaseMessage) -> int:
    content: Any = message.content  # pyright: ignore[reportUnknownMemberType]
    return str(content).count("'type': 'image'")


def test_what_a_model_takes_is_left_as_it_is() -> None:
    messages = [SystemMessage("Be kind."), asked("What is this?", 1), called("look"), result("look", "A picture.", 1)]
    adapted = adapt(messages, sees=True, calls_tools=True, tool_pictures=True)
    assert adapted.messages == messages
    assert not adapted.unseen


def test_a_blind_model_reads_that_a_picture_stood_there() -> None:
    adapted = adapt([asked("What is this?", 1)], sees=False, calls_tools=True, tool_pictures=False)
    assert adapted.messages[0].content == f"What is this?\n{LEFT_OUT}"  # pyright: ignore[reportUnknownMemberType]
    assert adapted.unseen


def test_pictures_that_were_never_sent_are_unseen_too() -> None:
    evidence = Evidence(question="?", standalone="?", pictures=(PictureReading(number=1, width=9, height=9),))
    message = attach(HumanMessage("?"), evidence)
    assert adapt([message], sees=False, calls_tools=True, tool_pictures=False).unseen
    assert not adapt([HumanMessage("?")], sees=False, calls_tools=True, tool_pictures=False).unseen


def test_pictures_of_tools_follow_after_all_results() -> None:
    messages = [asked("?"), called("a", "b"), result("a", "First.", 1), result("b", "Second.", 2), AIMessage("Done.")]
    adapted = adapt(messages, sees=True, calls_tools=True, tool_pictures=False).messages
    assert [message.type for message in adapted] == ["human", "ai", "tool", "tool", "human", "ai"]
    assert not has_pictures(adapted[2:4])
    assert pictures_of(adapted[4]) == 3
    assert "First." in adapted[2].text


def test_results_at_the_end_are_followed_by_their_pictures() -> None:
    adapted = adapt(
        [asked("?"), called("a"), result("a", "First.", 1)], sees=True, calls_tools=True, tool_pictures=False
    )
    assert [message.type for message in adapted.messages] == ["human", "ai", "tool", "human"]


@pytest.mark.parametrize(("limit", "kept"), [(3, [1, 2]), (2, [0, 2]), (1, [0, 1]), (0, [0, 0])])
def test_of_too_many_pictures_the_oldest_go_first(limit: int, kept: list[int]) -> None:
    adapted = adapt(
        [asked("Then", 1), asked("Now", 2)], sees=True, calls_tools=True, tool_pictures=False, pictures=limit
    )
    assert [pictures_of(message) for message in adapted.messages] == kept
    assert adapted.unseen == (limit < 3)
    assert (TOO_MANY in str(adapted.messages)) == (limit < 3)


def test_a_model_without_tools_reads_results_as_words() -> None:
    messages = [asked("?"), called("search"), result("search", "Found it."), AIMessage("So.")]
    adapted = adapt(messages, sees=True, calls_tools=False, tool_pictures=False).messages
    assert [message.type for message in adapted] == ["human", "human", "ai"]
    assert adapted[1].text == "Result of search:\nFound it."
