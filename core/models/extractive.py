"""The chat model that needs no weights: it answers with the best sentences of the evidence, quoted and cited.

It is a LangChain chat model like any other, so that the same agent runs with it, and whoever starts without a language
model gets honest answers instead of none. It can only quote, so it can't make anything up; and since it follows no
instruction, a document can't give it one.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from core.evidence import Evidence, EvidencePassage, evidence_of
from core.language import is_chinese
from core.reading.picture_answers import answer_from_picture, describe, quoting
from core.reading.picture_links import linked_lines
from core.reading.quoting import quoted
from core.reading.selection import Selection, runs
from core.reading.tiers import select_by_tiers

NOTICE = {
    "en": "_No language model is configured, so I quote. To get answers in words of their own, set `LORELENS_MODEL` "
    "(for example `openai:gpt-5`)._",
    "zh": "_尚未配置语言模型，因此只引用原文。要得到归纳后的回答，请设置 `LORELENS_MODEL`（例如 `openai:gpt-5`）。_",
}
PICTURE_ANSWERS = 0.5
"""Below this support a picture does not answer by itself: what is read in it is looked up in the documents."""
SIMILAR_SHOWN = 3
"""How many pictures like another one are shown."""
_WORDS = {
    "en": {
        "greeting": "Ask me about the team's documents and pictures: I answer with the sentences that say it.",
        "nothing": "I found nothing about this in the team's documents.",
        "unsupported": "The team's documents do not seem to answer this. The nearest I found is this:",
        "unread": "No text could be read in the picture, and no vision model is configured to look at it.",
        "picture": "Here is the picture that fits best:",
        "similar": "These pictures are most like it:",
        "no pictures": "There are no pictures in the team's documents to compare it with.",
    },
    "zh": {
        "greeting": "可以问我团队文档和图片里的内容：我会引用原文回答，并注明出处。",
        "nothing": "团队文档里没有找到相关内容。",
        "unsupported": "团队文档里似乎没有这个问题的答案。最接近的内容是：",
        "unread": "图片里没有读到文字，也没有配置能看图的模型。",
        "picture": "最符合的图片：",
        "similar": "与它最相似的图片：",
        "no pictures": "团队文档里没有可以与它比较的图片。",
    },
}


class ExtractiveChatModel(BaseChatModel):
    """Quotes the sentences that answer; `encoder` (an `Encoder`) weighs them by meaning where it reads the language."""

    encoder: Any = Field(default=None, exclude=True)
    notice: bool = True

    @property
    def _llm_type(self) -> str:
        return "extractive"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """It calls no tools; it answers from what was retrieved."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        pieces, metadata = self._answer(messages)
        message = AIMessage(content="".join(pieces), response_metadata=metadata)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        pieces, metadata = self._answer(messages)
        for at, piece in enumerate(pieces):
            last = metadata if at == len(pieces) - 1 else {}
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece, response_metadata=last))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        import asyncio

        for chunk in await asyncio.to_thread(lambda: list(self._stream(messages))):
            yield chunk

    def _answer(self, messages: Sequence[BaseMessage]) -> tuple[list[str], dict[str, Any]]:
        evidence = evidence_of(messages)
        answer = _Answer(evidence.question if evidence else "", self.encoder)
        if evidence is None or not (evidence.question.strip() or evidence.pictures):
            answer.say("greeting")
        elif evidence.wants == "description":
            answer.describe(evidence)
        elif evidence.wants == "picture":
            answer.show(evidence)
        elif evidence.wants == "similar":
            answer.show_similar(evidence)
        else:
            answer.read(evidence, said=_said(evidence, messages))
        if self.notice and not any(_gives_notice(earlier) for earlier in messages):
            answer.pieces.append("\n\n" + NOTICE[answer.language])
        metadata: dict[str, Any] = {
            "model_name": "extractive",
            "declined": answer.declined,
            "support": answer.support,
            "quotes": answer.quotes,
        }
        return answer.pieces, metadata


