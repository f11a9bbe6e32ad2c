"""*Save to team knowledge*: a message, or a question with its answer, is kept for later answers, and follows its edits.

Who may read the channel of a message may read what was saved of it, and nobody else.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from adapters.discord.blocks import DiscordMessage
from adapters.discord.buttons import STOP, Pressed, button, pressed, row
from adapters.discord.converting import to_discord
from adapters.discord.heard import Heard
from adapters.discord.incoming import message_id, urls_of
from adapters.discord.servers import PRIVATE_THREAD, Spot
from adapters.discord.sources import escaped
from adapters.markdown.mentions import defused
from bots.about import forget_copies
from bots.discord.acknowledging import Interaction, Way, privately
from bots.discord.clicks import clicked
from bots.discord.desk import Desk
from bots.discord.menus import read_message
from bots.discord.privately import say, say_text
from bots.discord.reading import target
from bots.discord.whom import Whom
from bots.exchange import with_answer
from bots.saved_notes import NotePictures, readers_of
from core.knowledge.saved import NoteHead, SavedNote
from core.messages import Author, Message, Place
from core.question import Question

UNSAVE = "unsave"
"""The name of the button that undoes it."""

_log = logging.getLogger(__name__)


async def _save(desk: Desk, interaction: Interaction, who: Whom) -> None:
    if who.is_elsewhere:
        await say_text(desk, who, who.texts.save_refused)
        return
    heard = Heard.of(target(interaction), guild=who.guild)
    taking = Taking(desk, who, who.spot)
    messages = await taking.with_answer(heard)
    if not any(message.text.strip() or message.pictures for message in messages):
        await say_text(desk, who, who.texts.save_empty)
        return
    async with desk.saving:
        before = await desk.application.saved_notes.of_message(messages[0].place, messages[0].id)
        saver = Author(id=before.saved_by) if before and before.saved_by != who.user else who.author
        title = await taking.keep(messages, saver, datetime.now(UTC))
    await tell_saved(desk, who, messages[0], title, saver=saver, is_known=before is not None)


async def tell_saved(desk: Desk, who: Whom, message: Message, title: str, *, saver: Author, is_known: bool) -> None:
    """Tell whoever saved a note, which that message begins, that it is kept; who saved it may undo that."""
    said = who.texts.saved_already if is_known else who.texts.saved.format(title=escaped(title))
    undo = Pressed(UNSAVE, message.id, message.place.thread or "")
    rows = (row(button(who.texts.unsave, undo.custom_id())),) if saver.id == who.user else ()
    await say(desk, who, DiscordMessage(to_discord(defused(said)), rows=rows))


async def _unsave(desk: Desk, interaction: Interaction, who: Whom) -> None:
    click = await clicked(desk, interaction, who)
    if click is None:
        await say_text(desk, who, who.texts.no_permission_here)
        return
    notes = desk.application.saved_notes
    place = place_of_note(who.spot, click.place)
    head = await notes.of_message(place, click.about.message)
    if head is not None and head.saved_by != who.user:
        await say_text(desk, who, who.texts.no_permission)
        return
    async with desk.saving:
        await notes.remove(place, click.about.message)
    await say_text(desk, who, who.texts.unsaved)


def place_of_note(spot: Spot, place: Place) -> Place:
    """Where a note of a place is kept: a private thread is a place of its own, with other readers than its channel."""
    if spot.kind != PRIVATE_THREAD:
        return place
    return place.model_copy(update={"channel": spot.id, "thread": None, "visibility": "private"})


class Taking:
    """Takes messages of one channel or thread for a note, with their pictures."""

    def __init__(self, desk: Desk, who: Whom, spot: Spot) -> None:
        self._desk = desk
        self._who = who
        self._spot = spot
        self._pictures = NotePictures(desk.application, desk.store)

    async def message(self, heard: Heard) -> Message | None:
        """One message, its pictures fetched; None if it can't be placed."""
        place = await self._desk.platform.intake.events.place(heard)
        if place is None:
            return None
        message = await read_message(self._desk, self._who, heard, place)
        if not message.attachments:
            return message
        question = Question(message=message, delivery={"files": {**urls_of(heard)}})
        return await self._desk.platform.complete(question, self._pictures.keep)

    async def with_answer(self, heard: Heard) -> list[Message]:
        """The message; a question that Lorelens answered with its answer, and an answer with its question."""
        message = await self.message(heard)
        if message is None:
            return []
        messages = await with_answer(self._desk.store, message, _order)
        return [one.model_copy(update={"place": place_of_note(self._spot, one.place)}) for one in messages]

    async def keep(self, messages: list[Message], saver: Author, at: datetime) -> str:
        """Save them as a note of this place; its title.

        Raises:
            QuestionError: there is nothing in it.
            IndexUnavailableError: it can't be written.
        """
        place = messages[0].place
        note = SavedNote(
            messages=tuple(messages),
            permalink=_permalink(self._who.guild, messages[0]),
            saved_by=saver,
            saved_at=at,
            place_name=await self._place_name(place),
            audience=(readers_of(place, saver),),
        )
        return (await self._desk.application.saved_notes.save(note, self._pictures.find)).title

    async def _place_name(self, place: Place) -> str:
        if not self._who.guild:
            return self._who.name or self._who.user
        if place.channel == self._spot.id:
            return self._spot.name or self._spot.id
        known = await self._desk.platform.intake.servers.known_spot(place.channel)
        return known.name if known is not None and known.name else place.channel


