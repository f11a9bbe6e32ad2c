"""Block Kit: the blocks that Lorelens uses, each within the limits that Slack documents, with mentions taken apart.

https://docs.slack.dev/reference/block-kit
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.markdown.mentions import defused

Block = dict[str, Any]
"""A block, or an element of one, as Slack takes it."""

MESSAGE_BLOCKS = 50
MARKDOWN = 12_000
"""Characters of all markdown blocks of one message."""
MESSAGE = 12_400
"""What all blocks of one message may weigh, in the measure of `weight`.

Slack documents no such limit, but refuses more than about 13,200 characters of blocks (`msg_blocks_too_long`):
https://github.com/slackapi/bolt-js/issues/2509
"""
SECTION = 3000
FALLBACK = 4000
CONTEXT_ELEMENTS = 10
ACTIONS = 25
ALT = 2000
TITLE = 2000
HEADER = 150
BUTTON = 75
VALUE = 2000
OPTION = 75
LABEL = 2000
HINT = 2000
VIEW_TITLE = 24
PLACEHOLDER = 150

_HALF = re.compile(r"(?:&\w*|<[^<>]*)$")


@dataclass(frozen=True)
class SlackMessage:
    """What `chat.postMessage`, `chat.update` or a response URL is given: blocks, and the text of notifications."""

    text: str
    blocks: tuple[Block, ...]


def weight(block: Block) -> int:
    """What a block counts of a message, carefully: its characters as JSON, and what Slack adds to each block."""
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 100


def bounded(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis where it has more characters than the limit."""
    return text if len(text) <= limit else text[: limit - 2].rstrip() + " …"


def plain(text: str, limit: int = SECTION, *, emoji: bool = False) -> Block:
    """A plain text object; Slack wants at least one character."""
    return {"type": "plain_text", "text": bounded(defused(text), limit) or " ", "emoji": emoji}


def mrkdwn(text: str, limit: int = SECTION) -> Block:
    """A text object in Slack's own markup: what is not markup must be escaped already (`converting.escaped`)."""
    if len(text) > limit:
        # Neither half an entity nor half a link is left at the end.
        text = _HALF.sub("", text[: limit - 2]).rstrip() + " …"
    return {"type": "mrkdwn", "text": text or " ", "verbatim": True}


def markdown(text: str) -> Block:
    """A block of standard Markdown."""
    return {"type": "markdown", "text": bounded(defused(text), MARKDOWN)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph in Slack's own markup, perhaps with a button beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def context(*texts: str) -> Block:
    """Small print in Slack's own markup."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:CONTEXT_ELEMENTS]]}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(text, HEADER)}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def image(file: str, *, alt: str, title: str = "") -> Block:
    """A picture that was uploaded to Slack: `file` is its id there."""
    block: Block = {"type": "image", "slack_file": {"id": file}, "alt_text": bounded(defused(alt), ALT) or " "}
    return {**block, "title": plain(title, TITLE)} if title else block


def button(text: str, action: str, value: str = "", *, style: str = "", url: str = "") -> Block:
    """A button; `style` is "primary", "danger" or nothing."""
    block: Block = {"type": "button", "text": plain(text, BUTTON, emoji=True), "action_id": action}
    if value:
        block["value"] = value
    if style:
        block["style"] = style
    if url:
        block["url"] = url
    return block


def actions(elements: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements[:ACTIONS])}
