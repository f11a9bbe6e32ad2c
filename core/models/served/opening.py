"""Opening a served model: its client, what it can do, and how it is asked, put together."""

from functools import partial
from pathlib import Path

from core.models.chat import ChatModel, ServedOptions
from core.models.notes import PromptStyle, read_notes
from core.models.served.chat_model import ServedChatModel
from core.models.served.discovery import Discovery
from core.models.served.memory import CapabilityMemory
from core.models.served.persistence import Persistence
from core.models.served.provider import close_provider_model, provider_model
from core.models.served.redaction import secrets_of

OLLAMA_URL = "http://localhost:11434"
"""Where Ollama listens unless told otherwise; its LangChain client knows it too."""


async def open_served_model(name: str, options: ServedOptions) -> ChatModel:
    """The model that "provider:name" names, after asking it what it can do; one that is away is opened all the same.

    Raises:
        SettingsError: the provider refuses the settings, or is unknown.
        MissingPartError: the provider's LangChain package is not installed.
    """
    provider, _, model_name = name.partition(":")
    inner = provider_model(name, base_url=options.base_url, api_key=options.api_key, timeout=options.silence)
    discovery = Discovery(
        inner,
        provider=provider,
        name=model_name,
        base_url=options.base_url or (OLLAMA_URL if provider == "ollama" else ""),
        api_key=options.api_key,
        sees_pictures=options.sees_pictures,
        calls_tools=options.calls_tools,
        patience=options.silence,
        memory=CapabilityMemory(options.data),
    )
    persistence = Persistence(
        model=name, silence=options.silence, secrets=secrets_of(inner), says_end=provider == "openai"
    )
    can = await discovery.capabilities()
    return ChatModel(
        ServedChatModel(inner=inner, discovery=discovery, persistence=persistence),
        name,
        sees_pictures=can.pictures.able,
        calls_tools=can.tools.able,
        prompt=_prompt(model_name),
        close=partial(close_provider_model, inner),
    )


def _prompt(model_name: str) -> PromptStyle:
    """How the model is to be asked: as its folder says, where it is served from one of this machine."""
    folder = Path(model_name)
    return read_notes(folder).prompt if folder.is_absolute() and folder.is_dir() else "full"
