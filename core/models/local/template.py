"""A model's chat template and what it can say, found out by rendering: system texts, pictures, tools, their results.

What a template can't say is said in another way: a system text before the first question, a tool's result as a message
of the user, a picture by its placeholder in the text.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

import jinja2

from core.errors import SettingsError
from core.models.local.conversation import ChatTurn, Part, SentPicture

_ONE, _TWO, _THREE = "sentinel one", "sentinel two", "sentinel three"
_TOOL = {
    "type": "function",
    "function": {
        "name": "sentinel_tool",
        "description": _ONE,
        "parameters": {"type": "object", "properties": {"of": {"type": "string"}}, "required": ["of"]},
    },
}
_CALL = {"id": "call00001", "type": "function", "function": {"name": "sentinel_tool", "arguments": {"of": _TWO}}}
_PICTURE = {"type": "image"}


class ChatTemplate:
    """The chat template of a processor."""

    def __init__(self, processor: Any) -> None:
        """Raises SettingsError where there is none, or it can't render even a question."""
        self._tokenizer = processor.tokenizer
        self.picture_token = str(getattr(processor, "image_token", None) or "<image>")
        self._template = _template_of(processor)
        if not self._template:
            raise SettingsError(
                "The model has no chat template, so it can't be asked.",
                hint="Choose an instruction-tuned model (often named -Instruct or -it), or put a chat_template.jinja "
                "beside the weights.",
            )
        if not any(self._says([{"role": "user", "content": said}], _ONE) for said in ([_text(_ONE)], _ONE)):
            raise SettingsError(
                "The model's chat template can't render a question.", hint="Put another chat_template.jinja beside it."
            )

    def render(self, turns: Sequence[ChatTurn], tools: Sequence[dict[str, Any]] = ()) -> str:
        """The text that the model continues; a picture is one placeholder in it, whatever its size."""
        fitted = self._fit(turns)
        try:
            return self._rendered([self._message(turn) for turn in fitted], tools if self.calls_tools else ())
        except (jinja2.TemplateError, TypeError, ValueError, KeyError) as error:
            raise SettingsError(
                f"The model's chat template refuses this conversation: {str(error)[:200]}.",
                hint="Start a new conversation, or choose another model.",
            ) from error

    @cached_property
    def calls_tools(self) -> bool:
        """Whether it tells the model which tools there are."""
        return self._says([{"role": "user", "content": self._content("user", [_TWO])}], "sentinel_tool", [_TOOL])

    @cached_property
    def sees_pictures(self) -> bool:
        """Whether it places pictures by itself."""
        return self._says([{"role": "user", "content": [_PICTURE, _text(_ONE)]}], self.picture_token)

    @cached_property
    def control_tokens(self) -> re.Pattern[str]:
        """What must not stand in anybody's text: the tokens by which the template says who speaks, and pictures."""
        tokens = {
            str(token.content)
            for token in self._tokenizer.added_tokens_decoder.values()
            if token.special or (not token.content.isspace() and token.content in self._template)
        }
        tokens |= {self.picture_token, *(str(token) for token in self._tokenizer.all_special_tokens)}
        longest_first = sorted((token for token in tokens if len(token) > 1), key=len, reverse=True)
        return re.compile("|".join(re.escape(token) for token in longest_first) or r"(?!)")

    def as_data(self, text: str) -> str:
        """Text in which no control token stands any more: a document must not be able to speak as somebody else."""
        return self.control_tokens.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    @cached_property
    def _system(self) -> bool:
        return self._says([self._plain("system", _ONE), self._plain("user", _TWO)], _ONE)

    @cached_property
    def _tool_results(self) -> bool:
        """Whether results of tools, and the calls that led to them, can be said as what they are."""
        call = {**self._plain("assistant", ""), "tool_calls": [_CALL]}
        result = {**self._plain("tool", _THREE), "tool_call_id": "call00001", "name": "sentinel_tool"}
        said = [self._plain("user", _ONE), call, result]
        return self.calls_tools and self._says(said, _THREE, [_TOOL]) and self._says(said, _TWO, [_TOOL])

    @cached_property
    def _pictures_of_tools(self) -> bool:
        result = {"role": "tool", "content": [_PICTURE, _text(_THREE)], "tool_call_id": "call00001", "name": "sentinel"}
        said = [self._plain("user", _ONE), {**self._plain("assistant", ""), "tool_calls": [_CALL]}, result]
        return self._says(said, self.picture_token, [_TOOL])

    @cached_property
    def _alternates(self) -> bool:
        """Whether it refuses two messages of the same side in a row."""
        return not self._says([self._plain("user", _ONE), self._plain("user", _TWO)], _TWO)

    @cached_property
    def _starts_with_assistant(self) -> bool:
        return self._says([self._plain("assistant", _ONE), self._plain("user", _TWO)], _ONE)

    def _fit(self, turns: Sequence[ChatTurn]) -> list[ChatTurn]:
        """The turns as this template can say them."""
        fitted: list[ChatTurn] = []
        for turn in turns:
            fitted += self._said(turn)
        if not self._system:
            fitted = _fold_system(fitted)
        if self._alternates:
            fitted = _merge(fitted)
        start = next((at for at, turn in enumerate(fitted) if turn.role != "system"), 0)
        while len(fitted) > start + 1 and fitted[start].role == "assistant" and not self._starts_with_assistant:
            del fitted[start]
        return fitted

    def _said(self, turn: ChatTurn) -> list[ChatTurn]:
        turn = turn.with_parts(_joined([self.as_data(part) if isinstance(part, str) else part for part in turn.parts]))
        if turn.role == "tool" and not self._tool_results:
            heading = f"Result of {turn.tool}:" if turn.tool else "Result:"
            return [ChatTurn("user", tuple(_joined([heading, *turn.parts])))]
        if turn.role == "tool" and turn.pictures and not self._pictures_of_tools:
            shown = ChatTurn("user", ("The pictures of this result, in order:", *turn.pictures))
            return [turn.with_parts([part for part in turn.parts if isinstance(part, str)]), shown]
        if turn.calls and not self._tool_results:
            calls = [f"(used {call['function']['name']} with {call['function']['arguments']})" for call in turn.calls]
            return [ChatTurn("assistant", tuple(_joined([*turn.parts, *calls])))]
        return [turn]

    def _message(self, turn: ChatTurn) -> dict[str, Any]:
        message: dict[str, Any] = {"role": turn.role, "content": self._content(turn.role, turn.parts)}
        if turn.calls:
            message["tool_calls"] = list(turn.calls)
        if turn.role == "tool":
            message |= {"tool_call_id": turn.call_id, "name": turn.tool}
        return message

    def _plain(self, role: str, text: str) -> dict[str, Any]:
        return {"role": role, "content": self._content(role, [text])}

    def _content(self, role: str, parts: Sequence[Part]) -> str | list[dict[str, Any]]:
        """Content in the form that the template reads in messages of this role."""
        if self._reads_parts(role) and (self.sees_pictures or all(isinstance(part, str) for part in parts)):
            return [_text(part) if isinstance(part, str) else _PICTURE for part in parts] or [_text("")]
        return "\n".join(part if isinstance(part, str) else self.picture_token for part in parts)

    def _reads_parts(self, role: str) -> bool:
        """Whether content may be a list of texts and pictures; some templates want plain strings in some roles."""
        known = cast(dict[str, bool], self.__dict__.setdefault("_parts_by_role", {}))
        if role not in known:
            known[role] = True  # for the question that stands before it
            before = [] if role in {"user", "system"} else [self._plain("user", _TWO)]
            calls = {"tool_calls": [_CALL]}
            if role == "tool":
                before.append({"role": "assistant", "content": "", **calls})
            after = [self._plain("user", _TWO)] if role == "system" else []
            lists = {"role": role, "content": [_text(_ONE)]}
            strings = {"role": role, "content": _ONE}
            if not self._reads(lists, before, after) and self._reads(strings, before, after):
                known[role] = False
        return known[role]

    def _reads(self, message: dict[str, Any], before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
        try:
            rendered = self._rendered([*before, message, *after])
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, IndexError):
            return False
        return _ONE in rendered and "'type'" not in rendered and '"type"' not in rendered

    def _says(self, messages: list[dict[str, Any]], what: str, tools: Sequence[dict[str, Any]] = ()) -> bool:
        try:
            return what in self._rendered(messages, tools)
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, IndexError):
            return False

    def _rendered(self, messages: list[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> str:
        # By the tokenizer: some processors' own rendering wants their part for videos, which may not be there.
        return str(
            self._tokenizer.apply_chat_template(
                messages,
                chat_template=self._template,
                tools=list(tools) or None,
                add_generation_prompt=True,
                tokenize=False,
            )
        )


def _template_of(processor: Any) -> str:
    """The processor's template, else the tokenizer's; of several the one that is called "default"."""
    for holder in (processor, processor.tokenizer):
        template = getattr(holder, "chat_template", None)
        if isinstance(template, dict):
            template = cast(dict[str, str], template).get("default")
        if template:
            return str(template)
    return ""


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _fold_system(turns: list[ChatTurn]) -> list[ChatTurn]:
    """System texts before the first question, as its beginning."""
    system = [part for turn in turns if turn.role == "system" for part in turn.parts]
    others = [turn for turn in turns if turn.role != "system"]
    if not system:
        return others
    for at, turn in enumerate(others):
        if turn.role == "user":
            others[at] = turn.with_parts(_joined([*system, *turn.parts], "\n\n"))
            return others
    return [ChatTurn("user", tuple(system)), *others]


def _merge(turns: list[ChatTurn]) -> list[ChatTurn]:
    """Neighbours of the same side as one turn; calls of tools stay apart."""
    merged: list[ChatTurn] = []
    for turn in turns:
        last = merged[-1] if merged else None
        same = last is not None and last.role == turn.role and turn.role != "tool"
        if last is not None and same and not last.calls and not turn.calls:
            merged[-1] = last.with_parts(_joined([*last.parts, *turn.parts], "\n\n"))
        else:
            merged.append(turn)
    return merged


def _joined(parts: Sequence[Part], between: str = "\n") -> list[Part]:
    """Neighbouring texts as one: templates write texts without anything between them, and some strip each."""
    joined: list[Part] = []
    for part in parts:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] = joined[-1].rstrip() + between + part
        else:
            joined.append(part)
    return joined


def pictures_of(turns: Sequence[ChatTurn]) -> list[SentPicture]:
    """All pictures of a conversation, in order."""
    return [picture for turn in turns for picture in turn.pictures]