class _Answer:
    """One answer while it is put together."""

    def __init__(self, question: str, encoder: Any) -> None:
        self.language = "zh" if is_chinese(question) else "en"
        self.encoder = encoder
        self.pieces: list[str] = []
        self.quotes: list[dict[str, Any]] = []
        self.declined = False
        self.support: float | None = None

    def say(self, what: str) -> None:
        """Say one of the standing sentences."""
        self.pieces.append(("\n\n" if self.pieces else "") + _WORDS[self.language][what])

    def describe(self, evidence: Evidence) -> None:
        """Say what can be read in the pictures."""
        answers = [describe(evidence.question, reading) for reading in evidence.pictures]
        for answer in answers:
            if answer is not None:
                self.pieces.append(("\n\n" if self.pieces else "") + answer.text)
        if not self.pieces:
            self.say("unread")
            self.declined = True

    def show(self, evidence: Evidence) -> None:
        """Show the picture that was asked for."""
        found = [one for one in evidence.passages if one.passage.picture is not None]
        if not found:
            self.read(evidence)
            return
        self.say("picture")
        self.quote(found[0], _first_words(found[0]))
        self.support = found[0].score

    def show_similar(self, evidence: Evidence) -> None:
        """Show the pictures that are most like the one of the question."""
        found = [one for one in evidence.passages if one.passage.picture is not None]
        if not found:
            self.say("no pictures")
            self.declined = True
            return
        self.say("similar")
        for one in found[:SIMILAR_SHOWN]:
            self.quote(one, _first_words(one))
        self.support = found[0].score

    def read(self, evidence: Evidence, said: str = "") -> None:
        """Answer from the pictures of the question, if there are any, and from the passages; not what was `said`."""
        answers = [answer_from_picture(evidence.question, reading) for reading in evidence.pictures]
        seen = [answer for answer in answers if answer is not None]
        linked: tuple[str, ...] = ()
        if max((answer.support for answer in seen), default=1.0) < PICTURE_ANSWERS:
            linked = linked_lines(evidence.pictures, evidence.passages)
        if linked:
            self.pieces.append(quoting(evidence.question, linked))
        else:
            self.pieces += [("\n\n" if at else "") + answer.text for at, answer in enumerate(seen)]
        if evidence.pictures and not seen:
            self.say("unread")
        question = " ".join((evidence.standalone, *linked))
        selection = select_by_tiers(question, evidence.passages, encoder=self.encoder, said=said)
        self.support = max([selection.support, *(answer.support for answer in seen)])
        if not selection.declined:
            self._select(selection, evidence)
        elif not seen:
            self._decline(selection, evidence)

    def _select(self, selection: Selection, evidence: Evidence) -> None:
        by_number = {one.number: one for one in evidence.passages}
        for number, start, end in runs(selection.sentences):
            self.quote(by_number[number], by_number[number].passage.text[start:end])

    def _decline(self, selection: Selection, evidence: Evidence) -> None:
        self.declined = True
        if not selection.sentences:
            self.say("nothing")
            return
        self.say("unsupported")
        self._select(selection.model_copy(update={"sentences": selection.sentences[:1]}), evidence)

    def quote(self, evidence: EvidencePassage, text: str) -> None:
        """Quote a sentence under its number."""
        self.pieces.append(("\n\n" if self.pieces else "") + quoted(text, evidence.number))
        self.quotes.append({"number": evidence.number, "quote": text})


def _gives_notice(message: BaseMessage) -> bool:
    """Whether this conversation has been told already."""
    return isinstance(message, AIMessage) and any(notice in message.text for notice in NOTICE.values())


def _said(evidence: Evidence, messages: Sequence[BaseMessage]) -> str:
    """What was answered before, if this question goes on from it."""
    if evidence.standalone == evidence.question:
        return ""
    return "\n".join(message.text for message in messages if isinstance(message, AIMessage))


def _first_words(evidence: EvidencePassage) -> str:
    lines = [line for line in evidence.passage.text.splitlines() if line.strip()]
    return lines[0] if lines else evidence.passage.path
