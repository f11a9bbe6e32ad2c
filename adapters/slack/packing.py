"""Blocks packed into messages, none of which reaches a limit of Slack's."""

import json

from adapters.slack.blocks import MARKDOWN, MESSAGE, MESSAGE_BLOCKS, Block, SlackMessage, bounded, weight
from adapters.slack.converting import escaped, to_plain

NOTIFICATION = 600
"""Characters of a message's text: it is read in notifications only, where the blocks are not."""


class Packing:
    """Messages that are filled one after another; `used` is how many characters of Markdown the first has already."""

    def __init__(self, fallback: str, *, used: int = 0) -> None:
        self._fallback = fallback
        self._done: list[SlackMessage] = []
        self._blocks: list[Block] = []
        self._said: list[str] = []
        self._weight = used * 11 // 10
        self._markdown = used

    @property
    def has_table(self) -> bool:
        """Whether the message that is being filled has its one table."""
        return any(block["type"] == "table" for block in self._blocks)

    def add(self, *blocks: Block, said: str = "") -> None:
        """Add blocks that stay together; `said` is the Markdown that they show, for the notification."""
        markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
        heavy = sum(map(weight, blocks))
        full = (
            len(self._blocks) + len(blocks) > MESSAGE_BLOCKS
            or self._weight + heavy > MESSAGE
            or self._markdown + markdown > MARKDOWN
        )
        if full and (self._blocks or self._weight):
            self.turn_over()
        self._blocks += blocks
        self._said += [said] if said else []
        self._weight += heavy
        self._markdown += markdown

    def turn_over(self) -> None:
        """What follows goes into a further message."""
        text = to_plain("\n\n".join(self._said)[: 4 * NOTIFICATION])
        self._done.append(SlackMessage(escaped(bounded(text or self._fallback, NOTIFICATION)), tuple(self._blocks)))
        self._blocks, self._said, self._weight, self._markdown = [], [], 0, 0

    def messages(self) -> tuple[SlackMessage, ...]:
        """All messages, at least one."""
        if self._blocks or not self._done:
            self.turn_over()
        return tuple(self._done)


def json_length(text: str) -> int:
    """How many characters a text has in JSON, which is what Slack seems to count."""
    return len(json.dumps(text, ensure_ascii=False)) - 2
