"""Documents and the passages they are cut into, as plain values."""

from typing import Literal

from pydantic import ConfigDict

from core.messages import EVERYONE, Value


class Section(Value):
    """A run of a document's text that stands under one heading path and on one page.

    `start` and `end` are character offsets in `Document.text`, half open; a table or a code block is a section of its
    own, so that it is not cut where that can be avoided.
    """

    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    kind: Literal["prose", "table", "code"] = "prose"


class DocumentPicture(Value):
    """A picture as one document shows it: its bytes as found (not normalized yet), and the words around it.

    `name` is how the document calls it: for a linked file its path relative to the ingested folder, for an embedded
    picture `<document>#picture-<n>`. `context` is the text right before it (a few hundred characters at most).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    data: bytes
    alt: str = ""
    heading_path: tuple[str, ...] = ()
    context: str = ""
    page: int | None = None
    position: int = 0


class Document(Value):
    """A document as a loader understood it; `warnings` are parts that could not be read, one sentence each.

    `url` is the address (http or https) that the document says it is seen at, empty where it says none; `modified` is
    when it says it was last changed, in seconds since 1970, 0 where it says nothing.
    """

    title: str
    text: str
    sections: tuple[Section, ...]
    pictures: tuple[DocumentPicture, ...] = ()
    warnings: tuple[str, ...] = ()
    url: str = ""
    modified: float = 0.0


class DocumentFacts(Value):
    """What is known of a file by whoever put it there, and can't be read in it: a web page's address, a thread's date.

    What the file says itself goes before it. `modified` is in seconds since 1970; empty and 0 where nothing is known.
    """

    title: str = ""
    url: str = ""
    modified: float = 0.0


class PictureFacts(Value):
    """What is known of an indexed picture: its hash and size in pixels, and the words that describe it.

    A picture shown by several pages is indexed once, with the words of all of them. `caption` is what a model that sees
    wrote of it; `appearance` is what `core.reading.appearance` measured.
    """

    sha256: str
    media_type: str
    width: int
    height: int
    alt: str = ""
    ocr: str = ""
    context: str = ""
    headings: str = ""
    caption: str = ""
    appearance: str = ""


class Passage(Value):
    """The unit of retrieval: a chunk of text, or a picture with the words that describe it.

    `id` is stable for the same source, path, kind and ordinal. `path` is relative to the ingested folder, with forward
    slashes. For text, `text` is `document.text[start:end]` verbatim; for a picture it is the words a person would
    search it by. `lead` is how the document begins, where the passage is not its beginning: it often names what the
    whole is about, and no later passage does. `sections` are its parts under each heading, with offsets in the
    document, so that a sentence within a passage is cited under its own heading. Passages of one document with
    neighbouring `ordinal` are neighbours. `language` is an ISO 639-1 code or "und". `audience` holds the principals who
    may see it. `url` is where people see the document, empty where that is not known. `modified` is when it was last
    changed, in seconds since 1970, 0 where that is not known.
    """

    id: str
    source: str
    path: str
    kind: Literal["text", "picture"] = "text"
    text: str
    title: str = ""
    lead: str = ""
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    start: int = 0
    end: int = 0
    sections: tuple[Section, ...] = ()
    ordinal: int = 0
    language: str = "und"
    audience: tuple[str, ...] = (EVERYONE,)
    picture: PictureFacts | None = None
    url: str = ""
    modified: float = 0.0

    def section_of(self, quote: str) -> Section | None:
        """The section that holds a sentence of this passage, if the sentence is in it word for word."""
        at = self.text.find(quote)
        if at < 0:
            return None
        holding = (one for one in self.sections if one.start <= self.start + at < one.end)
        return next(holding, None)
