"""What people write in Slack's composer, `rich_text` blocks, as standard Markdown.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. They are truer than a message's `text`: there a
literal asterisk and a marker look alike, and lists are flat.
"""

import re
from collections.abc import Callable, Mapping

from adapters.payloads import Payload, first, mapping, mappings, string
from adapters.slack.mentions import Names
from adapters.slack.mrkdwn import GONE, fenced, link, spanned, tidied, to_markdown

_INDENT = "    "  # as deep as any list marker is wide, and no deeper than a list within it may stand
_CODE = "rich_text_preformatted"


def message_text(message: Payload, names: Names) -> str:
    """What a message says, as Markdown: its rich text where it has some, else its text, and what it forwards."""
    blocks = [block for block in mappings(message.get("blocks")) if block.get("type") == "rich_text"]
    said = "\n\n".join(filter(None, (rich_to_markdown(block, names) for block in blocks)))
    said = said or to_markdown(string(message.get("text")), names)
    return "\n\n".join(filter(None, [said, *(_forwarded(one, names) for one in mappings(message.get("attachments")))]))


def rich_to_markdown(block: Payload, names: Names) -> str:
    """One block of rich text."""
    written = ""
    last = ""
    base = 0
    for part in mappings(block.get("elements")):
        kind = string(part.get("type"))
        if kind == "rich_text_list":
            indent = _number(part.get("indent"))
            base = base if last == kind else indent
            text = _list(part, max(0, indent - base), names)
        elif kind == _CODE:
            text = fenced(_plain(part, names))
        else:
            text = _inline(part, names).strip("\n")
            if kind == "rich_text_quote" or part.get("border"):
                text = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        if text:
            gap = "\n" if kind == last == "rich_text_list" else "\n\n"
            written += (gap if written else "") + text
            last = kind
    return tidied(_addressed(written, block, names))


def _addressed(text: str, block: Payload, names: Names) -> str:
    """Without what separates the mention of the app from what is said to it."""
    beginning = first(first(block.get("elements")).get("elements"))
    if beginning.get("type") == "user" and beginning.get("user_id") == names.own:
        return text.lstrip(f" {GONE},，:：、\n")
    return text


def _forwarded(attachment: Payload, names: Names) -> str:
    """A message that was shared into another, quoted; previews of links are no part of what was said."""
    if not (attachment.get("is_share") or attachment.get("is_msg_unfurl")):
        return ""
    inner = mapping(first(attachment.get("message_blocks")).get("message"))
    said = message_text({"blocks": inner.get("blocks"), "text": attachment.get("text")}, names)
    author = string(attachment.get("author_name"))
    lines = ([f"{author}:"] if author else []) + said.split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines) if said else ""


def _list(part: Payload, level: int, names: Names) -> str:
    ordered = part.get("style") == "ordered"
    begin = _number(part.get("offset")) + 1
    lines: list[str] = []
    for at, item in enumerate(mappings(part.get("elements"))):
        marker = f"{begin + at}. " if ordered else "- "
        within = "\n" + _INDENT * level + " " * len(marker)
        lines.append(_INDENT * level + marker + _inline(item, names).strip("\n").replace("\n", within))
    return "\n".join(lines)


def _inline(part: Payload, names: Names) -> str:
    return "".join(_element(element, names) for element in mappings(part.get("elements")))


def _plain(part: Payload, names: Names) -> str:
    """The text of code: no markers, and addresses rather than links."""
    return "".join(
        string(element.get("text")) or string(element.get("url")) or _element(element, names)
        for element in mappings(part.get("elements"))
    )


def _element(element: Payload, names: Names) -> str:
    write = _ELEMENTS.get(string(element.get("type")))
    text = write(element, names) if write else string(element.get("text")) or string(element.get("fallback"))
    return _styled(text, mapping(element.get("style")))


_ELEMENTS: Mapping[str, Callable[[Payload, Names], str]] = {
    "text": lambda element, _: string(element.get("text")),
    "link": lambda element, _: link(string(element.get("url")), string(element.get("text"))),
    "user": lambda element, names: names.person(string(element.get("user_id"))) or GONE,
    "channel": lambda element, names: names.channel(string(element.get("channel_id"))),
    "usergroup": lambda element, _: "@" + string(element.get("usergroup_id")),
    "broadcast": lambda element, _: "@" + string(element.get("range")),
    "emoji": lambda element, _: f":{string(element.get('name'))}:",
    "date": lambda element, _: string(element.get("fallback")) or str(element.get("timestamp") or ""),
    "color": lambda element, _: string(element.get("value")),
}


def _styled(text: str, style: Payload) -> str:
    """Markers around each line's words, not around its blanks: Markdown knows none that begin or end with one."""
    markers = [marker for name, marker in (("strike", "~~"), ("italic", "*"), ("bold", "**")) if style.get(name)]
    if not markers and not style.get("code"):
        return text

    def mark(found: re.Match[str]) -> str:
        words = spanned(found[0]) if style.get("code") else found[0]
        for marker in markers:
            words = marker + words + marker
        return words

    return re.sub(r"\S(?:[^\n]*\S)?", mark, text)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
