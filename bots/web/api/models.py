"""What the API takes and gives, as its description says it."""

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from bots.web.chat.asking import CHARACTERS
from core.knowledge.search import QUERY_CHARACTERS
from core.messages import Picture
from core.reply import Citation, Failure, Reply, Status

ANSWER_SECONDS = 300
"""For which an answer that is wanted whole is waited for."""
MOST_HITS = 50
Thread = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$", description="A conversation.")]
QuestionId = Annotated[str, Field(pattern=r"^q-[0-9a-f]{32}$", description="A question.")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

EXAMPLE_THREAD = "5q0Jv3hX9mT2kPzR7wYbLd"
EXAMPLE_QUESTION = "q-3f1c9a52be7d4086a1c0d9e84b72f6aa"
_EXAMPLE_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def _decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("A string is wanted.")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise ValueError("This is no base64.") from None


Bytes = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            "examples": [_EXAMPLE_PICTURE],
        }
    ),
]
"""Bytes as JSON carries them (RFC 4648, section 4)."""


class Given(BaseModel):
    """What a program sends: fields that are not known are refused, so that a mistake is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Given):
    """A file that comes with a question, its bytes in base64."""

    name: str = Field(max_length=200, examples=["screenshot.png"])
    media_type: str = Field(default="", max_length=200, examples=["image/png"])
    data: Bytes


class Words(Given):
    """A question in words."""

    question: str = Field(default="", max_length=CHARACTERS, description="What is asked; files may say it alone.")
    conversation: Thread | None = Field(default=None, description="The conversation that it goes on; else a new one.")


class AskIn(Words):
    """A question, with what it is about."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "How do I roll back a deploy?"}],
            "anyOf": [
                {"required": ["question"], "properties": {"question": {"pattern": r"\S"}}},
                {"required": ["pictures"], "properties": {"pictures": {"minItems": 1}}},
                {"required": ["documents"], "properties": {"documents": {"minItems": 1}}},
            ],
        },
    )

    pictures: list[File] = Field(default_factory=list[File], max_length=10)
    documents: list[File] = Field(default_factory=list[File], max_length=10)


class NotTaken(BaseModel):
    """A file that was not taken, and why."""

    name: str
    problem: str


class Asked(BaseModel):
    """The question is kept, and will be answered whether or not somebody stays to read it."""

    conversation: Thread = Field(examples=[EXAMPLE_THREAD])
    question: QuestionId = Field(examples=[EXAMPLE_QUESTION])
    not_taken: list[NotTaken] = Field(default_factory=list[NotTaken], description="Files that were not taken.")


class Shown(BaseModel):
    """A picture that the answer shows."""

    picture: Picture
    source: str = Field(description="A path within its knowledge source.")
    caption: str = ""
    url: str = Field(description="Where its bytes are, for whoever asked.")


class TextDelta(BaseModel):
    """The next piece of the answer, in standard Markdown; `[n]` is the citation numbered n."""

    text: str


class Finished(BaseModel):
    """The end of an answer."""

    declined: bool = Field(default=False, description="Whether nothing was found that supports an answer.")
    support: float | None = Field(default=None, description="How well it is supported, from 0 to 1.")
    model: str = ""
    tokens: int = 0
    suggestions: list[str] = Field(default_factory=list[str], description="Questions that could follow.")


class Answer(Asked):
    """An answer as it stands: whole if it is `finished`, else what there is so far."""

    finished: bool
    status: Status | None = Field(default=None, description="What is being done, while there is nothing to read.")
    text: str = ""
    pictures: list[Shown] = Field(default_factory=list[Shown])
    citations: list[Citation] = Field(default_factory=list[Citation])
    failure: Failure | None = None
    declined: bool = False
    support: float | None = None
    model: str = ""
    tokens: int = 0
    suggestions: list[str] = Field(default_factory=list[str])

    @classmethod
    def of(
        cls, asked: Asked, reply: Reply, pictures: list[Shown], status: Status | None, *, finished: bool
    ) -> "Answer":
        """The answer that a reply is."""
        return cls(
            **asked.model_dump(),
            finished=finished,
            status=status,
            text=reply.text,
            pictures=pictures,
            citations=list(reply.citations),
            failure=reply.failure,
            declined=reply.declined,
            support=reply.support,
            model=reply.model,
            tokens=reply.tokens,
            suggestions=list(reply.suggestions),
        )


class SearchIn(Given):
    """What is looked for."""

    query: str = Field(min_length=1, max_length=QUERY_CHARACTERS, examples=["rollback"])
    kinds: list[Literal["text", "picture"]] = Field(
        default=["text", "picture"], min_length=1, max_length=2, description="Passages of text, pictures, or both."
    )
    limit: int = Field(default=10, ge=1, le=MOST_HITS)


class FoundPicture(BaseModel):
    """The picture that a passage is, with what is known of it: `ocr` was read in it, `caption` says what it shows."""

    sha256: Sha256
    media_type: str
    width: int
    height: int
    alt: str = ""
    ocr: str = ""
    caption: str = ""
    url: str = Field(description="Where its bytes are, for whoever asked.")


class FoundPassage(BaseModel):
    """A passage, best first. `lexical` is its BM25, `dense` and `image` are cosines; null where there is none."""

    kind: Literal["text", "picture"]
    text: str
    highlights: list[tuple[int, int]] = Field(
        description="Where in the text the words stand that were looked for: start and end in characters (code points)."
    )
    source: str = Field(description="The knowledge source.")
    path: str = Field(description="The document within it.")
    title: str = ""
    heading_path: list[str] = Field(default_factory=list[str])
    page: int | None = None
    url: str = Field(default="", description="Where people see the document, if that is known.")
    picture: FoundPicture | None = None
    score: float
    lexical: float | None = None
    dense: float | None = None
    image: float | None = None
    also_in: list[str] = Field(default_factory=list[str], description="Documents that say the same.")


class SearchOut(BaseModel):
    """What was found that whoever asks may see."""

    passages: list[FoundPassage]


class FeedbackIn(Given):
    """What whoever asked says of an answer; with `helpful` null, what they said before is taken back."""

    conversation: Thread = Field(examples=[EXAMPLE_THREAD])
    question: QuestionId = Field(examples=[EXAMPLE_QUESTION])
    helpful: bool | None
    reason: Literal["", "wrong", "outdated", "missing", "unclear"] = ""
    text: str = Field(default="", max_length=2000)


class Conversation(BaseModel):
    """An earlier conversation; `title` is the first line of its first question."""

    conversation: Thread
    title: str
    said_at: datetime = Field(description="When something was said last.")


class Conversations(BaseModel):
    """Earlier conversations, the one of the last word first."""

    conversations: list[Conversation]
    more: bool = Field(description="Whether there are more after these.")


class Stopped(BaseModel):
    """Whether something was being answered."""

    stopped: bool


class Wrong(BaseModel):
    """What is wrong with a field of a request."""

    where: str
    what: str


class Problem(BaseModel):
    """What went wrong and what can be done (RFC 9457)."""

    title: str = Field(examples=["Nobody is signed in."])
    detail: str = Field(default="", examples=["Sign in, or send a token."])
    status: int = Field(ge=400, le=599, examples=[401])
    errors: list[Wrong] = Field(default_factory=list[Wrong])
