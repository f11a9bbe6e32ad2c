"""From a turn of the mailbox to the parts of its reply: what was asked, together, with what was said before.

The platform is asked for what only it knows: the pictures that came with a message, what was said in its thread before
Lorelens was, and who will be able to read the answer.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from core.actions.sources import sources
from core.assistant import Assistant
from core.attached import AttachedDocuments
from core.conversations import Conversations
from core.errors import DocumentError, StoreUnavailableError
from core.explaining.explainer import Explainer
from core.explaining.keeping import KeptAnswers
from core.explaining.parts import explain_in_parts, nothing_to_explain
from core.explaining.record import AnswerRecord
from core.explaining.seeing import drawn_on
from core.intent import asks_what_is_known, asks_why, wants_stop
from core.knowledge.documents import Passage
from core.knowledge.ledger import Ledger
from core.language import is_chinese
from core.links import without_links
from core.messages import EVERYONE, Message
from core.platform import PlatformAdapter
from core.question import Question
from core.reply import Failure, Finished, ReplyPart, Text

_log = logging.getLogger(__name__)

DOCUMENTS = 3
"""So many attached documents are read for a question: its own, or the newest of its conversation."""


class Answerer(Protocol):
    """Answers the questions of one turn, oldest first, as a stream of parts that ends with `Finished`."""

    def __call__(self, questions: Sequence[Question], /) -> AsyncIterator[ReplyPart]:
        """The parts as they are made."""
        ...


class AssistantAnswers:
    """Answers with the assistant, from the conversation's history; whoever asks why is told by the explainer, and
    whoever asks what is known by the ledger.

    `platform` is where the questions come from. Without one a message is all there is, and everyone may read the
    answer.
    """

    def __init__(
        self,
        assistant: Assistant,
        store: Conversations,
        *,
        history_tokens: int,
        explainer: Explainer | None = None,
        ledger: Ledger | None = None,
        platform: PlatformAdapter | None = None,
    ) -> None:
        self._assistant = assistant
        self._attached = AttachedDocuments(assistant.encoder)
        self._platform = platform
        self._explainer = explainer
        self._ledger = ledger
        self._store = store
        self._kept = KeptAnswers(store)
        self._history_tokens = history_tokens

    async def __call__(self, questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        """The parts as they are made."""
        message = together([await self._completed(question) for question in questions])
        if wants_stop(message.text):
            yield Text(text=_nothing_to_stop(message))
            yield Finished()
            return
        if self._explainer is not None and asks_why(message.text):
            audience = await self._audience(questions[-1])
            for part in await self._explained(self._explainer, message, audience):
                yield part
            return
        if self._ledger is not None and asks_what_is_known(message.text) and not message.attachments:
            audience = await self._audience(questions[-1])
            for part in sources(self._ledger, audience, chinese=is_chinese(message.text)):
                yield part
            return
        audience = await self._audience(questions[-1])
        history, earlier = await self._seen(await self._history(questions[0]), audience)
        given, problems = await self._documents(questions[-1], message, history)
        if problems and not message.text.strip() and not message.pictures and not given:
            yield Failure(code="attachment", message=" ".join(problems))
            yield Finished()
            return
        if problems:
            yield Text(text=f"_{' '.join(problems)}_\n\n")
        if not message.text.strip() and not message.pictures:
            message = _meant(message, history, given)
        asked = tuple(question.message.id for question in questions)

        async def keep(record: AnswerRecord) -> None:
            await self._keep(record.model_copy(update={"asked": asked, "earlier": drawn_on(earlier)}))

        async for part in self._assistant.answer(message, history, audience=audience, given=given, keep=keep):
            yield part

    async def _audience(self, question: Question) -> tuple[str, ...]:
        return (EVERYONE,) if self._platform is None else await self._platform.audience(question)

    async def _documents(
        self, question: Question, message: Message, history: Sequence[Message]
    ) -> tuple[list[Passage], list[str]]:
        """What can be read of the documents that came along, and what can't, each with its reason.

        A reason names its file, and a name may look like a link.
        """
        if self._platform is None:
            return [], []
        problems = [without_links(one.problem) for one in message.attachments if one.problem]
        carrying = message if message.attachments else next((one for one in history[::-1] if one.attachments), message)
        passages: list[Passage] = []
        for attachment in [one for one in carrying.attachments if not one.problem][:DOCUMENTS]:
            try:
                data = await self._platform.document(question, attachment)
                passages += await self._attached.read(attachment.name, data)
            except DocumentError as error:
                if carrying is message:
                    problems.append(without_links(str(error)))
        return passages, problems

    async def _completed(self, question: Question) -> Message:
        """The question's message with its pictures, kept so that a later question finds them."""
        before = question.message
        if self._platform is None or not before.attachments:
            return before
        after = await self._platform.complete(question, self._store.keep_picture)
        if after != before:
            await self._store.complete(before, after)
        return after

    async def _history(self, first: Question) -> list[Message]:
        """What was said before; of a thread that Lorelens joins now, what others said in it."""
        message = first.message
        history = await self._store.history(message.place.conversation, self._history_tokens, before=message)
        joined = any(one.role == "assistant" for one in history)
        if joined or self._platform is None or message.place.thread is None:
            return history
        earlier = await self._platform.earlier(first, self._store.keep_picture)
        for one in earlier:
            await self._store.remember(one)
        if not earlier:
            return history
        return await self._store.history(message.place.conversation, self._history_tokens, before=message)

    async def _seen(
        self, history: list[Message], audience: tuple[str, ...]
    ) -> tuple[list[Message], list[AnswerRecord]]:
        """What was said before, as far as this audience may see now what it stood on, with the records of the answers.

        A model may say again what it is given; so what was revoked is not given in an earlier answer either.
        """
        if self._explainer is None or not any(one.role == "assistant" for one in history):
            return history, []
        asked = [one.id for one in history if one.role == "person"]
        records = await self._kept.several(history[0].place.conversation, asked)
        return await still_seen(history, records, audience, self._explainer)

    async def _explained(self, explainer: Explainer, message: Message, audience: tuple[str, ...]) -> list[ReplyPart]:
        """Why the conversation's last answer is what it is, as far as those may see it who read along."""
        record = await self._kept.last(message.place.conversation)
        seen = await explainer.seen_by(record, audience) if record is not None else None
        if seen is None:
            return nothing_to_explain(message.text)
        return await explain_in_parts(explainer, seen, self._store.keep_picture)

    async def _keep(self, record: AnswerRecord) -> None:
        try:
            await self._kept.keep(record)
        except StoreUnavailableError as error:  # the answer itself is worth more than what explains it
            _log.warning("What an answer stood on could not be kept: %s", error)


