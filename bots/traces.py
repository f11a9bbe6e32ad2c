"""Traces of turns: off, until OpenTelemetry's standard variables turn them on."""

import logging
import os
from contextvars import Token
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from bots.turn_handling import Outcome, Watcher
from core.errors import LorelensError
from core.mailbox import Turn
from core.reply import Finished, ReplyPart, Text
from core.tracing import context_of, tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_log = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def configure_traces() -> "TracerProvider | None":
    """Export traces if the variables ask for it: OTEL_TRACES_EXPORTER (otlp, console, none) or an OTLP endpoint.

    The caller shuts the provider down, which sends what is left.
    """
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "otlp" if any(map(os.environ.get, _ENDPOINTS)) else "none")
    if exporter == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
    except ImportError:
        _log.warning('Traces are asked for, but their exporter is not installed: pip install "lorelens[telemetry]".')
        return None
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "lorelens")}))
    provider.add_span_processor(
        BatchSpanProcessor(ConsoleSpanExporter() if exporter == "console" else OTLPSpanExporter())
    )
    trace.set_tracer_provider(provider)
    return provider


class Traces(Watcher):
    """A span for each turn, which goes on from the one of its question's arrival."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Span, Token[Context]]] = {}
        self._silent: set[str] = set()

    def took(self, turn: Turn) -> None:
        """A turn begins."""
        arrived = next((question.trace for question in turn.questions if question.trace), "")
        span = tracer.start_span(
            "turn",
            context=context_of(arrived),
            kind=SpanKind.CONSUMER,
            attributes={
                "lorelens.platform": turn.platform,
                "lorelens.conversation": turn.conversation,
                "lorelens.messages": list(turn.ids),
                "lorelens.tries": turn.tries,
                "lorelens.waited": turn.waited,
            },
        )
        # Whatever is done for the turn, in this task and those it makes, belongs to the span.
        self._open[turn.conversation] = span, context.attach(trace.set_span_in_context(span))
        self._silent.add(turn.conversation)

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""
        span, _ = self._open[turn.conversation]
        if isinstance(part, Text) and turn.conversation in self._silent:
            self._silent.discard(turn.conversation)
            span.add_event("first words")
        elif isinstance(part, Finished):
            span.add_event("last part", {"lorelens.declined": part.declined, "lorelens.tokens": part.tokens})

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended."""
        span, token = self._open.pop(turn.conversation)
        self._silent.discard(turn.conversation)
        span.set_attribute("lorelens.outcome", outcome)
        if error is not None:
            kind = error.code if isinstance(error, LorelensError) else type(error).__name__
            span.set_status(Status(StatusCode.ERROR, kind))
        span.end()
        context.detach(token)
