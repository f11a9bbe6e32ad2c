"""A conversation as the model behind a protocol can take it.

What it can't take is not sent: pictures to a model that does not see, tool calls to one that does not call tools,
pictures in the result of a tool where the protocol has text alone there (they follow in a message of the user).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from langchain_core.messages import AIMessage, BaseMessage, ContentBlock, HumanMessage, ToolMessage

from core.evidence import evidence_of

PICTURE_BLOCKS = frozenset({"image", "image_url", "input_image"})
LEFT_OUT = "(A picture stood here; you can't see pictures.)"
TOO_MANY = "(A picture stood here; there were more than can be shown at once.)"
FOLLOWING = "(The picture follows.)"


@dataclass(frozen=True)
class Adapted:
    """The messages to send; `unseen` says whether pictures that the question is about are not shown to the model."""

    messages: list[BaseMessage]
    unseen: bool = False


def adapt(
    messages: Sequence[BaseMessage], *, sees: bool, calls_tools: bool, tool_pictures: bool, pictures: int | None = None
) -> Adapted:
    """Fit messages to what a model takes; `pictures` is how many it takes at once, None for any number."""
    result = list(messages)
    unseen = False
    if not sees:
        evidence = evidence_of(messages)
        unseen = bool(evidence.pictures) if evidence is not None else has_pictures(messages)
        result = [_without_pictures(message, LEFT_OUT) for message in result]
    else:
        if not tool_pictures:
            result = _pictures_after_tools(result)
        if pictures is not None:
            result, unseen = _fewer_pictures(result, pictures)
    return Adapted(result if calls_tools else _without_tools(result), unseen)


def has_pictures(messages: Sequence[BaseMessage]) -> bool:
    """Whether a picture is among the messages."""
    return any(_is_picture(block) for message in messages for block in _blocks(message))


def _blocks(message: BaseMessage) -> list[str | dict[str, object]]:
    content = cast("str | list[str | dict[str, object]]", message.content)  # pyright: ignore[reportUnknownMemberType]
    return content if isinstance(content, list) else []


def _is_picture(block: str | dict[str, object]) -> bool:
    return isinstance(block, dict) and block.get("type") in PICTURE_BLOCKS


def _with(message: BaseMessage, blocks: Sequence[str | dict[str, object]]) -> BaseMessage:
    """The same message with other content; plain text where no more than text is left."""
    texts = [block if isinstance(block, str) else block.get("text") for block in blocks]
    if all(isinstance(text, str) for text in texts):
        return message.model_copy(update={"content": "\n".join(cast(list[str], texts))})
    return message.model_copy(update={"content": list(blocks)})


def _without_pictures(message: BaseMessage, instead: str) -> BaseMessage:
    blocks = _blocks(message)
    if not any(map(_is_picture, blocks)):
        return message
    return _with(message, [{"type": "text", "text": instead} if _is_picture(block) else block for block in blocks])


def _pictures_after_tools(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Move pictures of tool results into one message of the user, after the results: between them none may stand."""
    result: list[BaseMessage] = []
    moved: list[dict[str, object]] = []
    for message in messages:
        if not isinstance(message, ToolMessage) and moved:
            result.append(_shown(moved))
            moved = []
        if isinstance(message, ToolMessage):
            moved += [cast("dict[str, object]", block) for block in _blocks(message) if _is_picture(block)]
            message = _without_pictures(message, FOLLOWING)
        result.append(message)
    return [*result, _shown(moved)] if moved else result


def _shown(pictures: list[dict[str, object]]) -> HumanMessage:
    text = {"type": "text", "text": "The pictures of the results above, in order:"}
    return HumanMessage(content_blocks=cast("list[ContentBlock]", [text, *pictures]))


def _fewer_pictures(messages: list[BaseMessage], limit: int) -> tuple[list[BaseMessage], bool]:
    """Keep the pictures of the newest messages; within a message the first, which are the person's own."""
    left = limit
    result: list[BaseMessage] = []
    dropped = False
    for message in reversed(messages):
        blocks = _blocks(message)
        kept: list[str | dict[str, object]] = []
        for block in blocks:
            if not _is_picture(block):
                kept.append(block)
            elif left > 0:
                left -= 1
                kept.append(block)
            else:
                dropped = True
                kept.append({"type": "text", "text": TOO_MANY})
        result.append(_with(message, kept) if kept != blocks else message)
    return result[::-1], dropped


def _without_tools(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Calls and results of tools as plain words, for a model that does not know what a tool is."""
    result: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            result.append(HumanMessage(content=f"Result of {message.name or 'the search'}:\n{message.text}"))
        elif isinstance(message, AIMessage) and message.tool_calls:
            if message.text.strip():
                result.append(AIMessage(content=message.text))
        else:
            result.append(message)
    return result
