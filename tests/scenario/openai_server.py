"""A server that speaks the OpenAI chat protocol on loopback, as vLLM or llama-server do, and says what it is told to.

The real langchain-openai client talks to it: requests are recorded as they came over the wire, replies are streamed as
server-sent events, one word at a time, or fail in one of the ways in which servers do. What Lorelens tries a model with
(a drawn picture, a tool) it answers by itself, as a model of the given abilities would; the script is for the rest.
"""

import base64
import io
import json
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from PIL import Image

from core.models.served.trying import QUESTION
from tests.scenario.openai_wire import Break, Call, Garble, Hang, Refuse, Say, Scripted, events, whole, words

__all__ = ["Abilities", "Break", "Call", "Garble", "Hang", "ModelServer", "Refuse", "Say", "Scripted", "model_server"]


@dataclass(frozen=True)
class Abilities:
    """What the model can do, and how the server says that it can't.

    `pages` are other paths that it answers, with their JSON: what a vendor's server tells about its model.
    """

    pictures: Literal["sees", "refuses", "ignores"] = "sees"
    tools: Literal["calls", "refuses", "talks"] = "calls"
    tool_pictures: bool = False
    most_pictures: int | None = None
    pages: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class ModelServer:
    """What was asked of the server, and where it is; `trials` are the questions that try out what it can do."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    trials: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str] = field(default_factory=list[str])
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, body: dict[str, Any], key: str, *, trial: bool) -> int:
        """Record a request, and say the which of its kind it is, from 1."""
        with self._lock:
            self.keys.append(key)
            kind = self.trials if trial else self.requests
            kind.append(body)
            return len(kind)

    def text_of(self, request: int) -> str:
        """All text of a request's messages, as the model would read it."""
        return json.dumps(self.requests[request]["messages"], ensure_ascii=False)


@contextmanager
def model_server(
    script: Sequence[Scripted], abilities: Abilities | None = None, *, port: int = 0
) -> Generator[ModelServer]:
    """Serve the scripted replies in order; the last one again and again."""
    server = ModelServer()
    http = _Server(("127.0.0.1", port), partial(_Handler, server, script, abilities or Abilities()))
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of the server's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, model: ModelServer, script: Sequence[Scripted], able: Abilities, *connection: Any) -> None:
        self._model = model
        self._script = script
        self._able = able
        super().__init__(*connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        self._page()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/chat/completions"):
            self._page()
            return
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        position = self._model.note(body, key, trial=_is_trial(body))
        reply = _refusal(body, self._able) or _trial(body, self._able)
        self._reply(reply or self._script[min(position, len(self._script)) - 1], streamed=bool(body.get("stream")))

    def _page(self) -> None:
        page = self._able.pages.get(self.path)
        self._send(404 if page is None else 200, "application/json", json.dumps(page or {}).encode())

    def _reply(self, reply: Scripted, *, streamed: bool) -> None:
        match reply:
            case Refuse():
                body = json.dumps({"error": {"message": reply.message}}).encode()
                self._send(reply.status, "application/json", body, reply.headers)
            case Garble():
                self._send(200, reply.kind, reply.body)
            case Break():
                self._begin(reply.text)
            case Hang():
                self._begin(reply.text)
                self._model.closing.wait()
            case Say() if streamed and reply.pace:
                self._trickle(events(reply), reply.pace)
            case _ if streamed:
                self._send(200, "text/event-stream", b"".join(events(reply)))
            case _:
                self._send(200, "application/json", json.dumps(whole(reply)).encode())

    def _trickle(self, pieces: Iterable[bytes], pace: float) -> None:
        """A reply that comes piece by piece."""
        self._open_stream()
        for piece in pieces:
            self._chunk(piece)
            if self._model.closing.wait(pace):
                return
        self._chunk(b"")

    def _begin(self, text: str) -> None:
        """The beginning of a reply whose end does not come."""
        self._open_stream()
        for piece in words(text) if text else ():
            self._chunk(piece)
        self.close_connection = True

    def _open_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.flush()

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _refusal(body: dict[str, Any], able: Abilities) -> Refuse | None:
    """What a server of these abilities does not accept from anybody."""
    pictures = _pictures(body)
    if pictures and able.pictures == "refuses":
        return Refuse(400, "m is not a multimodal model")
    if able.most_pictures is not None and len(pictures) > able.most_pictures:
        return Refuse(400, f"At most {able.most_pictures} image(s) may be provided in one prompt.")
    if body.get("tools") and able.tools == "refuses":
        return Refuse(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set')
    if not able.tool_pictures and any(role == "tool" for role, _ in pictures):
        return Refuse(400, "A message of the role tool takes text only.")
    return None


def _is_trial(body: dict[str, Any]) -> bool:
    text = json.dumps(body["messages"])
    return QUESTION in text or "note_number" in text


def _trial(body: dict[str, Any], able: Abilities) -> Say | Call | None:
    if not _is_trial(body):
        return None
    pictures = _pictures(body)
    if body.get("tools") and not pictures:
        return Call("note_number", {"number": 7}) if able.tools == "calls" else Say("I noted the number 7.")
    if pictures and able.pictures == "sees":
        return Say(f"It is {_colour(pictures[-1][1])}.")
    return Say("There is no picture.")


def _pictures(body: dict[str, Any]) -> list[tuple[str, str]]:
    """The pictures of a request: the role of the message, and the data URL."""
    return [
        (message["role"], block["image_url"]["url"])
        for message in body["messages"]
        if isinstance(message.get("content"), list)
        for block in message["content"]
        if block["type"] == "image_url"
    ]


def _colour(url: str) -> str:
    """The colour that a picture of one colour has."""
    with Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2]))) as picture:
        red, green, blue = picture.convert("RGB").resize((1, 1)).tobytes()
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]
