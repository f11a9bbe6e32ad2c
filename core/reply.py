"""What the assistant says: a stream of parts, and the whole reply that they add up to.

A platform shows the parts as they come: statuses replace one another, texts append, pictures, citations and failures
each stand for themselves, and `Finished` is always the last.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from core.messages import Picture, Value


class Status(Value):
    """What the assistant is doing now, for the person who waits; `source` is what it asks outside, if it does.

    "waiting" is for the knowledge, which can't be looked up now.
    """

    kind: Literal["status"] = "status"
    stage: Literal["thinking", "searching", "looking", "reading", "writing", "waiting"]
    detail: str = ""
    source: str = ""


class Text(Value):
    """The next piece of the answer, in standard Markdown; `[n]` refers to the citation numbered n."""

    kind: Literal["text"] = "text"
    text: str


class ShownPicture(Value):
    """A picture that the reply shows, where it comes from (`source` is a path within its knowledge source)."""

    kind: Literal["picture"] = "picture"
    picture: Picture
    source: str
    caption: str = ""


class Citation(Value):
    """What `[number]` in the text stands for: the source and the exact sentence (`quote` is verbatim)."""

    kind: Literal["citation"] = "citation"
    number: int
    source: str
    title: str = ""
    heading: str = ""
    page: int | None = None
    quote: str
    url: str = ""

    @property
    def section(self) -> str:
        """The headings below the document's title, with which a path of headings mostly begins."""
        first, _, rest = self.heading.partition(" › ")
        return rest if first == self.title else self.heading


class Failure(Value):
    """Why there is no answer, or only part of one, and what the person can do."""

    kind: Literal["failure"] = "failure"
    code: str
    message: str
    hint: str = ""


class Finished(Value):
    """The end of a reply: whether an answer was declined for want of support, and how well it is supported (0 to 1).

    `tokens` is what the language model read and wrote for it, 0 where none was asked; `suggestions` are questions that
    could follow, each of which what was found would answer.
    """

    kind: Literal["finished"] = "finished"
    declined: bool = False
    support: float | None = None
    model: str = ""
    tokens: int = 0
    suggestions: tuple[str, ...] = ()


ReplyPart = Annotated[Status | Text | ShownPicture | Citation | Failure | Finished, Field(discriminator="kind")]


class Reply(Value):
    """A whole reply."""

    text: str = ""
    pictures: tuple[ShownPicture, ...] = ()
    citations: tuple[Citation, ...] = ()
    failure: Failure | None = None
    declined: bool = False
    support: float | None = None
    model: str = ""
    tokens: int = 0
    suggestions: tuple[str, ...] = ()


def gather(parts: Iterable[ReplyPart]) -> Reply:
    """Add parts up to a whole reply."""
    parts = tuple(parts)
    finished = next((part for part in reversed(parts) if isinstance(part, Finished)), Finished())
    return Reply(
        text="".join(part.text for part in parts if isinstance(part, Text)),
        pictures=tuple(part for part in parts if isinstance(part, ShownPicture)),
        citations=tuple(part for part in parts if isinstance(part, Citation)),
        failure=next((part for part in parts if isinstance(part, Failure)), None),
        declined=finished.declined,
        support=finished.support,
        model=finished.model,
        tokens=finished.tokens,
        suggestions=finished.suggestions,
    )
