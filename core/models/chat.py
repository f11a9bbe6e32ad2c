"""Choosing the chat model: the extractive reader, a local vision-language model, or any provider of LangChain."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from core.errors import SettingsError
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


@dataclass(frozen=True)
class ServedOptions:
    """How served models are asked; see the settings of the same names. `data` keeps what they can do."""

    silence: float = 60.0
    sees_pictures: bool | None = None
    calls_tools: bool | None = None
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    data: Path | None = None


async def load_chat_model(
    name: str,
    *,
    encoder: Encoder | None = None,
    base_url: str = "",
    api_key: str = "",
    sees_pictures: bool | None = None,
    calls_tools: bool | None = None,
    silence: float = 60.0,
    fallbacks: str = "",
    local: LocalOptions | None = None,
    data: Path | None = None,
) -> ChatModel:
    """The chat model that a setting names: "extractive", "local:model", or "provider:model", maybe on one's own server.

    `fallbacks` names others, separated by commas, which are asked in turn where the one before does not answer; one on
    another server of one's own is written "openai:name@http://host:port/v1". `silence` is how many seconds a served
    model may say nothing; `data` is the folder that keeps what served models can do.

    Raises:
        SettingsError: a name has no provider, or the provider refuses the settings.
        MissingPartError: the provider's LangChain package is not installed.
        ModelUnavailableError: a local model can't be loaded, and there is no other.
    """
    served = ServedOptions(silence, sees_pictures, calls_tools, base_url, api_key, data)
    opening = Opening(encoder, local or LocalOptions(), served)
    names = [name, *(other.strip() for other in fallbacks.split(",") if other.strip())]
    for one in names:
        _check_name(one)
    if len(names) == 1:
        return await opening.open(name)
    from core.models.served.fallback import open_in_turn

    return await open_in_turn(names, opening)


def _check_name(name: str) -> None:
    if name != EXTRACTIVE and ":" not in name:
        raise SettingsError(
            f'The model "{name}" does not say its provider.',
            hint='Write "provider:name", for example "openai:gpt-5", or "local:FOLDER", or "extractive".',
        )


@dataclass(frozen=True)
class Opening:
    """What models are opened with; `notice` is whether the extractive reader says that it only quotes."""

    encoder: Encoder | None
    local: LocalOptions
    served: ServedOptions
    notice: bool = True

    async def open(self, name: str) -> ChatModel:
        """Open one model."""
        if name == EXTRACTIVE:
            from core.models.extractive import ExtractiveChatModel

            reader = ExtractiveChatModel(encoder=self.encoder, notice=self.notice)
            return ChatModel(reader, name, sees_pictures=False, calls_tools=False)
        if name.startswith(LOCAL):
            from core.models.local.chat_model import open_local_model

            return await open_local_model(name.removeprefix(LOCAL), self.local)
        from core.models.served.opening import open_served_model

        return await open_served_model(name, self.served)
