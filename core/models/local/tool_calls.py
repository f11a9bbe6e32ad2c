"""Calls of tools in what a model says, in the forms that models were taught; what can't be read stays text, or is said.

- `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`: Hermes, Qwen 2 and 3
- `<tool_call><function=NAME><parameter=KEY>VALUE</parameter></function></tool_call>`: Qwen 3.5
- `[TOOL_CALLS][{"name": ..., "arguments": {...}}]`: Mistral
- `<|python_tag|>{...}` or nothing but `{"name": ..., "parameters": {...}}`: Llama
"""

import json
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.messages import InvalidToolCall, ToolCall

OPENINGS = ("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>")
"""Where one of these begins, no more text is shown until the answer is complete."""
_TAGGED = re.compile(r"<tool_call>\s*.*?\s*(?:</tool_call>|\Z)", re.DOTALL)
_OPENING = re.compile("|".join(re.escape(opening) for opening in OPENINGS))
_MAY_BE_BARE = re.compile(r"\s*(\{\s*(\"|\Z)|\[\s*(\{|\Z)|\Z)")
"""The beginning of an answer that may be nothing but JSON; one that begins with a citation, "[1] ...", is not."""
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\s*(.*?)\s*</parameter>", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """What a model said: the text, and the calls."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    invalid: tuple[InvalidToolCall, ...] = ()


def read_tool_calls(text: str, tools: Collection[str]) -> Said:
    """The calls in an answer; `tools` are the names that were offered, and without any an answer is only text.

    A tool that was not offered is called all the same: whoever runs tools tells the model that there is none.
    """
    if not tools:
        return Said(text)
    if found := _OPENING.search(text):
        marked = _TAGGED.findall(text) if found[0] == "<tool_call>" else [text[found.start() :]]
        return _said(text[: found.start()], marked)
    bare = text.strip()
    if bare.startswith(("{", "[")):
        said = _said("", [bare])
        if said.calls and not said.invalid and all(call["name"] in tools for call in said.calls):
            return said
    return Said(text)


def shown_part(text: str) -> str:
    """What of an unfinished answer can be shown for sure, while tools are offered."""
    if _MAY_BE_BARE.match(text):
        return ""
    found = _OPENING.search(text)
    cut = found.start() if found else len(text)
    for opening in OPENINGS:
        for length in range(len(opening) - 1, 0, -1):
            if text.endswith(opening[:length]):
                cut = min(cut, len(text) - length)
                break
    return text[:cut]


def _said(text: str, sources: list[str]) -> Said:
    """`sources` are the calls with their markup."""
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for source in sources:
        entries = _entries(_OPENING.sub("", source, count=1))
        if not entries:
            invalid.append(_invalid(source, "it is not a call that can be read"))
        for name, arguments in entries:
            if isinstance(arguments, dict):
                calls.append(
                    ToolCall(name=name, args=cast(dict[str, Any], arguments), id=_identity(), type="tool_call")
                )
            else:
                invalid.append(_invalid(source, "its arguments are not an object", name))
    return Said(text.rstrip() if calls or invalid else text, tuple(calls), tuple(invalid))


def _entries(source: str) -> list[tuple[str, Any]]:
    """Names and arguments of the calls in one piece of markup or JSON."""
    if functions := _FUNCTION.findall(source):
        return [(name, {key: _value(value) for key, value in _PARAMETER.findall(body)}) for name, body in functions]
    try:
        parsed, _ = json.JSONDecoder().raw_decode(source.strip())
    except ValueError:
        return []
    entries: list[tuple[str, Any]] = []
    for one in cast(list[Any], parsed) if isinstance(parsed, list) else [parsed]:
        entry = cast(dict[str, Any], one) if isinstance(one, dict) else {}
        function = entry.get("function")
        if isinstance(function, dict):
            entry = cast(dict[str, Any], function)
        name = entry.get("name", function)
        if not isinstance(name, str):
            return []
        arguments = entry.get("arguments", entry.get("parameters", {}))
        entries.append((name, _value(arguments) if isinstance(arguments, str) else arguments))
    return entries


def _value(text: str) -> Any:
    """A value as JSON, or as the text that it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _invalid(source: str, error: str, name: str | None = None) -> InvalidToolCall:
    return InvalidToolCall(name=name, args=source, id=_identity(), error=error, type="invalid_tool_call")


def _identity() -> str:
    """Nine letters and digits: the templates of Mistral refuse anything else."""
    return uuid.uuid4().hex[:9]