async def still_seen(
    history: Sequence[Message], records: Sequence[AnswerRecord], audience: tuple[str, ...], explainer: Explainer
) -> tuple[list[Message], list[AnswerRecord]]:
    """What was said, without the answers of which the records say that this audience may not see what they stood on;
    and the records of the others."""
    seen = [one for one in records if await explainer.seen_by(one, audience) is not None]
    hidden = {one.reply.text for one in records if one not in seen}
    return [one for one in history if one.role == "person" or one.text not in hidden], seen


def together(messages: Sequence[Message]) -> Message:
    """Messages that are answered at once, as one: the last, with the text and the pictures of all.

    Where several people wrote them, each text says whose it is.
    """
    *_, last = messages
    if len(messages) == 1:
        return last
    several = len({message.author.id for message in messages}) > 1
    texts = [
        f"{message.author.name or message.author.id}: {message.text}" if several else message.text
        for message in messages
        if message.text.strip()
    ]
    pictures = {picture.sha256: picture for message in messages for picture in message.pictures}
    attachments = tuple(attachment for message in messages for attachment in message.attachments)
    return last.model_copy(
        update={"text": "\n\n".join(texts), "pictures": tuple(pictures.values()), "attachments": attachments}
    )


def _meant(message: Message, history: Sequence[Message], given: Sequence[Passage]) -> Message:
    """What a message without words asks: what a document is about, or what somebody said right before it."""
    if given:
        in_chinese = message.author.locale.startswith("zh")
        asks = "这份文档讲了什么？" if in_chinese else "What is this document about?"
        return message.model_copy(update={"text": asks})
    if not history or history[-1].role != "person":
        return message
    return message.model_copy(update={"text": history[-1].text, "pictures": history[-1].pictures})


def _nothing_to_stop(message: Message) -> str:
    return "现在没有正在进行的回答。" if is_chinese(message.text) else "Nothing is being answered right now."
