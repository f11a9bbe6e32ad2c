"""Traces by OpenTelemetry's interface: nothing is recorded until a process configures it (`bots.traces`).

A span carries names of platforms, conversations and messages, and counts; never what people say.
"""

from opentelemetry import propagate, trace
from opentelemetry.context import Context

tracer = trace.get_tracer("lorelens")


def trace_of_now() -> str:
    """The W3C traceparent of the current span, to be carried to another process; empty where nothing is recorded."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def context_of(traceparent: str) -> Context | None:
    """The context in which a span goes on from one of another process."""
    return propagate.extract({"traceparent": traceparent}) if traceparent else None
