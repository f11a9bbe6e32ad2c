"""A reply as the Slack messages that it takes: text, pictures, sources, notes, buttons, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adapters.markdown.splitting import split
from adapters.slack.blocks import Block, SlackMessage, actions, bounded, button, context, image, markdown, section
from adapters.slack.buttons import AGAIN, SHARE, SUGGESTION, WHY, Pressed, feedback, stop_row
from adapters.slack.converting import escaped, to_mrkdwn, to_plain
from adapters.texts import Texts
from core.reply import Reply, Status


@dataclass(frozen=True)
class Look:
    """How a reply is to look.

    Without `about` it has no buttons (an explanation, a list of sources). `files` are the ids of uploaded pictures at
    Slack, by their sha256. `native` is False where a server refuses `markdown` blocks (`invalid_blocks`): then all is
    sections in mrkdwn.
    """

    texts: Texts
    about: Pressed | None = None
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    ephemeral: bool = False
    native: bool = True


def answer_messages(reply: Reply, look: Look) -> tuple[SlackMessage, ...]:
    """A finished reply; at least one message. Explanations, search results and lists of sources come so, too."""
    pieces = split(reply.text, 10_000) or (look.texts.nothing_said,)
    texts = [SlackMessage(_fallback(piece), (_text(piece, look),)) for piece in pieces]
    return (*texts[:-1], replace(texts[-1], blocks=(*texts[-1].blocks, *_rest(reply, look))))


def underway_messages(text: str, status: Status | None, look: Look) -> tuple[SlackMessage, ...]:
    """A reply that is still being written, for platforms that edit: what can be shown, the status, a Stop button."""
    doing = status_text(status, look.texts)
    pieces = split(text, 10_000)
    texts = [SlackMessage(_fallback(piece), (_text(piece, look),)) for piece in pieces]
    blocks = (context(escaped(doing)), *((stop_row(look.about, look.texts),) if look.about else ()))
    if not texts:
        return (SlackMessage(doing, blocks),)
    return (*texts[:-1], replace(texts[-1], blocks=(*texts[-1].blocks, *blocks)))


def closing_blocks(reply: Reply, look: Look, used: int) -> tuple[tuple[Block, ...], tuple[SlackMessage, ...]]:
    """What follows a text that was streamed: blocks for `chat.stopStream`, and further messages where there is no room.

    `used` is how many characters the last streamed message has already.
    """
    return _rest(reply, look), ()


def streams_well(text: str) -> bool:
    """Whether a streamed text looks right as it stands; else update the messages with `answer_messages` at the end."""
    return "|--" not in text


def status_text(status: Status | None, texts: Texts) -> str:
    """What it is doing now, in words."""
    if status is None:
        return texts.thinking
    return {
        "thinking": texts.thinking,
        "searching": texts.searching,
        "looking": texts.looking,
        "reading": texts.reading,
        "writing": texts.writing,
    }[status.stage]


def _fallback(text: str) -> str:
    return escaped(bounded(to_plain(text), 600))


def _text(text: str, look: Look) -> Block:
    return markdown(text) if look.native else section(to_mrkdwn(text))


def _rest(reply: Reply, look: Look) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for shown in reply.pictures:
        if file := look.files.get(shown.picture.sha256):
            blocks.append(image(file, alt=shown.caption or shown.picture.alt, title=shown.source))
    if reply.citations:
        lines = [f"[{one.number}] {escaped(one.title or one.source)}" for one in reply.citations[:10]]
        blocks.append(context("\n".join([f"*{look.texts.sources}*", *lines])))
    if reply.failure is not None:
        blocks.append(section(escaped(f"{reply.failure.message} {reply.failure.hint}")))
    if look.about is None:
        return tuple(blocks)
    blocks.append(feedback(look.about, look.texts))
    row = [button(look.texts.why, WHY, look.about.value()), button(look.texts.again, AGAIN, look.about.value())]
    if look.ephemeral:
        row.append(button(look.texts.share, SHARE, look.about.value()))
    for number, text in enumerate(reply.suggestions, start=1):
        row.append(button(text, f"{SUGGESTION}{number}", replace(look.about, text=text).value()))
    blocks.append(actions(row))
    return tuple(blocks)
