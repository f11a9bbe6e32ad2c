"""*Save to team knowledge*: a message, or a question with its answer, is kept for later answers, and follows its edits.

Who may read the place of a message may read what was saved of it, and nobody else.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import Payload, mapping, mappings, string
from adapters.payloads import first as first_of
from adapters.slack.api import Installed, ask
from adapters.slack.blocks import SlackMessage, actions, button, section
from adapters.slack.buttons import STOP, Pressed, pressed
from adapters.slack.converting import escaped
from adapters.slack.file_objects import urls_of
from adapters.slack.history import thread_before
from adapters.slack.incoming import message_id, ts_of
from bots.about import forget_copies
from bots.exchange import with_answer
from bots.once import first
from bots.saved_notes import NotePictures, readers_of
from bots.slack.clicks import place_named
from bots.slack.desk import Desk
from bots.slack.privately import say, say_text, telling
from bots.slack.shortcuts import place_of_message, read_message
from bots.slack.whom import Whom, whom
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.knowledge.saved import NoteHead, SavedNote
from core.messages import Author, Message, Place
from core.question import Question

SAVE = "save_message"
"""The callback id, as in the app's manifest."""
UNSAVE = "lorelens_unsave"

_log = logging.getLogger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the shortcut, and for the button that undoes it."""
    listening: Any = app

    async def save(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        if await first(desk.mailbox, f"save-{string(body.get('trigger_id'))}"):
            desk.spawn(_save(desk, body, context), "Saving a message", tell=telling(desk, body, context))

    async def unsave(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        desk.spawn(_unsave(desk, body, context), "Removing what was saved", tell=telling(desk, body, context))

    listening.message_shortcut(SAVE)(save)
    listening.action(UNSAVE)(unsave)


# --- saving --------------------------------------------------------------------------------------------------------


async def _save(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    who = await whom(desk, body, context)
    if not await may_save(desk, who):
        await say_text(desk, who, who.texts.save_refused)
        return
    payload = mapping(body.get("message"))
    place = await place_of_message(desk, who, payload)
    before = await desk.application.saved_notes.of_message(place, message_id(place.channel, string(payload.get("ts"))))
    taking = Taking(desk, who, place)
    messages = await taking.with_answer(payload)
    if not any(message.text.strip() or message.pictures for message in messages):
        await say_text(desk, who, who.texts.save_empty)
        return
    saver = Author(id=before.saved_by) if before and before.saved_by != who.user else who.author
    saved = await taking.keep(messages, saver, datetime.now(UTC))
    await tell_saved(desk, who, messages[0], saved, saver=saver, before=before)


async def tell_saved(
    desk: Desk, who: Whom, message: Message, title: str, *, saver: Author, before: NoteHead | None
) -> None:
    """Tell whoever saved a note, which that message begins, that it is kept; who saved it may undo that."""
    said = who.texts.saved_already if before else who.texts.saved.format(title=title)
    blocks = [section(escaped(said))]
    if saver.id == who.user:
        about = Pressed(message.place.conversation, message.id)
        blocks.append(actions([button(who.texts.unsave, UNSAVE, about.value())]))
    await say(desk, who, SlackMessage(escaped(said), tuple(blocks)))


async def may_save(desk: Desk, who: Whom) -> bool:
    """Whether somebody may add to the team's knowledge: people of other organizations may not."""
    return (await desk.platform.membership.people.person(who.installed, who.user)).standing in {"member", "guest"}


