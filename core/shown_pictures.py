"""The pictures that a model which sees is given: each in the message where it stands, under its number.

A picture that a reply showed follows in the person's next message, since a model's own messages hold no pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage, ContentBlock, HumanMessage

from core.earlier_pictures import SHOWN_AGAIN, EarlierPicture, earlier_pictures
from core.looking import Looking
from core.messages import Message, Picture
from core.turn import Turn

RETRIEVED = 2
"""How many retrieved pictures a model is given without asking."""


@dataclass
class ShownPictures:
    """Blocks of pictures for the earlier messages (by their place in the history), and for the question itself."""

    earlier: dict[int, list[ContentBlock]] = field(default_factory=dict[int, list[ContentBlock]])
    question: list[ContentBlock] = field(default_factory=list[ContentBlock])

    def in_history(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Those of the earlier messages that have pictures, with them; their ids say which they replace."""
        return [
            HumanMessage(content_blocks=[{"type": "text", "text": messages[at].text}, *blocks], id=messages[at].id)
            for at, blocks in sorted(self.earlier.items())
        ]


def numbers_of(pictures: Sequence[Picture], history: Sequence[Message]) -> list[int]:
    """The numbers of a question's pictures in its conversation; those of earlier messages were counted before."""
    numbers = {one.picture.sha256: one.number for one in earlier_pictures(history)}
    for picture in pictures:
        numbers.setdefault(picture.sha256, len(numbers) + 1)
    return [numbers[picture.sha256] for picture in pictures]


async def show_pictures(turn: Turn, looking: Looking) -> ShownPictures:
    """What a turn's model is shown: the newest earlier pictures, the question's own, and the best that were found."""
    shown = ShownPictures()
    own = {picture.sha256 for picture in turn.message.pictures}
    again = [one for one in earlier_pictures(turn.history) if one.picture.sha256 not in own][-SHOWN_AGAIN:]
    known = {one.picture.sha256 for one in again}
    asked = [
        (number, picture.sha256)
        for number, picture in zip(numbers_of(turn.pictures, turn.history), turn.pictures, strict=True)
        if picture.sha256 not in known
    ]
    found = [
        (one.number, one.passage.picture.sha256)
        for one in turn.passages
        if one.passage.picture is not None and one.passage.picture.sha256 not in known | {sha256 for _, sha256 in asked}
    ][:RETRIEVED]
    alone = len(again) + len(asked) + len(found) == 1
    for one in again:
        at = _stands_at(one, turn.history)
        place = shown.question if at is None else shown.earlier.setdefault(at, [])
        said = f"Picture {one.number}, shown in the answer before:" if one.shown else f"Picture {one.number}:"
        place += await _block(one.picture.sha256, "" if alone else said, looking)
    for number, sha256 in asked:
        shown.question += await _block(sha256, "" if alone else f"Picture {number}:", looking)
    for number, sha256 in found:
        shown.question += await _block(sha256, "" if alone else f"The picture of evidence {number}:", looking)
    return shown


def _stands_at(picture: EarlierPicture, history: Sequence[Message]) -> int | None:
    """The person's message that carries a picture; None for the question that is being answered."""
    following = range(picture.message, len(history))
    return next((at for at in following if history[at].role == "person"), None)


async def _block(sha256: str, said: str, looking: Looking) -> list[ContentBlock]:
    block = await looking.block(sha256)
    if block is None:
        return []
    return [{"type": "text", "text": said}, block] if said else [block]
