"""Mentions that a model or a document wrote are taken apart, so that they notify nobody; they stay readable.

`@channel` becomes `@ channel`, `<!here>` `@ here`, `<@U1|ann>` `@ ann`, `<#C1|general>` `#general`. A space is used and
no invisible character: whatever strips those would put the mention together again. Text is looked at as a reader sees
it, with entities and backslashes resolved, and without invisible characters and emphasis, since a platform that renders
it may look at it so too.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

NESTED = 8
"""So often a text is looked at again, since taking a mention apart may put another one together."""

_ENTITY = re.compile(r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EMPHASIS = frozenset("*_~`\\")
_COMMAND = r"(?P<command>channel|here|everyone|group|subteam\^[a-z0-9]*)"
_MENTION = re.compile(
    # A command is taken apart though its end be missing: it may come with the next piece.
    rf"<!{_COMMAND}(?:(?:\^[^|<>\n]*)?(?:\|(?P<command_label>[^<>\n]*))?>)?"
    r"|<(?P<sign>[@#])[!&]?(?P<id>[a-z0-9]{2,})(?:\|(?P<label>[^<>\n]*))?>"
    r"|@(?P<broadcast>channel|here|everyone|group)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9]")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]")
_DOMAIN = re.compile(r"\.[A-Za-z]")


def defused(text: str) -> str:
    """The text with every mention in it taken apart; a text without any is returned as it is. Idempotent."""
    for _ in range(NESTED):
        if not _may_mention(text):
            return text
        again = _once(text)
        if again == text:
            return text
        text = again
    return _once(_without_brackets(text))


def _without_brackets(text: str) -> str:
    """Whoever nests mentions that deep means no good: no opening bracket is left."""
    unescaped = _ENTITY.sub(lambda entity: "‹" if html.unescape(f"&{entity[1]};") in "<＜﹤" else entity[0], text)
    return "".join("‹" if _plain(character) == "<" else character for character in unescaped)


def _may_mention(text: str) -> bool:
    """A cheap look at whether anything could be a mention at all: an entity may stand for anything."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return any(sign in folded for sign in "@<&")


@dataclass(frozen=True)
class _Seen:
    """What a reader sees, and where in the source each of its characters stands."""

    source: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def goes_on(self, at: int) -> bool:
        """Whether a word goes on here, with nothing between that is not seen, as in `@channels`."""
        return 0 < at < len(self.text) and self._touches(at) and bool(_WORD.match(self.source[self.starts[at]]))

    def is_address(self, start: int, end: int) -> bool:
        """Whether what stands from start to end is in an e-mail address, as in `ops@here.example`."""
        before = start > 0 and self._touches(start) and _ADDRESS.match(self.text[start - 1])
        after = end < len(self.text) - 1 and self._touches(end) and self._touches(end + 1)
        return bool(before and after and _DOMAIN.match(self.text, end))

    def _touches(self, at: int) -> bool:
        return self.starts[at] == self.ends[at - 1]


def _seen(text: str) -> _Seen:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        character, end = text[at], at + 1
        if character == "&" and (entity := _ENTITY.match(text, at)):
            named = html.unescape(f"&{entity[1]};")
            if len(named) == 1:
                character, end = named, entity.end()
        character = _plain(character)
        if character:
            characters.append(character)
            starts.append(at)
            ends.append(end)
        at = end
    return _Seen(text, "".join(characters), tuple(starts), tuple(ends))


def _plain(character: str) -> str:
    """A character as it reads: fullwidth forms folded; "" for what is invisible or markup."""
    if character.isascii():
        return (
            "" if character in _EMPHASIS or (not character.isprintable() and character not in "\t\n\r") else character
        )
    if unicodedata.category(character) in {"Cf", "Mn", "Me", "Cc", "Co"}:
        return ""
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _once(text: str) -> str:
    seen = _seen(text)
    pieces: list[str] = []
    done = 0
    for match in _MENTION.finditer(seen.text):
        start, end = seen.starts[match.start()], seen.ends[match.end() - 1]
        if match["broadcast"]:
            if seen.goes_on(match.end()) or seen.is_address(match.start(), match.end()):
                continue
            # Within a link a space would cut the link off.
            sign = "%40" if "://" in _word_before(seen.text, match.start()) else "@ "
            end = seen.ends[match.start()]
            pieces += [text[done:start], sign]
        else:
            pieces += [text[done:start], _readable(match)]
        done = end
    return "".join([*pieces, text[done:]])


def _word_before(text: str, at: int) -> str:
    before = text[max(0, at - 2000) : at]
    return re.split(r"\s", before)[-1]


def _readable(match: re.Match[str]) -> str:
    if match["command"]:
        label = match["command_label"] or re.sub(r"(?i)^subteam\^", "", match["command"])
        return f"@ {label.lstrip('@ ')}"
    label = match["label"] or match["id"]
    return f"#{label.lstrip('# ')}" if match["sign"] == "#" else f"@ {label.lstrip('@ ')}"
