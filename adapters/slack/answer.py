"""A reply as the Slack messages that it takes: text, pictures, sources, notes, buttons, in this order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adapters.markdown.emphasis import understood
from adapters.markdown.mentions import defused
from adapters.markdown.splitting import split
from adapters.markdown.tables import Table, as_text, segments
from adapters.markdown.unfinished import showable
from adapters.reply_texts import NOTES, SUGGESTIONS, said_instead, status_text
from adapters.slack.blocks import (
    BUTTON,
    SECTION,
    Block,
    SlackMessage,
    actions,
    bounded,
    button,
    context,
    image,
    markdown,
    section,
)
from adapters.slack.buttons import AGAIN, KEEP, SHARE, SUGGESTION, WHY, Pressed, feedback, stop_row
from adapters.slack.converting import escaped, to_mrkdwn
from adapters.slack.packing import Packing, json_length
from adapters.slack.sources import source_blocks
from adapters.slack.table_blocks import table_block
from adapters.texts import Texts
from core.reply import Failure, Reply, Status

PIECE = 10_500
"""Characters of a markdown block, as JSON: a message has room for no more, beside its other blocks."""
SECTION_SOURCE = 2400
"""Characters of Markdown that are converted into one section; mrkdwn is longer by its escapes."""
MESSAGE_CHARACTERS = 1500
"""Characters of a failure's message, and of its hint."""
ASKED = 500
"""Characters of a question that is quoted above a shared answer."""


@dataclass(frozen=True)
class Look:
    """How a reply is to look.

    Without `about` it has no buttons (an explanation, a list of sources). `files` are the ids of uploaded pictures at
    Slack, by their sha256. `native` is False where a server refuses `markdown` blocks (`invalid_blocks`): then all is
    sections in mrkdwn, and the feedback buttons are ordinary ones. An answer whose question nobody sees there quotes
    what was `asked`, and says who asked it (`asked_by`, a user id) or shared the answer with a channel (`shared_by`).
    """

    texts: Texts
    about: Pressed | None = None
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    ephemeral: bool = False
    native: bool = True
    shared_by: str = ""
    asked: str = ""
    asked_by: str = ""


def answer_messages(reply: Reply, look: Look) -> tuple[SlackMessage, ...]:
    """A finished reply; at least one message. Explanations, search results and lists of sources come so, too."""
    packing = Packing(look.texts.sources)
    for block in _quoted(look):
        packing.add(block)
    _add_text(packing, reply.text.strip() or said_instead(reply, look.texts), look)
    _add_rest(packing, reply, look)
    return packing.messages()


def underway_messages(text: str, status: Status | None, look: Look) -> tuple[SlackMessage, ...]:
    """A reply that is still being written, for where it is edited: what can be shown, the status, a Stop button."""
    doing = status_text(status, look.texts)
    packing = Packing(doing)
    for block in _quoted(look):
        packing.add(block)
    _add_text(packing, showable(text).displayed.strip(), look)
    stop = (stop_row(look.about, look.texts),) if look.about else ()
    packing.add(context(f"_{escaped(doing)}_"), *stop)
    return packing.messages()


def closing_blocks(reply: Reply, look: Look, used: int) -> tuple[tuple[Block, ...], tuple[SlackMessage, ...]]:
    """What follows a text that was streamed: blocks for `chat.stopStream`, and further messages where there is no room.

    `used` is how many characters the last streamed message has already (`GrowingText.used`).
    """
    packing = Packing(look.texts.sources, used=used)
    if not reply.text.strip():
        _add_text(packing, said_instead(reply, look.texts), look)
    _add_rest(packing, reply, look)
    first, *others = packing.messages()
    return first.blocks, tuple(others)


def streams_well(text: str) -> bool:
    """Whether a streamed text looks right as it stands; else update the messages with `answer_messages` at the end.

    A table is streamed as the Markdown that it is written in.
    """
    return not any(isinstance(one, Table) for one in segments(text))


def _quoted(look: Look) -> list[Block]:
    """Who asked what, where nothing else says it."""
    blocks: list[Block] = []
    for said, person in ((look.texts.shared_by, look.shared_by), (look.texts.asked_by, look.asked_by)):
        if re.fullmatch(r"[UW][A-Z0-9]+", person):
            blocks.append(context(escaped(said).format(person=f"<@{person}>")))
    if asked := " ".join(defused(look.asked).split()):
        blocks.append(section(f"> {escaped(bounded(asked, ASKED))}"))
    return blocks


