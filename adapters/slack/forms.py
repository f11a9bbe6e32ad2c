"""A reply in the richest form that Slack takes: as it is, without pictures, in sections of mrkdwn, as text alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from adapters.markdown.splitting import split
from adapters.payloads import listing, mapping, mappings, string
from adapters.slack.answer import Look
from adapters.slack.blocks import FALLBACK, Block, SlackMessage
from adapters.slack.lacking import Lacking
from adapters.slack.refusals import SlackRefusedError, answer_of
from core.errors import PlatformRefusedError

_log = logging.getLogger(__name__)

Render = Callable[[Look], Sequence[SlackMessage]]
Show = Callable[[Sequence[SlackMessage]], Awaitable[None]]

MALFORMED = {
    "block_mismatch",
    "blocks_too_long",
    "invalid_arg_value",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "slack_file_not_found",
    "too_many_blocks",
    "unsupported_block_type",
}
"""What Slack says of a message whose form it does not take; some of these names are only other servers'."""
_FILE_PAUSES = (0.5, 1.0, 2.0)
"""Seconds between tries to show a file that was uploaded just now: Slack takes a moment to know it everywhere."""


class Forms:
    """The forms of one reply; one that was refused is not tried again. `look` is the one that is taken now."""

    def __init__(self, look: Look, lacking: Lacking, team: str) -> None:
        self.look = look if lacking.has(team, "markdown blocks") else replace(look, native=False)
        self.without_files = False
        self._text_only = False
        self._refusal: SlackRefusedError | None = None
        self._lacking = lacking
        self._team = team

    async def show(self, render: Render, show: Show) -> None:
        """Show what is rendered, simpler if need be.

        Raises:
            SlackRefusedError: for other reasons than its form.
            PlatformRefusedError: no form is taken.
        """
        for pause, messages in self._forms(render):
            await asyncio.sleep(pause)
            try:
                await show(messages)
            except SlackRefusedError as error:
                if error.reason not in MALFORMED:
                    raise
                _log.info("Slack does not take a message's form: %s %s", error, _details(error))
                self._refusal = error
            else:
                return
        raise PlatformRefusedError(
            "Slack takes no form of the message.", hint="This is a defect; please report it.", reason="malformed"
        ) from self._refusal

    def _forms(self, render: Render) -> Iterator[tuple[float, Sequence[SlackMessage]]]:
        """The forms, the richest first, each after a pause of so many seconds."""
        if not self._text_only:
            yield 0.0, render(self.look)
            if self.look.files and self._is_about("slack_file", "slack file"):
                for seconds in _FILE_PAUSES:
                    yield seconds, render(self.look)
                self.look, self.without_files = replace(self.look, files={}), True
                yield 0.0, render(self.look)
            if self.look.native:
                self.look = replace(self.look, native=False)
                if self._is_about("markdown", "unsupported type"):
                    self._lacking.note(self._team, "markdown blocks")
                yield 0.0, render(self.look)
            if self.look.files:
                self.look, self.without_files = replace(self.look, files={}), True
                yield 0.0, render(self.look)
            self._text_only = True
        yield 0.0, [alone for message in render(self.look) for alone in _text_alone(message)]

    def _is_about(self, *names: str) -> bool:
        """Whether the last refusal names one of these, or says nothing in particular."""
        details = _details(self._refusal) if self._refusal is not None else ""
        return not details or any(name in details for name in names)


def _details(error: SlackRefusedError) -> str:
    """What Slack says of where a message is wrong: "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"."""
    answer = answer_of(error.response)
    said = [*listing(mapping(answer.get("response_metadata")).get("messages")), *listing(answer.get("errors"))]
    return " ".join(string(one) for one in said).lower()


def _text_alone(message: SlackMessage) -> Iterator[SlackMessage]:
    """The message as texts that `chat.update` takes, too."""
    texts = [text for block in message.blocks for text in _texts(block)]
    for piece in split("\n\n".join(texts) or message.text, FALLBACK - 100):
        yield SlackMessage(piece, ())


def _texts(block: Block) -> Iterator[str]:
    """What a block of mrkdwn says; buttons and pictures say nothing."""
    if block.get("type") in {"section", "header"} and (said := string(mapping(block.get("text")).get("text"))):
        yield said
    if block.get("type") == "context":
        yield from filter(None, (string(element.get("text")) for element in mappings(block.get("elements"))))
