"""A message that wants an answer."""

from pydantic import Field, JsonValue

from core.messages import Message, Value


class Question(Value):
    """A message that wants an answer.

    `delivery` is what its platform needs to post the answer, be it from another process (an interaction's token, say);
    `alone` says that the answer must not speak of other messages too; `trace` is the W3C traceparent of its arrival.
    """

    message: Message
    delivery: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    alone: bool = False
    trace: str = ""
