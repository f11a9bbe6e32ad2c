"""One thread owns a model and generates for all conversations: it takes what waits, steps, and hands pieces out."""

import asyncio
import copy
import logging
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar, cast

import torch

from core.errors import ModelUnavailableError
from core.models.local.answer_text import AnswerText
from core.models.local.batch import Batch, explained
from core.models.local.collate import collates, pad_of
from core.models.local.forward import Forward
from core.models.local.loading import LoadedModel
from core.models.local.prompt import Prompt
from core.models.local.request import Piece, Request
from core.models.local.sampling import GenerationOptions, Sampler

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
_Job = Callable[[], None]

SHOWN_CONTROL_TOKENS = frozenset({"[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>", "[ARGS]", "[CALL_ID]"})
"""Special tokens that are kept in the text, since calls of tools are recognized by them."""


class Engine:
    """Generates answers with a loaded model, up to `limit` side by side. Close it when it is no longer needed."""

    def __init__(self, loaded: LoadedModel, limit: int = 8) -> None:
        self.loaded = loaded
        self._ends = _ends(loaded)
        self._hidden = _hidden(loaded.tokenizer) | self._ends
        # A tokenizer of its own: prompts are made in other threads, and one tokenizer can't serve two at once.
        self._tokenizer = copy.deepcopy(loaded.tokenizer)
        forward = Forward(loaded.model, loaded.device, loaded.dtype, pad_of(loaded.tokenizer))
        self._batch = Batch(forward, limit, self._ends, groups_pictures=collates(loaded.processor))
        self._waiting: list[Request] = []
        self._submitted: list[Request] = []
        self._jobs: list[_Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="lorelens-model", daemon=True)
        self._thread.start()

    @property
    def limit(self) -> int:
        """How many answers are generated side by side; less than was asked for once memory has run out."""
        return self._batch.limit

    @property
    def running(self) -> int:
        """How many answers are being generated now."""
        return len(self._batch.requests)

    @property
    def waiting(self) -> int:
        """How many answers wait for their turn."""
        return len(self._waiting) + len(self._submitted)

    async def generate(self, prompt: Prompt, options: GenerationOptions | None = None) -> AsyncGenerator[Piece]:
        """The pieces of an answer as they are generated; the last has `finish`. Leaving the loop stops the generation.

        Raises:
            ModelUnavailableError: the model failed, memory lacks, or the engine was closed.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[Piece | BaseException] = asyncio.Queue()

        def deliver(piece: Piece | BaseException) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        request = self._submit(prompt, options or GenerationOptions(), deliver)
        try:
            while True:
                piece = await pieces.get()
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
                if piece.finish is not None:
                    return
        finally:
            self._cancel(request)

    def stream(self, prompt: Prompt, options: GenerationOptions | None = None) -> Generator[Piece]:
        """The same for callers without an event loop."""
        pieces: queue.SimpleQueue[Piece | BaseException] = queue.SimpleQueue()
        request = self._submit(prompt, options or GenerationOptions(), pieces.put)
        try:
            while True:
                piece = pieces.get()
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
                if piece.finish is not None:
                    return
        finally:
            self._cancel(request)

    async def exclusively(self, function: Callable[[LoadedModel], Result]) -> Result:
        """Run a function on the model's own thread, between two steps: nothing else uses the model meanwhile."""
        done: Future[Result] = Future()

        def job() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(function(self.loaded))
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                done.set_exception(error)

        with self._changed:
            self._refuse_when_closed()
            self._jobs.append(job)
            self._changed.notify()
        return await asyncio.wrap_future(done)

    async def close(self) -> None:
        """End what runs and waits with an error, and the thread."""
        await asyncio.to_thread(self.shut_down)

    def shut_down(self) -> None:
        """The same for callers without an event loop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _submit(self, prompt: Prompt, options: GenerationOptions, deliver: Callable[..., None]) -> Request:
        sampler = Sampler(options, self.loaded.model.generation_config)
        text = AnswerText(self._tokenizer, options.stop, self._hidden)
        request = Request(prompt, options, deliver, sampler, text)
        with self._changed:
            self._refuse_when_closed()
            self._submitted.append(request)
            self._changed.notify()
        return request

    def _cancel(self, request: Request) -> None:
        request.cancelled = True
        with self._changed:
            self._changed.notify()

    def _refuse_when_closed(self) -> None:
        if self._closing:
            raise _closed()

    def _run(self) -> None:
        """The thread: until it is closed, take in what came, and go one token further."""
        while self._take_in():
            limit = self._batch.limit
            try:
                with torch.inference_mode():
                    self._batch.drop_cancelled()
                    self._batch.admit(self._waiting)
                    self._batch.step(self._waiting)
            except Exception as error:  # noqa: BLE001 - a mistake of ours; it ends what runs, not what will be asked next
                _log.exception("a step of the batch failed")
                for request in self._batch.clear():
                    request.fail(explained(error))
            if self._batch.limit < limit:
                _log.warning("memory ran out; from now on %d answers are generated side by side", self._batch.limit)
        self._end()

    def _take_in(self) -> bool:
        """Wait until there is something to do, and take it; False when it is time to end."""
        with self._changed:
            while not (self._closing or self._jobs or self._submitted or self._waiting or self._batch.requests):
                self._changed.wait()
            jobs, self._jobs = self._jobs, []
            self._waiting += self._submitted
            self._submitted = []
            self._waiting = [request for request in self._waiting if not request.cancelled]
            closing = self._closing
        for job in jobs:
            job()
        return not closing

    def _end(self) -> None:
        with self._changed:
            left = [*self._batch.clear(), *self._waiting, *self._submitted]
            self._waiting, self._submitted = [], []
        for request in left:
            request.fail(_closed())


def _closed() -> ModelUnavailableError:
    return ModelUnavailableError("The model is shut down.", hint="Ask again when Lorelens runs again.")


def _ends(loaded: LoadedModel) -> frozenset[int]:
    """The tokens that end an answer: those of the generation configuration, else the tokenizer's."""
    said: Any = loaded.model.generation_config.eos_token_id
    if said is None:
        said = loaded.tokenizer.eos_token_id
    if said is None:
        return frozenset()
    return frozenset(cast(list[int], said) if isinstance(said, list) else [int(said)])


def _hidden(tokenizer: Any) -> frozenset[int]:
    """Tokens without a text that anybody should see."""
    special = {
        int(number)
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and token.content not in SHOWN_CONTROL_TOKENS
    }
    return frozenset(special)
