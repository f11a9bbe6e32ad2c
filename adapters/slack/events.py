"""Slack's events as what Lorelens makes of them: a question, an edit, a deletion, or nothing, and why.

A mention arrives twice, as `app_mention` and as `message` (https://docs.slack.dev/reference/events/app_mention); both
give a question with the same id, so that the mailbox takes it once. Which one comes first is open, and an `app_mention`
may lack the files: then `delivery` says `"reread": true`, and the message is read once more before it is answered.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from adapters.payloads import Payload, mapping, string
from adapters.slack.api import Installed
from adapters.slack.file_objects import files_of, urls_of
from adapters.slack.incoming import Directory, as_message, message_id, place_of, sent_at
from adapters.slack.mentions import Mentions, mentions
from adapters.understood import Asked, Deleted, Edited, Ignored, Understood
from core.messages import Place
from core.question import Question

TakesPart = Callable[[str, datetime], Awaitable[bool]]
"""Whether Lorelens was asked something in a conversation before a time (`Mailbox.takes_part`)."""

_SAID = {"", "file_share", "thread_broadcast", "me_message"}
_SLACKBOT = "USLACKBOT"


async def understand(event: Payload, installed: Installed, directory: Directory, takes_part: TakesPart) -> Understood:
    """What an `app_mention` or `message` event (the inner `event` of its envelope) means.

    `installed` is the app in the workspace whose installation received it.
    """
    if string(event.get("type")) not in {"app_mention", "message"} or not string(event.get("channel")):
        return Ignored("no message")
    match event.get("subtype"):
        case "message_changed":
            return await _changed(event, installed, directory)
        case "message_deleted":
            return await _deleted(event, mapping(event.get("previous_message")), installed, directory)
        case _:
            return await _said(event, installed, directory, takes_part)


async def _said(event: Payload, installed: Installed, directory: Directory, takes_part: TakesPart) -> Asked | Ignored:
    if ignored := _not_of_a_person(event, installed):
        return ignored
    place = await _place(event, event, installed, directory)
    named = mentions(event)
    if event.get("type") != "app_mention" and installed.user not in named.people and place.visibility != "direct":
        is_reply = string(event.get("thread_ts")) not in {"", string(event.get("ts"))}
        if not is_reply or not await takes_part(place.conversation, sent_at(string(event.get("ts")))):
            return Ignored("not addressed")
        if named.people or named.crowd:
            return Ignored("to others")
    return Asked(await _question(event, place, installed, directory, named))


async def _changed(event: Payload, installed: Installed, directory: Directory) -> Asked | Edited | Deleted | Ignored:
    message = mapping(event.get("message"))
    before = mapping(event.get("previous_message"))
    if message.get("subtype") == "tombstone":
        # The root of a thread that has replies: it goes, its place stays.
        return await _deleted({**event, "deleted_ts": message.get("ts")}, before or message, installed, directory)
    if ignored := _not_of_a_person(message, installed):
        return ignored
    if not message.get("edited") or not _reads_otherwise(message, before):
        return Ignored("not edited")
    place = await _place(event, message, installed, directory)
    named = mentions(message)
    if before and installed.user in named.people and installed.user not in mentions(before).people:
        return Asked(await _question(message, place, installed, directory, named))
    return Edited(await as_message(message, place, installed, directory, named=named))


async def _deleted(event: Payload, before: Payload, installed: Installed, directory: Directory) -> Deleted | Ignored:
    ts = string(event.get("deleted_ts")) or string(before.get("ts"))
    if not ts:
        return Ignored("no message")
    if string(before.get("user")) == installed.user or _is_of_bot(before):
        return Ignored("a bot")
    place = await _place(event, {"ts": ts, "thread_ts": before.get("thread_ts")}, installed, directory)
    return Deleted(conversation=place.conversation, id=message_id(place.channel, ts))


async def _question(
    message: Payload, place: Place, installed: Installed, directory: Directory, named: Mentions
) -> Question:
    asked = await as_message(message, place, installed, directory, named=named)
    delivery: dict[str, JsonValue] = {
        "team": installed.team,
        "enterprise": installed.enterprise,
        "user": asked.author.id,
        "locale": asked.author.locale,
        "surface": _surface(place),
        "ts": string(message.get("ts")),
    }
    if urls := urls_of(message):
        delivery["files"] = {**urls}
    elif message.get("type") == "app_mention" and not files_of(message):
        delivery["reread"] = True
    return Question(message=asked, delivery=delivery)


def _surface(place: Place) -> str:
    """In the assistant pane every conversation is a thread of the direct one."""
    if place.visibility != "direct":
        return "thread"
    return "assistant" if place.thread else "direct"


def _not_of_a_person(message: Payload, installed: Installed) -> Ignored | None:
    if not string(message.get("ts")):
        return Ignored("no message")
    if string(message.get("user")) == installed.user or _is_of_bot(message):
        return Ignored("a bot")
    if string(message.get("subtype")) not in _SAID:
        return Ignored("a notice")
    return None if string(message.get("user")) else Ignored("no message")


def _is_of_bot(message: Payload) -> bool:
    """Whether an app wrote it, be it in a person's name."""
    return bool(
        message.get("bot_id")
        or message.get("bot_profile")
        or message.get("subtype") == "bot_message"
        or message.get("user") == _SLACKBOT
    )


def _reads_otherwise(message: Payload, before: Payload) -> bool:
    """Whether somebody changed the words: previews and reactions change a message too."""
    if not before:
        return True
    texts = [string(one.get("text")) for one in (message, before)]
    if texts[0] != texts[1]:
        return True
    stamps = [mapping(one.get("edited")).get("ts") for one in (message, before)]
    return stamps[0] != stamps[1] and message.get("blocks") != before.get("blocks")


async def _place(event: Payload, message: Payload, installed: Installed, directory: Directory) -> Place:
    channel = string(event.get("channel"))
    return place_of(message, channel, await _visibility(event, channel, installed, directory), installed)


async def _visibility(
    event: Payload, channel: str, installed: Installed, directory: Directory
) -> Literal["public", "private", "direct"]:
    """Who can read along. An `app_mention` does not say; where Slack can't be asked, a channel counts as private."""
    match event.get("channel_type"):
        case "channel":
            return "public"
        case "group" | "mpim":
            return "private"
        case "im" | "app_home":
            return "direct"
        case _:
            pass
    if re.match(r"D[A-Z0-9]", channel):
        return "direct"
    known = await directory.named(installed, channel)
    if known is None:
        return "private"
    return "direct" if known.is_direct else "private" if known.is_private else "public"
