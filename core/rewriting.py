"""Follow-ups put into a question of their own by the chat model, to be searched by.

What comes back is searched and nothing else: no prompt, no reply and nothing outside ever holds it, so that an
instruction in the conversation can change what is found among what the asker may see, and no more. Where the model is
away, slow or says something else than such a question, `core.followups` alone words it.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import aclosing
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from langchain_core.messages import AIMessageChunk, HumanMessage

from core.errors import LorelensError
from core.followups import topic_words
from core.knowledge.index import Hit
from core.knowledge.terms import index_terms
from core.language import is_chinese
from core.messages import Message
from core.models.chat import EXTRACTIVE, ChatModel
from core.models.served.notes import ANSWERED_BY
from core.models.served.trying import UNHEARD
from core.reading.questions import content_terms
from core.tokens import estimate_tokens

PATIENCE = 6.0
"""Seconds that a question may wait for its new wording."""
REST_SECONDS = 60.0
"""For so long a model that was too slow, or away, is not asked again for one."""
MESSAGES = 6
MESSAGE_CHARACTERS = 700
"""So many earlier messages are shown to the model, and so much of each."""
LONGEST = 300
LONGEST_SAID = 6000
"""Characters of a question, and those after which a model that still thinks aloud is not listened to any more."""
KNOWN = 0.5
"""The share of a question's terms that the conversation has to hold: one with fewer is about something else."""

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r"^[\w ]{0,40}(?:question|message)\s*[:：]\s*|^[^\s:：]{0,8}(?:问题|消息)[:：]\s*", re.IGNORECASE)
_FOREIGN = re.compile(r"\w://|\bwww\.|\]\(|[<>{}\[\]\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_log = logging.getLogger(__name__)


class Rewritten(NamedTuple):
    """A follow-up as a question of its own, empty where there is none; `tokens` is what the model used for it."""

    question: str = ""
    tokens: int = 0


class Rewriter:
    """Asks one model, once a follow-up."""

    def __init__(self, chat: ChatModel, *, patience: float = PATIENCE) -> None:
        self._chat = chat
        self._patience = patience
        self._rests_until = 0.0

    async def rewrite(self, history: Sequence[Message], message: Message) -> Rewritten:
        """The message as a question of its own.

        Args:
            history: earlier messages of the conversation, oldest first.
            message: a new one that can't be understood without them (`core.followups`).
        """
        if time.monotonic() < self._rests_until:
            return Rewritten()
        shown = history[-MESSAGES:]
        prompt = _prompt(shown, message)
        try:
            async with asyncio.timeout(self._patience):
                said, tokens = await self._ask(prompt)
        except Exception as error:  # noqa: BLE001 - providers raise errors of their own; the plain words are searched
            self._rests_until = time.monotonic() + REST_SECONDS
            why = error.message if isinstance(error, LorelensError) else type(error).__name__
            _log.warning("The model %s did not put a follow-up into a question of its own: %s", self._chat.name, why)
            return Rewritten()
        tokens = tokens or estimate_tokens(prompt + said)
        conversation = "\n".join([*(one.text for one in shown), message.text])
        return Rewritten(as_question(said, message.text, conversation), tokens)

    async def _ask(self, prompt: str) -> tuple[str, int]:
        """What the model says, and the tokens that it says it used."""
        said, tokens = "", 0
        stream = cast(Any, self._chat.model.astream([HumanMessage(content=prompt)], config=UNHEARD))
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                if not isinstance(piece, AIMessageChunk):
                    continue
                if piece.response_metadata.get(ANSWERED_BY) == EXTRACTIVE:
                    return "", 0  # a reader that only quotes stood in
                said += piece.text
                tokens += piece.usage_metadata["total_tokens"] if piece.usage_metadata else 0
                if len(said) > LONGEST_SAID or len(_THOUGHT.sub("", said)) > 2 * LONGEST:
                    break
        return said, tokens


def rewriter_for(chat: ChatModel) -> Rewriter | None:
    """What rewrites with this model; None for one that only quotes, or is too small to be given instructions."""
    return Rewriter(chat) if chat.name != EXTRACTIVE and chat.prompt == "full" else None


def as_question(said: str, message: str, conversation: str) -> str:
    """What a model said as one question; empty where it is not one, or not about what the conversation is about."""
    lines = [line.strip() for line in _THOUGHT.sub("", said).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith((":", "：")):
        lines = lines[1:]
    if len(lines) != 1:
        return ""
    question = _LABEL.sub("", lines[0].strip("*_`\"'“”「」 ")).strip("*_`\"'“”「」 ")
    if len(question) > LONGEST or _FOREIGN.search(question) or is_chinese(question) != is_chinese(message):
        return ""
    terms = set(content_terms(question))
    if not topic_words(question) or len(terms & set(index_terms(conversation))) < KNOWN * len(terms):
        return ""
    return "" if question.casefold() == message.strip().casefold() else question


def mixed(rankings: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    """What several wordings of one question found, best first: `score` is the mean of what each gives a hit."""
    found: dict[str, Hit] = {}
    for ranking in rankings:
        for hit in ranking:
            known = found.get(hit.passage.id)
            share = hit.score / len(rankings)
            found[hit.passage.id] = (known or hit).model_copy(update={"score": share + (known.score if known else 0)})
    return sorted(found.values(), key=lambda hit: -hit.score)[:limit]


def _prompt(history: Sequence[Message], message: Message) -> str:
    """The conversation between delimiters that nothing in it can close, then what is to be done."""
    seal = secrets.token_hex(4)
    turns = "\n".join(
        f"{'Person' if one.role == 'person' else 'Lorelens'}: {one.text[:MESSAGE_CHARACTERS]}" for one in history
    )
    return (
        f"<conversation-{seal}>\n{turns}\n</conversation-{seal}>\n\n"
        f"<newest-message-{seal}>\n{message.text}\n</newest-message-{seal}>\n\n{_instructions()}"
    )


@cache
def _instructions() -> str:
    return files("config").joinpath("rewrite.md").read_text(encoding="utf-8").strip()