async def _unsave(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    who = await whom(desk, body, context)
    about = pressed(string(first_of(body.get("actions")).get("value")))
    place = place_named(about.conversation) if about else None
    here = (desk.platform.platform, who.installed.team, who.channel)
    if about is None or place is None or (place.platform, place.workspace, place.channel) != here:
        await say_text(desk, who, who.texts.no_permission_here)
        return
    notes = desk.application.saved_notes
    head = await notes.of_message(place, about.message)
    if head is not None and head.saved_by != who.user:
        await say_text(desk, who, who.texts.no_permission)
        return
    async with desk.saving:
        await notes.remove(place, about.message)
    await say_text(desk, who, who.texts.unsaved, replace=head is not None)


class Taking:
    """Takes messages of one place for a note, with their pictures."""

    def __init__(self, desk: Desk, who: Whom, place: Place) -> None:
        self._desk = desk
        self._who = who
        self._place = place
        self._pictures = NotePictures(desk.application, desk.store)

    async def message(self, payload: Payload) -> Message | None:
        """One message as Slack has it, its pictures fetched; None if it says nothing."""
        message = await read_message(self._desk, self._who, payload, self._place)
        if message is None or not message.attachments:
            return message
        delivery = {"team": self._who.installed.team, "enterprise": self._who.installed.enterprise}
        question = Question(message=message, delivery={**delivery, "files": {**urls_of(payload)}})
        return await self._desk.platform.complete(question, self._pictures.keep)

    async def with_answer(self, payload: Payload) -> list[Message]:
        """The message; a question that Lorelens answered with its answer, and an answer with its question."""
        message = await self.message(payload)
        if message is None:
            return []
        return await with_answer(self._desk.store, message, _order)

    async def keep(self, messages: list[Message], saver: Author, at: datetime) -> str:
        """Save them as a note of this place; its title.

        Raises:
            QuestionError: there is nothing in it.
            IndexUnavailableError: it can't be written.
        """
        note = SavedNote(
            messages=tuple(messages),
            permalink=await self._permalink(messages[0]),
            saved_by=saver,
            saved_at=at,
            place_name=await self._place_name(),
            audience=(readers_of(self._place, saver),),
        )
        return (await self._desk.application.saved_notes.save(note, self._pictures.find)).title

    async def _place_name(self) -> str:
        if self._place.visibility == "direct":
            return self._who.name or self._who.user
        known = await self._desk.platform.membership.named(self._who.installed, self._place.channel)
        return known.name if known is not None and known.name else self._place.channel

    async def _permalink(self, message: Message) -> str:
        client = await self._desk.platform.clients.client(self._who.installed.team, self._who.installed.enterprise)
        try:
            where = {"channel": self._place.channel, "message_ts": ts_of(message.id)}
            return string((await ask(client, "chat.getPermalink", **where)).get("permalink"))
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("What was saved has no link: %s", error)
            return ""


def _order(message: str) -> float:
    """Where a message stands among others, by its id; 0 for one that is none of Slack's."""
    try:
        return float(ts_of(message))
    except ValueError:
        return 0.0


# --- following -----------------------------------------------------------------------------------------------------


async def follow(desk: Desk, event: Payload, installed: Installed) -> None:
    """Let what was saved of a message, and copies of it, follow a `message_changed` or `message_deleted` event.

    Raises:
        IndexUnavailableError: what was saved can't be read or written.
        StoreUnavailableError: Redis is away.
    """
    channel, message = string(event.get("channel")), mapping(event.get("message"))
    before = mapping(event.get("previous_message"))
    ts = string(event.get("deleted_ts")) or string(message.get("ts")) or string(before.get("ts"))
    if not channel or not ts:
        return
    one = message_id(channel, ts)
    place = Place(platform="slack", workspace=installed.team, channel=channel)
    notes = desk.application.saved_notes
    if event.get("subtype") == "message_deleted" or message.get("subtype") == "tombstone":
        async with desk.saving:
            await notes.remove(place, one)
        await forget_copies(desk.mailbox, one)
        return
    if _is_under_way(message):
        return
    async with desk.saving:
        head = await notes.of_message(place, one)
        if head is not None:
            await _save_anew(desk, head, message, channel, installed)


async def _save_anew(desk: Desk, head: NoteHead, payload: Payload, channel: str, installed: Installed) -> None:
    """Save a note again, with one of its messages as it reads now.

    A question that was saved with its answer waits for that: it is being answered anew, and another question's answer
    is not to stand below it meanwhile.
    """
    if head.messages[-1] != message_id(channel, string(payload.get("ts"))):
        return
    person = await desk.platform.membership.person(installed, head.saved_by)
    name = person.name if person else ""
    who = Whom(installed, head.saved_by, name=name, channel=channel)
    place = await place_of_message(desk, who, payload)
    taking = Taking(desk, who, place)
    changed = await taking.message(payload)
    kept = {one.id: one for one in await desk.store.messages(place.conversation, list(head.messages))}
    if changed is not None:
        kept[changed.id] = changed
    for other in await said_in_thread(desk, place, who) if set(head.messages) - set(kept) else ():
        one = message_id(channel, string(other.get("ts")))
        said = await taking.message(other) if one in head.messages and one not in kept else None
        if said is not None:
            kept[one] = said
    messages = [kept[one] for one in head.messages if one in kept]
    if changed is None or messages[:1] != [kept.get(head.messages[0])]:
        _log.warning("What was saved of %s does not follow its edit: the rest is kept no more", head.messages[0])
        return
    await taking.keep(messages, Author(id=head.saved_by, name=name), head.saved_at)


async def said_in_thread(desk: Desk, place: Place, who: Whom) -> list[Payload]:
    """What stands in a thread, oldest first, as Slack has it."""
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    return await thread_before("", place, client)


def _is_under_way(message: Payload) -> bool:
    """Whether an answer is being written: then there is a button to stop it."""
    elements = [element for block in mappings(message.get("blocks")) for element in mappings(block.get("elements"))]
    streams = message.get("streaming_state") == "in_progress"
    return streams or any(element.get("action_id") == STOP for element in elements)
