"""What servers tell about their models, in the forms in which vendors document it."""

from typing import Any

import pytest

from core.models.served.described import Description, describe
from tests.scenario.openai_server import Abilities, Say, model_server

VLLM: dict[str, Any] = {
    "/v1/models": {
        "object": "list",
        "data": [{"id": "m", "object": "model", "owned_by": "vllm", "root": "/weights/m", "max_model_len": 32768}],
    }
}
LLAMA_SERVER = {
    "/v1/models": {"data": [{"id": "other"}]},
    "/props": {
        "default_generation_settings": {"n_ctx": 8192},
        "model_path": "/weights/m.gguf",
        "chat_template_caps": {"supports_tools": True},
        "modalities": {"vision": True, "audio": False},
    },
}
OLLAMA = {
    "/api/show": {
        "capabilities": ["completion", "vision"],
        "model_info": {"general.architecture": "gemma3", "gemma3.context_length": 131072},
        "modified_at": "2026-01-01T00:00:00Z",
    }
}
OPENROUTER = {
    "/v1/models": {
        "data": [
            {
                "id": "m",
                "context_length": 262144,
                "architecture": {"input_modalities": ["text", "image"]},
                "supported_parameters": ["max_tokens", "tools"],
            }
        ]
    }
}


async def described(pages: dict[str, Any]) -> Description:
    with model_server([Say("unused")], Abilities(pages=pages)) as server:
        return await describe(server.url, "m")


@pytest.mark.parametrize(
    ("pages", "sees", "calls", "context"),
    [
        (VLLM, None, None, 32768),
        (LLAMA_SERVER, True, True, 8192),
        (OLLAMA, True, False, 131072),
        (OPENROUTER, True, True, 262144),
        ({}, None, None, 0),
        ({"/v1/models": ["nonsense"], "/props": 3, "/api/show": {"capabilities": "vision"}}, None, None, 0),
    ],
)
async def test_what_a_server_tells(pages: dict[str, Any], sees: bool | None, calls: bool | None, context: int) -> None:
    told = await described(pages)
    assert (told.pictures.able if told.pictures else None) == sees
    assert (told.tools.able if told.tools else None) == calls
    assert told.context == context


async def test_another_model_behind_the_same_name_is_noticed() -> None:
    other = {"/v1/models": {"data": [{**VLLM["/v1/models"]["data"][0], "root": "/weights/other"}]}}
    assert (await described(VLLM)).build == (await described(VLLM)).build
    assert (await described(VLLM)).build != (await described(other)).build


async def test_a_server_that_is_away_tells_nothing() -> None:
    assert await describe("http://127.0.0.1:9/v1", "m") == Description()
