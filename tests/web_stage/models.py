"""A served model for a page: what it says comes word by word over loopback, as slowly as a test wants."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.scenario.openai_server import ModelServer, Say, Scripted, model_server


@contextmanager
def talking(*said: Scripted | str, pace: float = 0.05) -> Generator[tuple[dict[str, Any], ModelServer]]:
    """Settings for a page, with a model that says these replies in order, the last one again and again.

    A text takes `pace` seconds a word. In the server is recorded what it was asked.
    """
    script = [Say(one, pace=pace) if isinstance(one, str) else one for one in said]
    with model_server(script) as server:
        yield (
            {
                "model": "openai:talking",
                "model_base_url": server.url,
                "model_api_key": "key",
                "model_sees_pictures": False,
                "model_calls_tools": False,
            },
            server,
        )