def _permalink(guild: str, message: Message) -> str:
    channel, _, one = message.id.partition(":")
    return f"https://discord.com/channels/{guild or '@me'}/{channel}/{one}" if one.isdecimal() else ""


def _order(message: str) -> int:
    """Where a message stands among others, by its id; 0 for one that is none of Discord's."""
    one = message.rpartition(":")[2]
    return int(one) if one.isdecimal() else 0


# --- following -----------------------------------------------------------------------------------------------------


async def follow_edit(desk: Desk, heard: Heard) -> None:
    """Let what was saved of a message follow its edit.

    Raises:
        IndexUnavailableError: what was saved can't be read or written.
        StoreUnavailableError: Redis is away.
    """
    if any(one is not None and one.name == STOP for one in map(pressed, heard.buttons)):
        return  # an answer that is being written
    spot = await _spot(desk, heard.channel, heard.guild)
    if spot is None:
        return
    one, place = message_id(heard.channel, heard.id), _place(spot)
    async with desk.saving:
        head = await desk.application.saved_notes.of_message(place, one)
        if head is not None and head.messages[-1] == one:  # a question that was answered waits for its new answer
            await _save_anew(desk, head, heard, spot)


async def follow_deletion(desk: Desk, channel: str, message: str) -> None:
    """Let what was saved of a message, and copies of it, go with it; raises as `follow_edit` does."""
    one = message_id(channel, message)
    await forget_copies(desk.mailbox, one)
    spot = await _spot(desk, channel, "")
    if spot is not None:
        async with desk.saving:
            await desk.application.saved_notes.remove(_place(spot), one)


async def _save_anew(desk: Desk, head: NoteHead, heard: Heard, spot: Spot) -> None:
    """Save a note again, with its last message as it reads now."""
    who = Whom(id="", user=head.saved_by, spot=spot)
    taking = Taking(desk, who, spot)
    changed = await taking.message(heard)
    if changed is None:
        return
    kept = {one.id: one for one in await desk.store.messages(changed.place.conversation, list(head.messages))}
    kept[changed.id] = changed
    for one in set(head.messages) - set(kept):  # what people replied is nowhere but on Discord
        if (said := await _read_again(desk, one, taking)) is not None:
            kept[one] = said
    messages = [kept.get(one) for one in head.messages]
    found = [replace_place(one, spot) for one in messages if one is not None]
    if len(found) != len(head.messages):
        _log.warning("What was saved of %s does not follow its edit: the rest is kept no more", head.messages[0])
        return
    await taking.keep(found, Author(id=head.saved_by), head.saved_at)


async def _read_again(desk: Desk, message: str, taking: Taking) -> Message | None:
    channel, _, one = message.partition(":")
    heard = await desk.platform.intake.chains.fetch(channel, one) if one.isdecimal() else None
    return await taking.message(heard) if heard is not None else None


def replace_place(message: Message, spot: Spot) -> Message:
    """The message as a note keeps it."""
    return message.model_copy(update={"place": place_of_note(spot, message.place)})


async def _spot(desk: Desk, channel: str, guild: str) -> Spot | None:
    spot = await desk.platform.intake.servers.known_spot(channel)
    return replace(spot, guild=guild) if spot is not None and guild and not spot.guild else spot


def _place(spot: Spot) -> Place:
    place = Place(platform="discord", workspace=spot.guild or "@me", channel=spot.channel)
    return place_of_note(spot, place)


SAVE = Way("Saving a message", _save, privately)
UNSAVED = Way("Removing what was saved", _unsave, lambda _interaction, _who: "silently")
