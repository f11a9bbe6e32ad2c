"""Choosing the chat model: the extractive reader, a local vision-language model, or any provider of LangChain."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.language_models import BaseChatModel

from core.errors import MissingPartError, SettingsError
from core.models.encoder import Encoder
from core.models.notes import PromptStyle

EXTRACTIVE = "extractive"
LOCAL = "local:"


async def _nothing_to_close() -> None:
    """Most models hold nothing that must be let go of."""


@dataclass(frozen=True)
class ChatModel:
    """A chat model and what it can do; `close` lets go of what it holds."""

    model: BaseChatModel
    name: str
    sees_pictures: bool
    calls_tools: bool
    prompt: PromptStyle = "full"
    close: Callable[[], Awaitable[None]] = _nothing_to_close


@dataclass(frozen=True)
class LocalOptions:
    """How a local model is run; see the settings of the same names."""

    device: str = "auto"
    precision: str = "auto"
    batch: int = 8
    context: int = 8192


async def load_chat_model(
    name: str,
    *,
    encoder: Encoder | None = None,
    base_url: str = "",
    api_key: str = "",
    sees_pictures: bool | None = None,
    calls_tools: bool | None = None,
    local: LocalOptions | None = None,
) -> ChatModel:
    """The chat model that a setting names: "extractive", "local:model", or "provider:model", maybe on one's own server.

    Raises:
        SettingsError: the name has no provider, or the provider refuses the settings.
        MissingPartError: the provider's LangChain package is not installed.
        ModelUnavailableError: a local model can't be loaded.
    """
    if name == EXTRACTIVE:
        from core.models.extractive import ExtractiveChatModel

        return ChatModel(ExtractiveChatModel(encoder=encoder), name, sees_pictures=False, calls_tools=False)
    if name.startswith(LOCAL):
        from core.models.local.chat_model import open_local_model

        return await open_local_model(name.removeprefix(LOCAL), local or LocalOptions())
    if ":" not in name:
        raise SettingsError(
            f'The model "{name}" does not say its provider.',
            hint='Write "provider:name", for example "openai:gpt-5", or "local:FOLDER", or "extractive".',
        )
    return ChatModel(
        _provider_model(name, base_url, api_key), name, sees_pictures is not False, calls_tools is not False
    )


def _provider_model(name: str, base_url: str, api_key: str) -> BaseChatModel:
    from langchain import chat_models

    # Its overloads say "configurable" too, which needs arguments that are not given here.
    create = cast(Callable[..., BaseChatModel], chat_models.init_chat_model)
    provider = name.partition(":")[0]
    options: dict[str, Any] = {"base_url": base_url} if base_url else {}
    if api_key:
        options["api_key"] = api_key
    elif base_url and provider == "openai":
        # Servers of one's own (vLLM, llama-server) take any key; the client insists on having one.
        options["api_key"] = "none"
    try:
        return create(name, **options)
    except ImportError as error:
        raise MissingPartError(
            f'The package for the provider "{provider}" is not installed: {error}.',
            hint=f"Install it: pip install langchain-{provider}.",
        ) from error
    except Exception as error:  # providers raise errors of their own kinds for bad settings
        raise SettingsError(
            f'The model "{name}" could not be set up: {error}.',
            hint="Check LORELENS_MODEL, LORELENS_MODEL_BASE_URL and LORELENS_MODEL_API_KEY.",
        ) from error
