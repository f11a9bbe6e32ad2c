"""Discord's markup to Markdown: names for ids, words for emoji and times. The rest is Markdown already.

https://discord.com/developers/docs/reference#message-formatting
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_CODE = re.compile(r"(```.*?```|``[^\n]*?``|`[^`\n]+`)", re.DOTALL)
_MARK = re.compile(
    r"<@&(?P<role>\d+)>|<@!?(?P<person>\d+)>|<#(?P<channel>\d+)>|<a?:(?P<emoji>\w+):\d+>"
    r"|<t:(?P<time>-?\d{1,12})(?::[a-zA-Z])?>|</(?P<command>[^:<>\n]{1,100}):\d+>"
)
_OUT = "\0"
"""Stands where a mention was taken out."""
_ANY_MARK = re.compile(r"<(?:@&|@!?|#)\d+>")


@dataclass(frozen=True)
class Names:
    """Names by id; `own` are the ids of the app's user and of the roles that mean it: they are left out."""

    people: Mapping[str, str] = field(default_factory=dict[str, str])
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])
    own: frozenset[str] = frozenset()


def to_markdown(text: str, names: Names) -> str:
    """The text of a message as people read it; within code nothing is changed."""
    pieces = _CODE.split(text)
    read = _reading(names)
    said = "".join(piece if at % 2 else _closed(_MARK.sub(read, piece)) for at, piece in enumerate(pieces))
    return said.strip() if said == text else said.strip().lstrip(",，:：").lstrip()


def mentioned(text: str) -> frozenset[str]:
    """The ids that a text mentions outside of code: people, roles and channels."""
    prose = "".join(_CODE.split(text)[::2])
    return frozenset(re.sub(r"\D", "", mark) for mark in _ANY_MARK.findall(prose))


def _reading(names: Names) -> Callable[[re.Match[str]], str]:
    def read(found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        value = found[kind]
        match kind:
            case "person" | "role" if value in names.own:
                return _OUT
            case "person":
                return f"@{names.people.get(value) or value}"
            case "role":
                return f"@{names.roles.get(value) or value}"
            case "channel":
                return f"#{names.channels.get(value) or value}"
            case "emoji":
                return f":{value}:"
            case "time":
                return _time(int(value))
            case _:
                return f"/{value}"

    return read


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _closed(text: str) -> str:
    """Without the gaps that mentions leave which are taken out."""
    text = re.sub(rf" *[,，]? *{_OUT}(?= *(?:[,.;:!?，。；：！？\n]|$))", "", text)
    return re.sub(rf"(^|\n)?(?: *{_OUT})+ *", lambda found: found[1] if found[1] is not None else " ", text)
