"""Slash commands: `/ask` answers only to the asker, `/lorelens` has the other words.

A command is no message and stands in no thread (https://docs.slack.dev/interactivity/implementing-slash-commands).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.markdown.mentions import defused
from adapters.payloads import string
from adapters.slack.answer import ASKED
from adapters.slack.blocks import bounded, section
from adapters.slack.blocks import context as small_print
from adapters.slack.converting import escaped
from adapters.slack.mentions import Names as Named
from adapters.slack.mrkdwn import to_markdown
from adapters.texts import CHINESE, Texts
from adapters.texts.help import Names, help_page
from bots.loaded_search import loaded_search
from bots.once import first
from bots.slack.asking import private_question
from bots.slack.desk import Desk
from bots.slack.dialogs import open_ask_dialog, open_forget_dialog
from bots.slack.privately import tell, telling
from bots.slack.whom import Whom, whom
from core.actions.forgetting import before_forgetting, what_would_go
from core.actions.pictures import pictures
from core.actions.search import search
from core.actions.sources import sources
from core.actions.status import status
from core.reply import Finished, ReplyPart, Text

ASK = "/ask"
LORELENS = "/lorelens"
LONGEST = 12_000
"""Characters of a question: as many as Slack takes of a message."""
DIALOG = {"", "dialog", "对话框"}
WORDS = {
    "help": "help",
    "search": "search",
    "pictures": "pictures",
    "sources": "sources",
    "forget": "forget",
    "status": "status",
}
CHINESE_WORDS = {
    "帮助": "help",
    "搜索": "search",
    "图片": "pictures",
    "来源": "sources",
    "忘记": "forget",
    "状态": "status",
}


@dataclass(frozen=True)
class Said:
    """What was typed behind `/lorelens`: a word's meaning, or nothing if there is no such word, and what follows it."""

    word: str
    rest: str
    given: str
    in_chinese: bool = False


def understood(text: str) -> Said:
    """The word that a command begins with; after a Chinese one no blank is needed."""
    first_word, _, rest = text.strip().partition(" ")
    for word, meaning in CHINESE_WORDS.items():
        if text.strip().startswith(word):
            return Said(meaning, text.strip().removeprefix(word).strip(), word, in_chinese=True)
    return Said(WORDS.get(first_word.casefold(), "" if first_word else "help"), rest.strip(), first_word)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for commands."""
    listening: Any = app

    async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        if string(body.get("text")).strip().casefold() in DIALOG:
            await ack()
            desk.spawn(_open_dialog(desk, body, context), "Opening a dialog", tell=telling(desk, body, context))
            return
        await _ask(desk, ack, body, context)

    async def lorelens(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        if await first(desk.mailbox, _name(body)):
            desk.spawn(_answer(desk, body, context), "Answering a command", tell=telling(desk, body, context))

    listening.command(ASK)(ask)
    listening.command(LORELENS)(lorelens)


async def _ask(desk: Desk, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Acknowledge with the question, which Slack shows nowhere else, when the mailbox has it."""
    who = await whom(desk, body, context)
    text = to_markdown(string(body.get("text")), Named(own=who.installed.user))
    if len(text) > LONGEST:
        await ack(text=who.texts.question_too_long.format(limit=LONGEST), response_type="ephemeral")
        return
    submitted = await desk.mailbox.submit(private_question(who, _name(body), text))
    if submitted == "new":
        asked = f"> {escaped(bounded(' '.join(defused(text).split()), ASKED))}"
        blocks = [section(asked), small_print(escaped(who.texts.ask_sent))]
        await ack(text=asked, blocks=blocks, response_type="ephemeral")
    elif submitted == "stopping":
        await ack(text=who.texts.stopping, response_type="ephemeral")
    else:
        await ack()


async def _open_dialog(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    await open_ask_dialog(desk, await whom(desk, body, context), string(body.get("trigger_id")))


async def _answer(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    who = await whom(desk, body, context)
    said = understood(to_markdown(string(body.get("text")), Named(own=who.installed.user)))
    if said.in_chinese:
        who = who.reading(CHINESE)
    if said.word == "forget":
        await _forget(desk, who, string(body.get("trigger_id")))
        return
    await tell(desk, who, await _parts(desk, who, said))


async def _parts(desk: Desk, who: Whom, said: Said) -> Sequence[ReplyPart]:
    texts, application = who.texts, desk.application
    if said.word in {"search", "pictures"} and not said.rest:
        usage = texts.search_usage if said.word == "search" else texts.pictures_usage
        return _text(usage.format(command=f"{LORELENS} {said.given}"))
    if said.word in {"", "help"}:
        return _text(_help(texts, said))
    audience = await desk.platform.audience(private_question(who, "command", said.rest))
    if said.word == "search":
        return await search(said.rest, await loaded_search(application), audience, chinese=who.chinese)
    if said.word == "pictures":
        return await pictures(said.rest, await loaded_search(application), audience, chinese=who.chinese)
    if said.word == "sources":
        return sources(application.ledger, audience, chinese=who.chinese)
    return await status(application.ledger, desk.store, application.settings.model, audience, chinese=who.chinese)


async def _forget(desk: Desk, who: Whom, trigger_id: str) -> None:
    """Ask first, with what would go."""
    notes = desk.application.saved_notes
    would_go = await what_would_go(desk.store, notes, "slack", [who.installed.team], who.user)
    parts = before_forgetting(would_go, chinese=who.chinese)
    if would_go.nothing:
        await tell(desk, who, parts)
        return
    text = "".join(part.text for part in parts if isinstance(part, Text))
    await open_forget_dialog(desk, who, trigger_id, text)


def _help(texts: Texts, said: Said) -> str:
    page = help_page(texts, Names(ask=ASK, command=LORELENS))
    if said.word:
        return page
    given = " ".join(defused(said.given).replace("`", "").split())[:100]
    return f"{texts.unknown_command.format(given=given, command=f'{LORELENS} help')}\n\n{page}"


def _text(text: str) -> Sequence[ReplyPart]:
    return (Text(text=text), Finished())


def _name(body: Mapping[str, Any]) -> str:
    """A name for one use of a command: the same, however often Slack sends it."""
    return f"command-{string(body.get('trigger_id'))}"
