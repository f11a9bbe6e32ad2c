"""A server that speaks the OpenAI chat protocol on loopback, as vLLM or llama-server do, and says what it is told to.

The real langchain-openai client talks to it: requests are recorded as they came over the wire, replies are streamed as
server-sent events, one word at a time, or fail with a status.
"""

import json
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Say:
    """A reply in words; `tokens` is what the server says it cost, if it says so."""

    text: str
    tokens: int | None = None


@dataclass(frozen=True)
class Call:
    """A reply that calls a tool."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Refuse:
    """A reply with an HTTP error."""

    status: int
    message: str


Scripted = Say | Call | Refuse


@dataclass
class ModelServer:
    """What was asked of the server, and where it is."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def text_of(self, request: int) -> str:
        """All text of a request's messages, as the model would read it."""
        return json.dumps(self.requests[request]["messages"], ensure_ascii=False)


@contextmanager
def model_server(script: Sequence[Scripted]) -> Generator[ModelServer]:
    """Serve the scripted replies in order; the last one again and again."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                server.requests.append(body)
                reply = script[min(len(server.requests), len(script)) - 1]
            if isinstance(reply, Refuse):
                self._send(reply.status, "application/json", json.dumps({"error": {"message": reply.message}}).encode())
            elif body.get("stream"):
                self._send(200, "text/event-stream", b"".join(_events(reply)))
            else:
                self._send(200, "application/json", json.dumps(_whole(reply)).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ModelServer(url=f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _events(reply: Say | Call) -> Iterator[bytes]:
    if isinstance(reply, Say):
        words = reply.text.split(" ")
        deltas: list[dict[str, Any]] = [
            {"role": "assistant", "content": word if at == 0 else f" {word}"} for at, word in enumerate(words)
        ]
    else:
        deltas = [{"role": "assistant", "content": None, "tool_calls": [{"index": 0, **_call(reply)}]}]
    for delta in deltas:
        yield _event({"delta": delta, "finish_reason": None})
    yield _event({"delta": {}, "finish_reason": "stop" if isinstance(reply, Say) else "tool_calls"})
    if isinstance(reply, Say) and reply.tokens is not None:
        usage = {"prompt_tokens": reply.tokens - 1, "completion_tokens": 1, "total_tokens": reply.tokens}
        yield _event({"delta": {}, "finish_reason": None}, usage)
    yield b"data: [DONE]\n\n"


def _event(choice: dict[str, Any], usage: dict[str, int] | None = None) -> bytes:
    chunk: dict[str, Any] = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, **choice}],
    }
    if usage is not None:
        chunk["usage"] = usage
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _whole(reply: Say | Call) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text if isinstance(reply, Say) else None}
    if isinstance(reply, Call):
        message["tool_calls"] = [_call(reply)]
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def _call(reply: Call) -> dict[str, Any]:
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": reply.tool, "arguments": json.dumps(reply.arguments)},
    }
