"""What was said in a thread before somebody brought Lorelens into it."""

import asyncio
import logging
from typing import Literal

from slack_sdk.web.async_client import AsyncWebClient

from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Installed, SlackRefusedError, pages
from adapters.slack.incoming import Directory, as_message, message_id, sent_at
from adapters.slack.mentions import Names
from adapters.slack.mrkdwn import to_markdown
from adapters.slack.pane import GREETING
from adapters.slack.rich_text import message_text, rich_to_markdown
from core.messages import Author, Message, Place

MOST_MESSAGES = 100
"""The thread's first message and the newest before the question, together."""
_MOST_PAGES = 5
_SAID = {"", "file_share", "thread_broadcast", "me_message", "bot_message"}
_END_OF_ANSWER = {"actions", "context", "context_actions", "divider"}

_log = logging.getLogger(__name__)


async def thread_before(ts: str, place: Place, client: AsyncWebClient) -> list[Payload]:
    """The messages of a thread before `ts` (all, if it is empty), oldest first, as Slack has them.

    Where Slack does not let them be read, there are none, which is logged: the question can be answered without them.
    """
    if not place.thread or place.thread.startswith("~") or ts == place.thread:
        return []
    where = {"channel": place.channel, "ts": place.thread} | ({"latest": ts} if ts else {})
    found: list[Payload] = []
    try:
        async for page in pages(client, "conversations.replies", "messages", most=_MOST_PAGES, arguments=where):
            found.extend(message for message in mappings(page) if not ts or _before(message, ts))
    except SlackRefusedError as error:
        _log.warning("What was said before in the thread can't be read: %s", error)
        return []
    found = [message for message in found if string(message.get("subtype")) in _SAID and not _is_greeting(message)]
    return found if len(found) <= MOST_MESSAGES else [found[0], *found[1 - MOST_MESSAGES :]]


async def as_messages(found: list[Payload], place: Place, installed: Installed, directory: Directory) -> list[Message]:
    """The messages as core values; those that say nothing are left out."""
    messages = await asyncio.gather(*(_as_message(message, place, installed, directory) for message in found))
    return [message for message in messages if message.text or message.attachments]


async def _as_message(message: Payload, place: Place, installed: Installed, directory: Directory) -> Message:
    if string(message.get("user")) == installed.user or (
        installed.bot and string(message.get("bot_id")) == installed.bot
    ):
        author = Author(id=installed.user, name="Lorelens", is_bot=True)
        return _of_app(message, place, author, "assistant", answer_text(message))
    if message.get("bot_id") or message.get("subtype") == "bot_message":
        name = string(mapping(message.get("bot_profile")).get("name")) or string(message.get("username"))
        author = Author(id=string(message.get("bot_id")), name=name, is_bot=True)
        return _of_app(message, place, author, "person", message_text(message, Names(own=installed.user)))
    return await as_message(message, place, installed, directory)


def answer_text(message: Payload) -> str:
    """What an answer of ours said, without the sources and buttons that stand below it."""
    said: list[str] = []
    for block in mappings(message.get("blocks")):
        kind = block.get("type")
        if kind in _END_OF_ANSWER:
            break
        if kind == "rich_text":
            said.append(rich_to_markdown(block, Names()))
        elif kind == "markdown":
            said.append(string(block.get("text")))
        elif kind == "section":
            said.append(to_markdown(string(mapping(block.get("text")).get("text")), Names()))
    return "\n\n".join(filter(None, said)) or to_markdown(string(message.get("text")), Names())


def _of_app(message: Payload, place: Place, author: Author, role: Literal["person", "assistant"], text: str) -> Message:
    ts = string(message.get("ts"))
    return Message(
        id=message_id(place.channel, ts), place=place, author=author, role=role, text=text, sent_at=sent_at(ts)
    )


def _is_greeting(message: Payload) -> bool:
    return any(block.get("block_id") == GREETING for block in mappings(message.get("blocks")))


def _before(message: Payload, ts: str) -> bool:
    """Whether it was said before; a `ts` has ten digits before the point and six behind it."""
    return string(message.get("ts")) < ts