def _add_text(packing: Packing, text: str, look: Look) -> None:
    for segment in segments(understood(defused(text))):
        if isinstance(segment, str):
            _add_markdown(packing, segment, look)
            continue
        block = table_block(segment) if look.native else None
        if block is None or packing.has_table:
            _add_markdown(packing, as_text(segment), look)
        else:
            packing.add(block, said=segment.source)


def _add_markdown(packing: Packing, text: str, look: Look) -> None:
    if look.native:
        for piece in split(text, PIECE, json_length):
            packing.add(markdown(piece), said=piece)
        return
    for piece in split(text, SECTION_SOURCE):
        for smaller in _sections(piece):
            packing.add(section(smaller), said=piece)


def _sections(piece: str, limit: int = SECTION_SOURCE) -> list[str]:
    """Markdown as mrkdwn of at most `SECTION` characters each."""
    said = to_mrkdwn(piece)
    if len(said) <= SECTION:
        return [said] if said.strip() else []
    limit = max(limit // 2, 32)
    return [one for smaller in split(piece, limit) for one in (_sections(smaller, limit) if limit > 32 else [smaller])]


def _add_rest(packing: Packing, reply: Reply, look: Look) -> None:
    for shown in reply.pictures:
        file = look.files.get(shown.picture.sha256)
        source = bounded(" ".join(shown.source.split()), 200)
        if file is None:
            missing = look.texts.picture_missing.format(source=defused(source or shown.picture.name))
            packing.add(context(escaped(missing)), said=missing)
            continue
        title = source or shown.picture.name
        alt = shown.caption or shown.picture.alt or look.texts.picture_of.format(source=title)
        packing.add(image(file, alt=" ".join(alt.split()), title=title), said=alt)
    for block in source_blocks(reply.citations, look.texts):
        packing.add(block)
    if reply.failure is not None:
        packing.add(
            _failure(reply.failure, answered=bool(reply.text.strip()), texts=look.texts), said=reply.failure.message
        )
    if rows := _rows(reply, look):
        packing.add(*rows)


def _failure(failure: Failure, *, answered: bool, texts: Texts) -> Block:
    message = escaped(defused(bounded(failure.message.strip() or texts.error, MESSAGE_CHARACTERS)))
    hint = escaped(defused(bounded(failure.hint.strip(), MESSAGE_CHARACTERS)))
    if failure.code in NOTES:
        return context(*(said for said in (message, hint) if said))
    heading = texts.answer_incomplete if answered else texts.no_answer
    return section("\n".join(said for said in (f"*{heading}*", message, hint) if said))


def _rows(reply: Reply, look: Look) -> tuple[Block, ...]:
    """The buttons below a finished reply."""
    about, texts = look.about, look.texts
    if about is None:
        return ()
    answered = bool(reply.text.strip())
    row = [button(texts.again, AGAIN, about.value())]
    if answered:
        row.insert(0, button(texts.why, WHY, about.value()))
    if look.ephemeral and (answered or reply.pictures):
        row.append(button(texts.share, SHARE, about.value()))
    if reply.declined and not look.ephemeral and not _is_direct(about):
        row.append(button(texts.keep_answer, KEEP, about.value()))
    rows = [feedback(about, texts, native=look.native)] if answered else []
    rows.append(actions(row))
    suggestions = [one for one in reply.suggestions[:SUGGESTIONS] if one.strip()]
    if suggestions:
        rows.append(context(texts.follow_up))
        rows.append(actions([_suggestion(number, one, about) for number, one in enumerate(suggestions, start=1)]))
    return tuple(rows)


def _is_direct(about: Pressed) -> bool:
    """Whether the answer stands in a direct conversation: nobody else is there who could know."""
    return "/D" in about.conversation


def _suggestion(number: int, text: str, about: Pressed) -> Block:
    shown = bounded(" ".join(text.split()), BUTTON)
    return button(shown, f"{SUGGESTION}{number}", replace(about, text=text).value())
