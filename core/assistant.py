"""The assistant: a message and its conversation in, a stream of reply parts out.

A LangChain agent does the work; this file gives it the turn, and turns what it says into parts: renumbered citations
that point at the exact sentence, pictures that were asked for or bear the answer out, and an honest end.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from langchain import agents
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from core.answer import AnswerStream
from core.captioning import Captioner
from core.errors import LorelensError, ModelUnavailableError, QuestionError
from core.explaining.record import KeepRecord, record_of
from core.knowledge.documents import Passage
from core.knowledge.search import KnowledgeSearch
from core.language import is_chinese
from core.looking import Looking
from core.messages import EVERYONE, Message
from core.models.chat import EXTRACTIVE, ChatModel
from core.models.encoder import Encoder
from core.models.ocr import OcrReader
from core.outside.desk import Outside
from core.prompting import render_question, system_prompt
from core.reply import Failure, Finished, ReplyPart, Status, gather
from core.retrieval import RetrieveFirst
from core.rewriting import Rewriter
from core.tokens import estimate_tokens
from core.tools.find_pictures import find_pictures_tool
from core.tools.look_at_picture import look_at_picture_tool
from core.tools.offering import OfferOutside
from core.tools.search_knowledge import search_knowledge_tool
from core.turn import PictureSource, Turn

QUESTION_CHARACTERS = 20_000
MODEL_CALLS = 6


class Assistant:
    """Answers messages. One assistant serves all conversations; each call of `answer` is a turn of its own."""

    def __init__(
        self,
        *,
        chat: ChatModel,
        knowledge: KnowledgeSearch,
        pictures: PictureSource,
        ocr: OcrReader,
        encoder: Encoder | None = None,
        outside: Outside | None = None,
        rewriter: Rewriter | None = None,
    ) -> None:
        """`rewriter` words follow-ups for the search."""
        self._chat = chat
        self.encoder = encoder
        looking = Looking(pictures, ocr, Captioner(chat) if chat.sees_pictures else None)
        tools = [
            search_knowledge_tool(knowledge),
            find_pictures_tool(knowledge, looking),
            look_at_picture_tool(sees=chat.sees_pictures),
        ]
        offers_tools = chat.calls_tools and chat.prompt == "full"
        # Its type depends on those of its middleware, which disagree; nothing here relies on more than `astream`.
        create_agent = cast(Callable[..., Any], agents.create_agent)  # pyright: ignore[reportUnknownMemberType]
        self._agent = create_agent(
            chat.model,
            tools if offers_tools else [],
            system_prompt=system_prompt() if chat.prompt == "full" else None,
            middleware=[
                *([OfferOutside(outside)] if outside is not None and offers_tools else []),
                RetrieveFirst(
                    knowledge,
                    looking,
                    sees=chat.sees_pictures,
                    prompt=chat.prompt,
                    encoder=encoder,
                    outside=None if offers_tools else outside,
                    rewriter=rewriter,
                    joins=chat.prompt == "full" and chat.name != EXTRACTIVE,
                ),
                ModelCallLimitMiddleware(run_limit=MODEL_CALLS, exit_behavior="end"),
            ],
            context_schema=Turn,
        )

    async def answer(
        self,
        message: Message,
        history: Sequence[Message] = (),
        *,
        audience: tuple[str, ...] = (EVERYONE,),
        given: Sequence[Passage] = (),
        keep: KeepRecord | None = None,
    ) -> AsyncIterator[ReplyPart]:
        """Answer a message; `history` holds the earlier messages of its conversation, oldest first.

        `given` are the passages of documents that came along (`core.attached`).
        Always ends with `Finished`. What goes wrong is a `Failure` part, never an exception. `keep` is given what the
        answer stood on, right before its end.
        """
        turn = Turn(message=message, history=tuple(history), audience=audience, given=given)
        made: list[ReplyPart] = []
        async with aclosing(self._parts(turn)) as parts:
            async for part in parts:
                made.append(part)
                if keep is not None and isinstance(part, Finished):
                    await keep(record_of(turn, gather(made)))
                yield part

    async def _parts(self, turn: Turn) -> AsyncGenerator[ReplyPart]:
        answer = AnswerStream(turn, self.encoder)
        yield Status(stage="thinking")
        try:
            _check(turn.message)
            async for mode, item in self._stream(turn):
                if mode == "custom":
                    yield cast(ReplyPart, item)
                else:
                    for part in answer.feed(item):
                        yield part
            for part in answer.finish():
                yield part
        except LorelensError as error:
            for part in answer.finish() if answer.text else ():  # what came before it broke off stays, with its sources
                yield part
            said, hint = error.said(in_chinese=is_chinese(turn.message.text))
            yield Failure(code=error.code, message=said, hint=hint)
        yield Finished(
            declined=answer.declined,
            support=answer.support,
            model=answer.answered_by or self._chat.name,
            tokens=self._tokens(turn, answer),
            suggestions=answer.suggestions,
        )

    def _tokens(self, turn: Turn, answer: AnswerStream) -> int:
        """What the model says it used; where a server does not say, an estimate of one call."""
        before = turn.rewriting_tokens
        if answer.tokens or not answer.text or EXTRACTIVE in (self._chat.name, answer.answered_by):
            return before + answer.tokens
        return before + estimate_tokens(system_prompt() + render_question(turn.evidence) + answer.text)

    async def _stream(self, turn: Turn) -> AsyncIterator[tuple[str, Any]]:
        messages = [*(_as_chat(earlier) for earlier in turn.history), HumanMessage(content=turn.message.text)]
        try:
            async for mode, item in self._agent.astream(
                {"messages": messages}, context=turn, stream_mode=["messages", "custom"]
            ):
                if mode == "custom":
                    yield mode, item
                    continue
                chunk, metadata = cast(tuple[BaseMessage, Mapping[str, Any]], item)
                if isinstance(chunk, AIMessage | AIMessageChunk) and metadata.get("langgraph_node") == "model":
                    yield mode, chunk
        except LorelensError:
            raise
        except Exception as error:  # every provider raises errors of its own; the person is owed a reason
            raise ModelUnavailableError(
                f"The model {self._chat.name} did not answer: {type(error).__name__}: {str(error)[:300]}.",
                hint="Try again; if it stays so, ask whoever runs Lorelens to check the model with `lorelens doctor`.",
            ) from error


def _check(message: Message) -> None:
    if not message.text.strip() and not message.pictures:
        raise QuestionError("There is no question in this message.", hint="Write a question, or add a picture.")
    if len(message.text) > QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question is {len(message.text):,} characters long; up to {QUESTION_CHARACTERS:,} can be read.",
            hint="Shorten it, or add the long text to the team's knowledge and ask about it.",
        )


def _as_chat(message: Message) -> BaseMessage:
    return HumanMessage(content=message.text) if message.role == "person" else AIMessage(content=message.text)
