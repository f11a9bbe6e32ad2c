"""From what a model says to what a person is shown: text with citations, the pictures that bear it out, and the end."""

import re
from collections.abc import Iterator
from typing import Any, TypeGuard

from langchain_core.messages import AIMessage

from core.citations import CitationStream, claim_of
from core.evidence import EvidencePassage
from core.knowledge.documents import Passage
from core.language import is_chinese
from core.links import LinkFilter
from core.messages import Picture
from core.models.encoder import Encoder
from core.models.served.notes import ANSWERED_BY, NOTES, notes_in_words
from core.reading.selection import DECLINE_BELOW, select_sentences
from core.reply import Citation, ReplyPart, ShownPicture, Text
from core.suggestions import suggestions
from core.turn import Turn

QUOTE_CHARACTERS = 500
SIMILAR_SHOWN = 3
"""How many pictures like another one are shown where the answer names none."""


class AnswerStream:
    """Collects one answer while it streams. After `finish`, `declined`, `support`, `tokens` and `suggestions` hold."""

    def __init__(self, turn: Turn, encoder: Encoder | None) -> None:
        self._turn = turn
        self._encoder = encoder
        self._citations = CitationStream(lambda number: turn.passage(number) is not None)
        # A link that a model wrote may lead to a retrieved document, word for word, and nowhere else.
        self._links = LinkFilter(lambda address: any(one.passage.url == address for one in turn.passages))
        self._metadata: dict[str, Any] = {}
        self._notes: list[dict[str, Any]] = []
        self._notices: dict[str, None] = {}
        self.support: float | None = None
        self.tokens = 0
        self.suggestions: tuple[str, ...] = ()

    @property
    def declined(self) -> bool:
        """Whether the model said that the evidence does not hold the answer."""
        return bool(self._metadata.get("declined", self._citations.declined))

    @property
    def answered_by(self) -> str:
        """The model that answered, where it is not the first that was asked."""
        return str(self._metadata.get(ANSWERED_BY, ""))

    @property
    def text(self) -> str:
        """What was shown of the model's words."""
        return self._citations.text

    def feed(self, message: AIMessage) -> Iterator[ReplyPart]:
        """Take the next piece of what the model says."""
        self._metadata.update(message.response_metadata)
        self._notes += message.response_metadata.get(NOTES, [])
        self._notices.update(dict.fromkeys(message.response_metadata.get("notices", ())))
        if message.usage_metadata is not None:  # of each call of the model, with its last piece
            self.tokens += message.usage_metadata["total_tokens"]
        if shown := self._links.feed(self._citations.feed(message.text)):
            yield Text(text=shown)

    def finish(self) -> Iterator[ReplyPart]:
        """Answer what was held back, then the citations and the pictures."""
        if shown := self._links.feed(self._citations.close()) + self._links.close():
            yield Text(text=shown)
        if not self._citations.text.strip() and not self.declined:
            yield Text(text=_nothing_said(self._turn))
        if self.declined and not self._citations.cited and self._turn.passages:
            yield Text(text=self._citations.feed(_nearest(self._turn)) + self._citations.close())
        if not self._citations.cited and self._bears_out(self._turn.read):
            yield Text(text=self._citations.feed(f" [{self._turn.read.number}]") + self._citations.close())
        for notice in (*self._notices, *self._turn.notices):
            yield Text(text=f"\n\n_{notice}_")
        if notes := notes_in_words(self._notes, in_chinese=is_chinese(self._turn.message.text)):
            yield Text(text=notes)
        self.support = self._metadata.get("support")
        citations = list(self._cited())
        yield from citations
        if not self.declined:
            self.suggestions = suggestions(self._turn, self._citations.cited, {one.quote for one in citations})
        yield from self._pictures()

    def _bears_out(self, evidence: EvidencePassage | None) -> TypeGuard[EvidencePassage]:
        """Whether a passage that was given to a model which can't cite says what the model says."""
        if evidence is None or self.declined:
            return False
        claim = select_sentences(self._citations.text, [evidence], limit=1, encoder=self._encoder)
        return claim.support >= DECLINE_BELOW

    def _cited(self) -> Iterator[Citation]:
        quotes: dict[int, list[str]] = {}
        for quote in self._metadata.get("quotes", ()):
            quotes.setdefault(quote["number"], []).append(quote["quote"])
        for shown, number in enumerate(self._citations.cited, start=1):
            evidence = self._turn.passage(number)
            if evidence is None:
                continue
            for quote in quotes.get(number) or [self._quote(evidence, shown)]:
                yield _citation(shown, evidence, quote)

    def _quote(self, evidence: EvidencePassage, shown: int) -> str:
        """The sentence of the passage that bears out what the answer says."""
        claim = claim_of(self._citations.text, shown) or self._turn.standalone
        selection = select_sentences(claim, [evidence], limit=1, encoder=self._encoder)
        return selection.sentences[0].text if selection.sentences else evidence.passage.text[:QUOTE_CHARACTERS]

    def _pictures(self) -> Iterator[ShownPicture]:
        if self.declined and self._turn.wants not in {"picture", "similar"}:
            return
        chosen = [self._turn.passage(number) for number in self._citations.cited]
        pictures = [one for one in chosen if one is not None and one.passage.picture is not None]
        if not pictures and not self.declined:
            pictures = self._fitting([one for one in chosen if one is not None])
        for evidence in pictures:
            facts = evidence.passage.picture
            if facts is not None:
                picture = Picture(
                    sha256=facts.sha256,
                    media_type=facts.media_type,
                    width=facts.width,
                    height=facts.height,
                    name=evidence.passage.path.rpartition("/")[2],
                    alt=facts.alt,
                )
                yield ShownPicture(
                    picture=picture,
                    source=evidence.passage.path,
                    caption=facts.alt or facts.caption or facts.appearance,
                )

    def _fitting(self, cited: list[EvidencePassage]) -> list[EvidencePassage]:
        """A picture that was retrieved too and stands where the cited text stands; or the one that was asked for."""
        pictures = [one for one in self._turn.passages if one.passage.picture is not None]
        if self._turn.wants in {"picture", "similar"}:
            return pictures[: 1 if self._turn.wants == "picture" else SIMILAR_SHOWN]
        for evidence in cited:
            for one in pictures:
                if _stand_together(one.passage, evidence.passage):
                    return [one]
        return []


def _stand_together(picture: Passage, text: Passage) -> bool:
    """Whether a picture stands in a section that the text covers."""
    if not picture.heading_path or picture.title != text.title:
        return False
    section = picture.heading_path[-1]
    return section in text.heading_path or section in text.text.splitlines()


def _citation(number: int, evidence: EvidencePassage, quote: str) -> Citation:
    passage = evidence.passage
    section = passage.section_of(quote)
    return Citation(
        number=number,
        source=passage.path,
        title=passage.title,
        heading=" › ".join(section.heading_path if section else passage.heading_path),
        page=section.page if section else passage.page,
        quote=re.sub(r"\s+\n", "\n", quote).strip()[: QUOTE_CHARACTERS * 2],
        url=passage.url,
    )


def _nearest(turn: Turn) -> str:
    number = turn.passages[0].number
    return f"\n\n最接近的来源：[{number}]" if is_chinese(turn.message.text) else f"\n\nNearest source: [{number}]"


def _nothing_said(turn: Turn) -> str:
    if is_chinese(turn.message.text):
        return "模型没有给出任何文字，请再试一次或换一种问法。"
    return "The model said nothing. Try again, or ask in other words."
