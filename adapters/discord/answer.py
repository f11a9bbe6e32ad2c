"""A reply as the Discord messages that it takes: text, sources, notes, pictures, buttons, in this order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.discord.blocks import CONTENT, FILES, DiscordMessage, bounded
from adapters.discord.buttons import (
    AGAIN,
    HELPFUL,
    KEEP,
    SHARE,
    STOP,
    SUGGESTION,
    UNHELPFUL,
    WHY,
    Pressed,
    button,
    row,
)
from adapters.discord.converting import to_discord
from adapters.discord.sources import escaped, source_lines
from adapters.markdown.mentions import defused
from adapters.markdown.splitting import split, utf16
from adapters.markdown.unfinished import showable
from adapters.reply_texts import NOTES, SUGGESTIONS, said_instead, status_text
from adapters.texts import Texts
from core.links import without_links
from core.reply import Failure, Reply, ShownPicture, Status

MESSAGE_CHARACTERS = 700
"""Characters of a failure's message, and of its hint."""
ASKED = 300
"""Characters of a question that is quoted above a shared answer."""


@dataclass(frozen=True)
class Look:
    """How a reply is to look.

    Without `about` it has no buttons (an explanation, a list of sources). `missing` are the sha256 of pictures that
    can't be shown there. What was `asked` is quoted above the answer where nobody sees it otherwise, with who asked it
    (`asked_by`, a name) and who shared the answer (`shared_by`). An answer that is `ephemeral` in a channel can be
    shared with it.
    """

    texts: Texts
    about: Pressed | None = None
    missing: frozenset[str] = frozenset()
    ephemeral: bool = False
    asked: str = ""
    asked_by: str = ""
    shared_by: str = ""


def answer_messages(reply: Reply, look: Look) -> tuple[DiscordMessage, ...]:
    """A finished reply; at least one message. Explanations, search results and lists of sources come so, too."""
    packing = _Packing()
    for line in _above(look):
        packing.add(line)
    packing.add_text(reply.text.strip() or said_instead(reply, look.texts))
    if reply.failure is not None:
        packing.add(_failure(reply.failure, answered=bool(reply.text.strip()), texts=look.texts))
    shown = tuple(one for one in reply.pictures if one.picture.sha256 not in look.missing)
    for one in reply.pictures:
        if one.picture.sha256 in look.missing:
            source = defused(bounded(" ".join((one.source or one.picture.name).split()), 200))
            packing.add(f"-# {escaped(look.texts.picture_missing.format(source=source))}")
    packing.add_lines(source_lines(reply.citations, look.texts))
    rows = _rows(reply, look)
    if rows and reply.suggestions:
        packing.add(f"-# {look.texts.follow_up}")
    return packing.messages(shown, rows, look.texts)


def underway_messages(text: str, status: Status | None, look: Look) -> tuple[DiscordMessage, ...]:
    """A reply that is still being written: what can be shown, the status, a Stop button."""
    packing = _Packing()
    for line in _above(look):
        packing.add(line)
    packing.add_text(showable(text).displayed.strip())
    packing.add(f"-# {status_text(status, look.texts)}")
    stop = (row(button(look.texts.stop, look.about.custom_id(STOP))),) if look.about else ()
    return packing.messages((), stop, look.texts)


@dataclass
class _Packing:
    """Messages that are filled one after another, in pieces that are whole."""

    done: list[str] = field(default_factory=list[str])
    current: str = ""

    def add_text(self, text: str) -> None:
        """Markdown; it is cut where a reader would pause."""
        for piece in split(to_discord(text), CONTENT, utf16):
            self.add(piece)

    def add_lines(self, lines: Sequence[str]) -> None:
        """Lines that stand one below the other, together if they fit into one message."""
        together = "\n".join(lines)
        if utf16(together) <= CONTENT:
            self.add(together)
            return
        for line in lines:
            self.add(line, gap="\n")

    def add(self, piece: str, *, gap: str = "\n\n") -> None:
        """A piece that is not cut."""
        if not piece.strip():
            return
        gap = "\n" if self.current.rsplit("\n", 1)[-1].startswith("-# ") and piece.startswith("-# ") else gap
        joined = f"{self.current}{gap}{piece}" if self.current else piece
        if utf16(joined) > CONTENT:
            self.done.append(self.current)
            joined = bounded(piece, CONTENT)
        self.current = joined

    def messages(
        self, pictures: tuple[ShownPicture, ...], rows: tuple[dict[str, Any], ...], texts: Texts
    ) -> tuple[DiscordMessage, ...]:
        """All messages: the pictures and the buttons are at the end."""
        said = [one for one in [*self.done, self.current] if one]
        if not said and not pictures:
            said = [texts.nothing_said]
        messages = [DiscordMessage(text) for text in said]
        groups = [pictures[at : at + FILES] for at in range(0, len(pictures), FILES)]
        for number, group in enumerate(groups):
            if number == 0 and messages:
                messages[-1] = replace(messages[-1], pictures=group)
            else:
                messages.append(DiscordMessage("", group))
        messages[-1] = replace(messages[-1], rows=rows)
        return tuple(messages)


def _above(look: Look) -> list[str]:
    """What stands above the answer."""
    lines: list[str] = []
    for text, person in ((look.texts.shared_by, look.shared_by), (look.texts.asked_by, look.asked_by)):
        if person:
            lines.append(f"-# {text.format(person=escaped(defused(person)))}")
    if asked := " ".join(defused(without_links(look.asked)).split()):
        lines.append(f"> {escaped(bounded(asked, ASKED))}")
    return lines


def _failure(failure: Failure, *, answered: bool, texts: Texts) -> str:
    message = to_discord(bounded(failure.message.strip() or texts.error, MESSAGE_CHARACTERS))
    hint = to_discord(bounded(failure.hint.strip(), MESSAGE_CHARACTERS))
    if failure.code in NOTES:
        return "\n".join(f"-# {' '.join(said.split())}" for said in (message, hint) if said)
    heading = texts.answer_incomplete if answered else texts.no_answer
    return "\n".join(said for said in (f"**{heading}**", message, hint) if said)


def _rows(reply: Reply, look: Look) -> tuple[dict[str, Any], ...]:
    """The buttons below a finished reply."""
    about, texts = look.about, look.texts
    if about is None:
        return ()
    answered = bool(reply.text.strip())
    buttons = [button(texts.again, about.custom_id(AGAIN))]
    if answered:
        buttons = [
            button("", about.custom_id(HELPFUL), emoji="👍"),
            button("", about.custom_id(UNHELPFUL), emoji="👎"),
            button(texts.why, about.custom_id(WHY)),
            *buttons,
        ]
    if look.ephemeral and (answered or reply.pictures):
        buttons.append(button(texts.share, about.custom_id(SHARE)))
    # Directly and privately nobody else is there who could know.
    if reply.declined and about.thread and not look.ephemeral and not about.thread.startswith("~"):
        buttons.append(button(texts.keep_answer, about.custom_id(KEEP)))
    rows = [row(*buttons)]
    suggestions = [" ".join(one.split()) for one in reply.suggestions[:SUGGESTIONS] if one.strip()]
    rows += [row(button(one, about.custom_id(f"{SUGGESTION}{at}"))) for at, one in enumerate(suggestions, start=1)]
    return tuple(rows)
