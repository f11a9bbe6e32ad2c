"""The local vision-language model as a LangChain chat model: pictures in messages, tools, streaming, cancellation.

Every call makes a prompt of the conversation that fits the model, and hands it to the engine, which generates for all
conversations at once. Ending the iteration (a cancelled task, a closed stream) ends the generation.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from core.evidence import evidence_of
from core.language import is_chinese
from core.models.chat import ChatModel, LocalOptions
from core.models.local.budget import Budget
from core.models.local.conversation import read_messages
from core.models.local.engine import Engine
from core.models.local.loading import load_local
from core.models.local.prompt import Prompt, PromptBuilder
from core.models.local.request import Finish, Piece
from core.models.local.sampling import GenerationOptions
from core.models.local.tool_calls import read_tool_calls, shown_part

ANSWER_TOKENS = 1024
"""How long an answer may become, where nothing else is said."""


async def open_local_model(name: str, options: LocalOptions) -> ChatModel:
    """Load a model and start its engine; closing it ends the engine's thread.

    Raises:
        SettingsError: it is no vision-language model, or has no chat template.
        MissingPartError: a package that it needs is not installed.
        ModelUnavailableError: it can't be fetched or loaded, or does not fit into memory.
    """
    loaded = await asyncio.to_thread(load_local, name, device=options.device, precision=options.precision)
    builder = await asyncio.to_thread(PromptBuilder, loaded.processor)
    engine = await asyncio.to_thread(Engine, loaded, options.batch)
    model = TransformersChatModel(engine=engine, builder=builder, context=context_of(loaded.model, options.context))
    return ChatModel(
        model,
        f"local:{name}",
        sees_pictures=True,
        calls_tools=builder.template.calls_tools,
        prompt=loaded.notes.prompt,
        close=engine.close,
    )


def context_of(model: Any, wanted: int) -> int:
    """How many tokens the model reads: as many as are wanted, or as it knows positions."""
    known = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    return min(wanted, int(known)) if known else wanted


class TransformersChatModel(BaseChatModel):
    """A chat model over an `Engine`; `temperature` 0 takes the most likely words."""

    engine: Any = Field(exclude=True)
    builder: Any = Field(exclude=True)
    context: int = 8192
    max_tokens: int = ANSWER_TOKENS
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None

    @property
    def _llm_type(self) -> str:
        return "lorelens-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self._engine.loaded.name, "temperature": self.temperature, "top_p": self.top_p}

    @property
    def _engine(self) -> Engine:
        return self.engine

    @property
    def _builder(self) -> PromptBuilder:
        return self.builder

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; a template decides how they are told to the model. It can't be forced to call one."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(messages, stop, kwargs)
        with closing(self._engine.stream(call.prompt, call.options)) as pieces:
            for piece in pieces:
                call.feed(piece)
        return call.result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = await asyncio.to_thread(self._call, messages, stop, kwargs)
        async with aclosing(self._engine.generate(call.prompt, call.options)) as pieces:
            async for piece in pieces:
                call.feed(piece)
        return call.result()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        with closing(self._engine.stream(call.prompt, call.options)) as pieces:
            for piece in pieces:
                if chunk := call.feed(piece):
                    if run_manager is not None:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = await asyncio.to_thread(self._call, messages, stop, kwargs)
        async with aclosing(self._engine.generate(call.prompt, call.options)) as pieces:
            async for piece in pieces:
                if chunk := call.feed(piece):
                    if run_manager is not None:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    def prompt_of(self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] = ()) -> Prompt:
        """What the model reads of a conversation: as much of it as fits.

        Raises:
            QuestionError: not even the last question fits.
            PictureError: a picture can't be read.
        """
        budget = Budget(self.context, _language(messages))
        return budget.prompt(self._builder, read_messages(messages), tools)

    def _call(self, messages: list[BaseMessage], stop: list[str] | None, said: dict[str, Any]) -> "_Call":
        tools: list[dict[str, Any]] = said.get("tools") or []
        prompt = self.prompt_of(messages, tools)
        options = GenerationOptions(
            max_tokens=max(1, min(said.get("max_tokens") or self.max_tokens, self.context - prompt.tokens)),
            temperature=said.get("temperature", self.temperature),
            top_p=said.get("top_p", self.top_p),
            seed=said.get("seed", self.seed),
            stop=tuple(stop or ()),
        )
        offered = tools if self._builder.template.calls_tools else []
        names = frozenset(str(tool["function"]["name"]) for tool in offered)
        return _Call(prompt, options, self._engine.loaded.name, names)


@dataclass
class _Call:
    """One call of the model, from pieces of text to chunks of a message."""

    prompt: Prompt
    options: GenerationOptions
    model: str
    tools: frozenset[str]
    text: str = ""
    _shown: int = 0
    _finish: Finish | None = None

    def feed(self, piece: Piece) -> ChatGenerationChunk | None:
        """Take a piece; answers what can be shown by now, if anything can."""
        self.text = (self.text + piece.text).lstrip()  # many models begin with a space
        if piece.finish is not None:
            self._finish = piece.finish
            return self._last()
        shown = shown_part(self.text) if self.tools else self.text
        new = shown[self._shown :]
        if not new:
            return None
        self._shown = len(shown)
        return ChatGenerationChunk(message=AIMessageChunk(content=new))

    def result(self) -> ChatResult:
        """The whole message."""
        said = read_tool_calls(self.text, self.tools)
        message = AIMessage(
            content=said.text,
            tool_calls=list(said.calls),
            invalid_tool_calls=list(said.invalid),
            usage_metadata=self._usage(),
            response_metadata=self._metadata(),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _last(self) -> ChatGenerationChunk:
        said = read_tool_calls(self.text, self.tools)
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content=said.text[self._shown :],
                tool_calls=list(said.calls),
                invalid_tool_calls=list(said.invalid),
                usage_metadata=self._usage(),
                response_metadata=self._metadata(),
                chunk_position="last",
            )
        )

    def _usage(self) -> UsageMetadata:
        read, said = self.prompt.tokens, len(self._finish.ids) if self._finish else 0
        return UsageMetadata(input_tokens=read, output_tokens=said, total_tokens=read + said)

    def _metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {"model_name": self.model}
        if self._finish is not None:
            metadata["finish_reason"] = self._finish.reason
        if self.prompt.notices:
            metadata["notices"] = list(self.prompt.notices)
        return metadata


def _language(messages: Sequence[BaseMessage]) -> str:
    """The language of the last question, for what the person is told."""
    evidence = evidence_of(messages)
    asked = evidence.question if evidence else next((m.text for m in reversed(messages) if m.type == "human"), "")
    return "zh" if is_chinese(asked) else "en"
