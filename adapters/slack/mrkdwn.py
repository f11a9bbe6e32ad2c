"""Slack's own markup, mrkdwn, as standard Markdown.

The markup: https://docs.slack.dev/messaging/formatting-message-text. `*bold*`, `_italic_` and `~strike~` differ from
Markdown; links, mentions and dates stand in angle brackets; `&`, `<` and `>` are escaped, in code too.
"""

import re

from adapters.slack.mentions import Names

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_HELD = re.compile(r"(?<!`)`([^`\n]+)`(?!`)|<([^<>\n]+)>")
_PLACE = re.compile("\ue000([0-9]+)\ue001")
# A marker counts at the edge of a word; Chinese has no edges, so only Latin letters and digits stand in its way.
_BOLD = re.compile(r"(?<![A-Za-z0-9*\\])\*(?![\s*])([^*\n]*[^*\s])\*(?![A-Za-z0-9*])")
_ITALIC = re.compile(r"(?<![A-Za-z0-9_\\])_(?![\s_])([^_\n]*[^_\s])_(?![A-Za-z0-9_])")
_STRIKE = re.compile(r"(?<![A-Za-z0-9~\\])~(?![\s~])([^~\n]*[^~\s])~(?![A-Za-z0-9~])")
GONE = "\ue003"
"""Stands where the app was mentioned, until what is around it is known."""
_BULLET = re.compile(r"^([ \t]*)[•◦▪▫‣∙][ \t]+")


def to_markdown(text: str, names: Names) -> str:
    """A message's text as Markdown, with names for ids and without the mention of the app itself."""
    text = re.sub("[\ue000-\ue003]", "", text)
    parts: list[str] = []
    for at, part in enumerate(_FENCE.split(text)):
        if at % 2:
            parts.append(fenced(_plain_code(part, names)))
        elif part.strip():
            parts.append(_lines(part.strip("\n"), names))
    return tidied("\n".join(parts))


def tidied(text: str) -> str:
    """Without the blank that stood before a mention of the app that was taken out."""
    return re.sub(f"[ \\t]?{GONE}", "", text).strip("\n")


def fenced(code: str) -> str:
    """Code in a fence that is longer than any within."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def spanned(code: str) -> str:
    """Code within a line."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    ticks = "`" * (longest + 1)
    blank = " " if longest else ""
    return f"{ticks}{blank}{code}{blank}{ticks}"


def link(url: str, label: str = "") -> str:
    """A link; a bare one where it has no label of its own."""
    if not label or label == url or url.removeprefix("mailto:") == label or url.removeprefix("http://") == label:
        return url.removeprefix("mailto:")
    target = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{label.replace('[', '(').replace(']', ')')}]({target})"


def unescaped(text: str) -> str:
    """Slack's three escapes undone, each once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def entity(inner: str, names: Names) -> str:
    """What stands in angle brackets: a mention, a date or a link."""
    target, _, label = inner.partition("|")
    label = unescaped(label)
    if target.startswith("@"):
        return names.person(target[1:], label) or GONE
    if target.startswith("#"):
        return names.channel(target[1:], label)
    if target.startswith("!"):
        kind, *rest = target[1:].split("^")
        if kind == "date":
            return label or (rest[0] if rest else "")
        return "@" + (label.removeprefix("@") or (rest[0] if rest else kind))
    return link(unescaped(target), label)


def _plain_code(code: str, names: Names) -> str:
    def plain(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        return entity(found[1], names) if target[:1] in "@#!" else label or target

    return unescaped(re.sub(r"<([^<>\n]+)>", plain, code))


def _lines(text: str, names: Names) -> str:
    lines: list[str] = []
    in_quote = False
    for line in text.split("\n"):
        if line.startswith("&gt;&gt;&gt;"):
            in_quote = True
            line = line.removeprefix("&gt;&gt;&gt;").lstrip()
            lines.append("> " + _inline(line, names))
        elif in_quote or line.startswith("&gt;"):
            lines.append(("> " + _inline(line.removeprefix("&gt;").lstrip(" "), names)).rstrip())
        else:
            if lines and lines[-1].startswith(">") and line.strip():
                lines.append("")  # or Markdown would take the line for more of the quote
            indent = _BULLET.match(line)
            lines.append(_BULLET.sub(r"\1- ", _inline(line, names)) if indent else _inline(line, names))
    return "\n".join(lines)


def _inline(line: str, names: Names) -> str:
    """One line: what must not be touched is held aside while the markers are exchanged."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        code, inner = found[1], found[2]
        written = spanned(_plain_code(code, names)) if code is not None else entity(inner, names)
        if written == GONE:
            return GONE
        held.append(written)
        return f"\ue000{len(held) - 1}\ue001"

    was_addressed = line.lstrip().startswith(f"<@{names.own}") if names.own else False
    line = _HELD.sub(hold, line)
    if was_addressed:
        line = line.lstrip(f" {GONE},，:：、")
    line = _BOLD.sub(r"**\1**", _ITALIC.sub("\ue002\\1\ue002", line)).replace("\ue002", "*")
    line = _STRIKE.sub(r"~~\1~~", line)
    return _PLACE.sub(lambda found: held[int(found[1])], unescaped(line))
