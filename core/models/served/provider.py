"""The LangChain model of a provider, set up so that Lorelens, not its client, decides how long and how often to ask."""

from collections.abc import Callable
from typing import Any, cast

from langchain_core.language_models import BaseChatModel

from core.errors import MissingPartError, SettingsError
from core.models.served.redaction import redact, shown_url

OWN_KEY = "none"
"""What a server of one's own is given for a key: it takes any, but the client insists on having one."""


CONNECTIONS = "http_async_client"
"""The option under which models of OpenAI's client take a pool of connections."""


def provider_model(name: str, *, base_url: str = "", api_key: str = "", timeout: float = 60.0) -> BaseChatModel:
    """The model that "provider:name" names.

    Raises:
        SettingsError: the provider refuses the settings, or is unknown.
        MissingPartError: the provider's LangChain package is not installed.
    """
    provider = name.partition(":")[0]
    options: dict[str, Any] = {"base_url": base_url} if base_url else {}
    if api_key:
        options["api_key"] = api_key
    elif base_url and provider == "openai":
        options["api_key"] = OWN_KEY
    kind = _kind(provider) or type(_create(name, options, api_key))
    patience: dict[str, Any] = {"max_retries": 0, "timeout": timeout, "stream_chunk_timeout": None}
    own = {option: value for option, value in patience.items() if _takes(kind, option)}
    if _takes(kind, CONNECTIONS):
        from openai import DefaultAsyncHttpxClient

        # Its default client is shared by all models of the process, and is never closed.
        own[CONNECTIONS] = DefaultAsyncHttpxClient(timeout=timeout)
    return _create(name, options | own, api_key)


async def close_provider_model(model: BaseChatModel) -> None:
    """Close the connections that were opened for it."""
    client: Any = getattr(model, CONNECTIONS, None)
    if client is not None:
        await client.aclose()


def _kind(provider: str) -> type[BaseChatModel] | None:
    """The class of a provider whose package is always there; of the others it is known once one was made."""
    if provider != "openai":
        return None
    from langchain_openai import ChatOpenAI

    return ChatOpenAI


def _takes(kind: type[BaseChatModel], option: str) -> bool:
    """Whether a provider's model has this option, under its name or as an alias."""
    fields = kind.model_fields
    return option in fields or any(field.alias == option for field in fields.values())


def _create(name: str, options: dict[str, Any], api_key: str) -> BaseChatModel:
    from langchain import chat_models

    # Its overloads say "configurable" too, which needs arguments that are not given here.
    create = cast(Callable[..., BaseChatModel], chat_models.init_chat_model)
    provider = name.partition(":")[0]
    try:
        return create(name, **options)
    except ImportError as error:
        raise MissingPartError(
            f'The LangChain package for the provider "{provider}" is not installed.', hint=f"{error}."
        ) from error
    except Exception as error:  # providers raise errors of their own kinds for bad settings
        raise SettingsError(
            f'The model "{name}" could not be set up: {redact(shown_url(str(error)), [api_key] if api_key else [])}.',
            hint="Check LORELENS_MODEL, LORELENS_MODEL_BASE_URL and LORELENS_MODEL_API_KEY.",
        ) from error
