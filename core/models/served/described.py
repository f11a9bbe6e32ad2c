"""What a server says of its models itself: where it does, nothing needs to be tried out.

Sources: vLLM and any OpenAI-compatible server, `GET /v1/models` (`max_model_len` is vLLM's); llama.cpp, `GET /props`
(`modalities`, `chat_template_caps`, https://github.com/ggml-org/llama.cpp/tree/master/tools/server); Ollama,
`POST /api/show` (`capabilities`, https://github.com/ollama/ollama/blob/main/docs/api.md); OpenRouter, `GET /v1/models`
(`architecture.input_modalities`, `supported_parameters`).
"""

import asyncio
import hashlib
import json
from typing import Any, cast

from core.messages import Value
from core.models.served.capabilities import Ability

PATIENCE = 5.0
LARGEST = 4 * 1024 * 1024
"""Bytes of a description that are read; a list of all models of a large provider stays below."""

Fields = dict[str, Any]


class Description(Value):
    """What a server says, if it does; `build` changes with the model that stands behind the name."""

    pictures: Ability | None = None
    tools: Ability | None = None
    context: int = 0
    build: str = ""


async def describe(base_url: str, model: str, api_key: str = "") -> Description:
    """Ask the server behind an OpenAI-compatible base URL (or Ollama's own) for a description of one of its models."""
    import aiohttp

    root = base_url.rstrip("/").removesuffix("/v1")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, trust_env=True) as session:
        listed, properties, shown = await asyncio.gather(
            _fetch(session, "GET", f"{base_url.rstrip('/')}/models"),
            _fetch(session, "GET", f"{root}/props"),
            _fetch(session, "POST", f"{root}/api/show", {"model": model}),
        )
    return _together(_entry(listed, model), properties, shown)


async def _fetch(session: Any, method: str, url: str, body: Fields | None = None) -> Fields:
    import aiohttp

    try:
        async with session.request(method, url, json=body) as response:
            if response.status != 200:
                return {}
            fields: object = json.loads(await response.content.read(LARGEST))
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
        return {}  # it has no such page, or is away: then it is asked by trying
    return _fields(fields)


def _fields(value: object) -> Fields:
    return cast(Fields, value) if isinstance(value, dict) else {}


def _names(value: object) -> frozenset[str]:
    return frozenset(str(one) for one in cast(list[object], value)) if isinstance(value, list) else frozenset()


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _entry(listed: Fields, model: str) -> Fields:
    """The entry of the model in a server's list."""
    entries = listed.get("data")
    if not isinstance(entries, list):
        return {}
    known = [_fields(entry) for entry in cast(list[object], entries)]
    return next((entry for entry in known if entry.get("id") == model), Fields())


def _together(entry: Fields, properties: Fields, shown: Fields) -> Description:
    architecture = _fields(entry.get("architecture"))
    abilities = _names(shown.get("capabilities"))
    inputs = _names(architecture.get("input_modalities"))
    sees: bool | None = None
    calls: bool | None = None
    if abilities:
        sees, calls = "vision" in abilities, "tools" in abilities
    elif "modalities" in properties:
        sees = _fields(properties["modalities"]).get("vision") is True
        template = _fields(properties.get("chat_template_caps"))
        calls = template["supports_tools"] is True if "supports_tools" in template else None
    elif inputs:
        sees = "image" in inputs
        parameters = _names(entry.get("supported_parameters"))
        calls = "tools" in parameters if parameters else None
    return Description(
        pictures=_told(sees),
        tools=_told(calls),
        context=_context(entry, properties, shown),
        build=_build(entry, properties, shown),
    )


def _told(able: bool | None) -> Ability | None:
    return None if able is None else Ability(able=able, source="told")


def _context(entry: Fields, properties: Fields, shown: Fields) -> int:
    running = _number(_fields(properties.get("default_generation_settings")).get("n_ctx"))
    facts = _fields(shown.get("model_info"))
    trained = next((_number(value) for name, value in facts.items() if name.endswith(".context_length")), 0)
    return _number(entry.get("max_model_len")) or running or trained or _number(entry.get("context_length"))


def _build(entry: Fields, properties: Fields, shown: Fields) -> str:
    """A short mark of what stands behind the name; times that change with every call stay out of it."""
    told = [entry.get("root"), entry.get("max_model_len"), properties.get("model_path"), properties.get("build_info")]
    told += [shown.get("modified_at"), sorted(_names(shown.get("capabilities")))]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:12] if any(told) else ""
