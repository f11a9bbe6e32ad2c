"""Retrieve first, then let the model act: the middleware that gathers evidence before the first model call.

A small model can't be relied on to call a search tool; so what the question needs is looked up for it. A model that can
call tools may then search again. Pictures that a tool opened are shown to the model from its next call on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, ContentBlock, HumanMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.runtime import Runtime

from core.attached import AttachedDocuments
from core.earlier_pictures import pictures_of
from core.evidence import Evidence, EvidencePassage, attach
from core.followups import standalone_question
from core.intent import what_is_wanted
from core.knowledge.index import Hit
from core.knowledge.search import Kinds, KnowledgeSearch
from core.looking import Looking
from core.messages import Picture
from core.models.encoder import Encoder
from core.models.notes import PromptStyle
from core.models.ocr import text_of
from core.outside.desk import Outside, Say
from core.prompting import brief_question, render_question
from core.reading.selection import select_sentences
from core.reading.tiers import select_by_tiers
from core.reply import Status
from core.rewriting import Rewriter, mixed
from core.shown_pictures import ShownPictures, numbers_of, show_pictures
from core.tracing import tracer
from core.turn import Turn

PASSAGES = 6
PICTURES = 3
OCR_QUERY_CHARACTERS = 400
DEEPER = 3
"""Of so many times what is wanted, two wordings of a question find the same."""


class RetrieveFirst(AgentMiddleware[AgentState[Any], Turn]):
    """Gathers evidence for the newest message and hands it to the model as data."""

    def __init__(
        self,
        knowledge: KnowledgeSearch,
        looking: Looking,
        *,
        sees: bool,
        prompt: PromptStyle = "full",
        encoder: Encoder | None = None,
        outside: Outside | None = None,
        rewriter: Rewriter | None = None,
        joins: bool = False,
    ) -> None:
        """`outside` is asked for a model that can't call tools; `rewriter` words follow-ups for the search.

        `joins` is for a model that reads all of the evidence: neighbours are given to it as one passage.
        """
        super().__init__()
        self._joins = joins
        self._rewriter = rewriter
        self._outside = outside
        self._prompt: PromptStyle = prompt
        self._encoder = encoder
        self._attached = AttachedDocuments(encoder)
        self._knowledge = knowledge
        self._looking = looking
        self._sees = sees

    async def abefore_agent(self, state: AgentState[Any], runtime: Runtime[Turn]) -> dict[str, Any] | None:
        """Look at the question's pictures, search, and put the evidence before the question."""
        turn = runtime.context
        turn.pictures = shown = pictures_of(turn.message, turn.history)
        turn.wants = what_is_wanted(turn.message.text, has_pictures=bool(shown))
        # "this" beside a picture is the picture, not what was talked about before.
        by_itself = bool(turn.message.pictures)
        turn.standalone = turn.message.text if by_itself else standalone_question(turn.history, turn.message)
        if self._rewriter is not None and turn.standalone != turn.message.text and turn.wants in ("answer", "picture"):
            turn.rewritten, turn.rewriting_tokens = await self._rewriter.rewrite(turn.history, turn.message)
        if shown:
            runtime.stream_writer(Status(stage="looking"))
            numbers = numbers_of(shown, turn.history)
            turn.readings = [await self._looking.read(*one) for one in zip(shown, numbers, strict=True)]
        if turn.wants != "description":
            runtime.stream_writer(Status(stage="searching", detail=turn.standalone))
            with tracer.start_as_current_span("retrieve") as span:
                hits = await self._search(turn)
                if self._outside is not None:
                    hits = await self._with_outside(turn, hits, self._outside, runtime.stream_writer)
                turn.add(await self._knowledge.joined(hits) if self._joins else hits)
                span.set_attribute("lorelens.passages", len(turn.passages))
        runtime.stream_writer(Status(stage="reading"))
        if self._prompt == "brief":
            return {"messages": await self._briefly(turn, shown)}
        return {"messages": await self._with_evidence(turn, state["messages"])}

    async def awrap_model_call(
        self,
        request: ModelRequest[Turn],
        handler: Callable[[ModelRequest[Turn]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Show the model the pictures that it opened."""
        turn = request.runtime.context
        opened = await self._looking.blocks(turn.opened)
        if opened:
            blocks: list[ContentBlock] = [{"type": "text", "text": "The pictures you opened, in order:"}, *opened]
            request = request.override(messages=[*request.messages, HumanMessage(content_blocks=blocks)])
        turn.prompt = [*([request.system_message] if request.system_message else []), *request.messages]
        turn.tools = request.tools
        response = await handler(request)
        turn.said = "".join(message.text for message in response.result if isinstance(message, AIMessage))
        return response

    async def _search(self, turn: Turn) -> list[Hit]:
        if turn.wants == "similar":
            return await self._like(turn)
        turn.descriptions = await self._looking.describe(turn)
        queries = list(filter(None, (search_words(turn, turn.rewritten) if turn.rewritten else "", search_words(turn))))
        if turn.given:
            found = await self._find(turn, queries, PASSAGES)
            return await self._attached.find(search_words(turn), turn.given, found, PASSAGES)
        if turn.wants == "picture" and queries:
            wordings = list(filter(None, (turn.rewritten, turn.standalone)))
            found = await self._find(turn, wordings, PICTURES, kinds=("picture",))
            return [*found, *await self._find(turn, queries, PASSAGES - PICTURES)]
        return await self._find(turn, queries, PASSAGES)

    async def _find(
        self, turn: Turn, queries: Sequence[str], limit: int, *, kinds: Kinds = ("text", "picture")
    ) -> list[Hit]:
        """What the wordings of a question find; together, for either may miss what the other names."""
        depth = limit if len(queries) == 1 else DEEPER * limit
        rankings = [
            await self._knowledge.search(query, limit=depth, audience=turn.audience, kinds=kinds) for query in queries
        ]
        return rankings[0] if len(rankings) == 1 else mixed(rankings, limit)

    async def _with_outside(self, turn: Turn, hits: list[Hit], outside: Outside, say: Say) -> list[Hit]:
        """What was found, with what is outside where that does not answer, or where the person asks for it."""
        if not outside.on(turn):
            return hits
        numbered = [EvidencePassage(number=at, passage=hit.passage) for at, hit in enumerate(hits, start=1)]
        own = await asyncio.to_thread(
            select_sentences, turn.rewritten or turn.standalone, numbered, encoder=self._encoder
        )
        found = await outside.look_first(turn, say, is_answered=not own.declined)
        return [*found, *hits] if outside.is_asked_for(turn) else [*hits, *found]

    async def _like(self, turn: Turn) -> list[Hit]:
        """Pictures like the first one that the question is about."""
        describe = not self._knowledge.sees_pictures
        picture = await self._looking.to_search(turn.pictures[0], turn.readings[0], describe=describe)
        if picture is None:
            return []
        return await self._knowledge.like(picture, limit=PICTURES, audience=turn.audience)

    async def _briefly(self, turn: Turn, shown: list[Picture]) -> list[BaseMessage]:
        """The whole conversation for a small model: the passage that answers, if one does, and the question."""
        turn.read = await asyncio.to_thread(self._answering, turn)
        text = brief_question(turn.read.passage.text if turn.read else "", turn.standalone)
        blocks: list[ContentBlock] = [{"type": "text", "text": text}]
        if self._sees:
            blocks += await self._looking.blocks([picture.sha256 for picture in shown])
        return [RemoveMessage(id=REMOVE_ALL_MESSAGES), _message(None, blocks, turn.evidence)]

    def _answering(self, turn: Turn) -> EvidencePassage | None:
        """The passage that answers, if one does: chosen by all that was looked for, and supported by that or by the
        question alone, which what a picture shows may drown."""
        selection = select_by_tiers(search_words(turn), turn.passages, encoder=self._encoder)
        best = turn.passage(selection.sentences[0].number) if selection.sentences else None
        if best is None or not selection.declined:
            return best
        alone = select_sentences(turn.standalone, [best], encoder=self._encoder)
        return None if alone.declined else best

    async def _with_evidence(self, turn: Turn, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The question with the evidence before it, and the earlier messages whose pictures are shown again."""
        shown = await show_pictures(turn, self._looking) if self._sees else ShownPictures()
        blocks: list[ContentBlock] = [{"type": "text", "text": render_question(turn.evidence)}, *shown.question]
        return [*shown.in_history(messages), _message(messages[-1].id, blocks, turn.evidence)]


def search_words(turn: Turn, wording: str = "") -> str:
    """What is looked for: the question, in another wording if there is one, and what its pictures say and show."""
    read = " ".join(text_of(reading.lines) for reading in turn.readings)
    return "\n".join(
        part for part in (wording or turn.standalone, read[:OCR_QUERY_CHARACTERS], *turn.descriptions) if part
    )


def _message(identity: str | None, blocks: list[ContentBlock], evidence: Evidence) -> HumanMessage:
    # A message of text alone is a plain string: servers of text models take nothing else.
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return attach(HumanMessage(content=blocks[0]["text"], id=identity), evidence)
    return attach(HumanMessage(content_blocks=blocks, id=identity), evidence)
