"""A question that is no message of its own, as everybody in its place sees it: who asked, and what.

A dialog, a shortcut and a button leave nothing behind in a channel, and an answer without its question is a riddle.
"""

import re

from adapters.markdown.mentions import defused
from adapters.slack.answer import ASKED
from adapters.slack.blocks import Block, SlackMessage, bounded, context, section
from adapters.slack.converting import escaped
from adapters.texts import Texts

_USER = re.compile(r"[UW][A-Z0-9]+")


def asked_message(user: str, question: str, texts: Texts) -> SlackMessage:
    """The question in quotes below the name of whoever asked it; of a picture alone, only the name."""
    person = f"<@{user}>" if _USER.fullmatch(user) else ""
    heading = escaped(texts.asked_by).format(person=person)
    blocks: list[Block] = [context(heading)]
    quoted = escaped(bounded(" ".join(defused(question).split()), ASKED))
    if quoted:
        blocks.append(section(f"> {quoted}"))
    return SlackMessage(f"{heading} {quoted}".strip(), tuple(blocks))
