"""What Prometheus is told of a worker: how much waits, how turns end, how long people wait."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

from bots.turn_handling import Outcome, Watcher
from core.errors import LorelensError
from core.mailbox import Mailbox, Turn
from core.reply import Failure, Finished, ReplyPart, Status, Text

_BY_PLATFORM = ("platform",)
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)


class Metrics(Watcher):
    """The metrics of one process; `exposition` gives them in Prometheus's text format."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()

        def gauge(name: str, what: str) -> Gauge:
            return Gauge(name, what, _BY_PLATFORM, registry=registry)

        def histogram(name: str, what: str) -> Histogram:
            return Histogram(name, what, _BY_PLATFORM, registry=registry, buckets=_SECONDS)

        self._ended = Counter(
            "lorelens_turns", "Turns, by how they ended.", (*_BY_PLATFORM, "outcome"), registry=registry
        )
        self._failed = Counter(
            "lorelens_failures",
            "What people were told instead of an answer, and why turns were tried again or given up, by kind.",
            (*_BY_PLATFORM, "kind"),
            registry=registry,
        )
        self._tokens = Counter(
            "lorelens_model_tokens", "Tokens that the model read and wrote.", _BY_PLATFORM, registry=registry
        )
        self._outside = Counter(
            "lorelens_outside_lookups",
            "Lookups outside the team's own knowledge, by source.",
            (*_BY_PLATFORM, "source"),
            registry=registry,
        )
        self._first = histogram("lorelens_first_part_seconds", "From the question's arrival to the first words.")
        self._last = histogram("lorelens_last_part_seconds", "From the question's arrival to the last part.")
        self._working = gauge("lorelens_turns_in_work", "Turns that this process is answering.")
        self._depth = gauge("lorelens_queue_conversations", "Conversations that wait or are being answered.")
        self._age = gauge("lorelens_queue_oldest_seconds", "How long the oldest of them has waited.")
        self._delayed = gauge("lorelens_queue_delayed", "Conversations that are to be tried again.")
        self._dead = gauge("lorelens_dead_letters", "Turns that were given up.")
        self._began: dict[str, float] = {}
        self._waits_for_words: set[str] = set()

    def include(self, collector: Collector) -> None:
        """Tell what this collects, too."""
        self._registry.register(collector)

    def took(self, turn: Turn) -> None:
        """A turn begins."""
        self._working.labels(turn.platform).inc()
        self._began[turn.conversation] = time.monotonic() - turn.waited
        self._waits_for_words.add(turn.conversation)

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""
        waited = time.monotonic() - self._began[turn.conversation]
        if isinstance(part, Text | Failure) and turn.conversation in self._waits_for_words:
            self._waits_for_words.discard(turn.conversation)
            self._first.labels(turn.platform).observe(waited)
        if isinstance(part, Status) and part.source:
            self._outside.labels(turn.platform, part.source).inc()
        if isinstance(part, Failure):
            self._failed.labels(turn.platform, part.code).inc()
        elif isinstance(part, Finished):
            self._last.labels(turn.platform).observe(waited)
            self._tokens.labels(turn.platform).inc(part.tokens)

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended."""
        self._working.labels(turn.platform).dec()
        self._ended.labels(turn.platform, outcome).inc()
        if error is not None:
            kind = error.code if isinstance(error, LorelensError) else type(error).__name__
            self._failed.labels(turn.platform, kind).inc()
        self._began.pop(turn.conversation, None)
        self._waits_for_words.discard(turn.conversation)

    async def look(self, mailbox: Mailbox) -> None:
        """Take over how a platform's queue stands. Raises `StoreUnavailableError`."""
        state = await mailbox.state()
        for gauge, value in (
            (self._depth, state.conversations),
            (self._age, state.oldest),
            (self._delayed, state.delayed),
            (self._dead, state.dead),
        ):
            gauge.labels(mailbox.platform).set(value)

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self._registry)
