"""Links in an answer: only those to cited sources stay; every other is shown as text that nobody can click.

What is retrieved may tell a model to post a link that carries away what it read, or a picture that is fetched from
elsewhere as soon as it is shown. So links are taken apart while the answer streams, whatever the model meant by them:
the words stay, and the address where it is one, with a zero-width space in it that keeps it from becoming a link again.
Fenced code is left as it is, since no platform makes links in it; but not after three backticks in the middle of a
line, from which on platforms and CommonMark disagree about what is code.

Markdown's forms are those of CommonMark 0.31 (inline and reference links, images, autolinks), Slack's `<url|text>`, and
bare addresses, which platforms link by themselves.
"""

import re
from collections.abc import Callable

GAP = "\u200b"
"""The zero-width space that takes an address apart."""

_DESTINATION = r"[^()\n]*(?:\([^()\n]*\)[^()\n]*)*"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_ADDRESS = r"[!-;=?-~]"
_LINK = re.compile(
    rf"(?P<picture>!\[(?P<alt>[^\[\]\n]*)\]\({_DESTINATION}\))"
    rf"|\[(?P<label>[^\[\]\n]*)\]\((?P<destination>{_DESTINATION})\)"
    rf"|<(?P<autolink>{_SCHEME}:[^<>\s|]*)(?:\|(?P<called>[^<>\n]*))?>"
    rf"|(?P<address>(?<![A-Za-z0-9]){_SCHEME}://{_ADDRESS}*)"
    r"|(?P<bare>(?<![A-Za-z0-9])(?:www(?=\.[A-Za-z0-9])|mailto(?=:[^\s:])))"
    rf"|(?P<joint>\](?=[(:])|<(?={_SCHEME}:))",
    re.IGNORECASE,
)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`\n]*\Z)|~{3,})")
_MAY_BECOME_FENCE = re.compile(r" {0,3}(?:`{0,2}|~{0,2}|`{3,}[^`\n]*|~{3,}[^\n]*)\Z")
_MAY_CLOSE_FENCE = re.compile(r"[ \t]*[`~]*[ \t]*\Z")
_UNFINISHED = re.compile(
    r"!?\[[^\[\]\n]{0,300}\Z"
    r"|!?\[[^\[\]\n]{0,300}\](?:\([^\n]{0,500})?\Z"
    r"|!\Z|\]\Z"
    r"|<[^<>\n]{0,500}\Z"
    rf"|{_SCHEME}(?::/{{0,2}}{_ADDRESS}{{0,1000}})?\Z"
)


class LinkFilter:
    """Takes the links of one answer apart while it streams; `allowed` says of an address whether it may be a link."""

    def __init__(self, allowed: Callable[[str], bool] = lambda address: False) -> None:
        self._allowed = allowed
        self._held = ""
        self._fence = ""
        self._at_line_start = True
        self._line = ""
        self._is_ambiguous = False

    def feed(self, piece: str) -> str:
        """Take the next piece; answer what can be shown already."""
        text = self._held + piece
        ready = self._ready(text)
        self._held = text[ready:]
        return self._pass(text[:ready])

    def close(self) -> str:
        """Answer what was held back."""
        held, self._held = self._held, ""
        return self._pass(held)

    def _ready(self, text: str) -> int:
        """How much of the text is whole: no link and no fence begins in it that may go on."""
        start = text.rfind("\n") + 1
        line = text[start:]
        if (start or self._at_line_start) and _MAY_BECOME_FENCE.match(line):
            return start
        if self._in_fence_after(text[:start]):
            return start if _MAY_CLOSE_FENCE.match(line) else len(text)
        unfinished = _UNFINISHED.search(line)
        return start + unfinished.start() if unfinished else len(text)

    def _in_fence_after(self, lines: str) -> bool:
        fence, at_line_start, said, is_ambiguous = self._fence, self._at_line_start, self._line, self._is_ambiguous
        for line in lines.splitlines(keepends=True):
            before = fence
            if at_line_start:
                fence, said = _fence_after(line, fence), ""
            said += line
            is_ambiguous = is_ambiguous or (not (before or fence) and "```" in said)
            at_line_start = line.endswith("\n")
        return bool(fence) and not is_ambiguous

    def _pass(self, text: str) -> str:
        shown: list[str] = []
        for line in re.split(r"(?<=\n)", text):
            if not line:
                continue
            before = self._fence
            if self._at_line_start:
                self._fence = _fence_after(line, before)
            is_code = bool(before or self._fence)
            self._line = ("" if self._at_line_start else self._line) + line
            self._is_ambiguous = self._is_ambiguous or (not is_code and "```" in self._line)
            shown.append(line if is_code and not self._is_ambiguous else self._apart(line))
            self._at_line_start = line.endswith("\n")
        return "".join(shown)

    def _apart(self, text: str) -> str:
        return _LINK.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        found = match.groupdict()
        if found["picture"]:
            return self._apart(found["alt"])
        if found["destination"] is not None:
            return self._link(found["label"], found["destination"], match.group())
        if found["autolink"]:
            address, called = found["autolink"], found["called"] or ""
            if self._allowed(address):
                return match.group()
            return f"{self._apart(called)} ({_broken(address)})" if called else _broken(address)
        if found["address"]:
            return found["address"] if self._allowed(found["address"]) else _broken(found["address"])
        return match.group() + GAP

    def _link(self, label: str, destination: str, whole: str) -> str:
        address = destination.strip().split(" ")[0].strip("<>")
        if self._allowed(address):
            return whole
        words = self._apart(label)
        # A relative address leads nowhere from a chat, and one that is its own label need not be said twice.
        if not re.match(rf"{_SCHEME}:|//", address) or label.strip() == address:
            return words
        return f"{words} ({_broken(address)})"


def without_links(text: str) -> str:
    """A whole text with all its links taken apart."""
    links = LinkFilter()
    return links.feed(text) + links.close()


def _broken(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    return f"{scheme}{colon}{GAP}{rest}" if colon else GAP.join(("", address))


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open after a line, given the one that was before it; empty: none."""
    found = _FENCE.match(line.rstrip("\n"))
    if not fence:
        return found.group("fence") if found else ""
    closes = found is not None and found.group("fence").startswith(fence) and not line[found.end() :].strip()
    return "" if closes else fence
