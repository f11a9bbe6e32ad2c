"""The pictures of a conversation: which of them a question is about, and which a model that sees is shown again.

They are counted from the first one on, whoever sent or showed them, so that "the second picture" can be meant.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.followups import standalone_question
from core.intent import wants_similar
from core.messages import Message, Picture

SHOWN_AGAIN = 4
"""How many earlier pictures a model that sees is shown again, the newest."""
LOOK_BACK = 3
"""A question that goes on from what was said before is about the pictures of this many of the person's messages."""

_PICTURE_EN = (
    r"(?:pictures?|images?|diagrams?|screenshots?|(?:flow[ -]?)?charts?|graphs?|figures?|photos?|drawings?|plots?"
    r"|maps?)"
)
_ORDINALS_EN = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINALS_ZH = "一二三四五六七八九十"
_MEANS_ONE = re.compile(
    rf"\b(?:this|that|these|those|your|the (?:same|last|previous|above|upper|other|{'|'.join(_ORDINALS_EN)}))"
    rf"\s+(?:\w+\s+)?{_PICTURE_EN}\b"
    r"|[这那](?:个|张|幅|些|两张|几张)?(?:图|截图|照片|图片)|上(?:一|面的?)?张|刚才的?(?:图|截图|照片|图片)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    rf"\b({'|'.join(_ORDINALS_EN)})\s+(?:of the\s+|one of the\s+)?(?:\w+\s+)?{_PICTURE_EN}\b"
    rf"|\b{_PICTURE_EN}\s+(?:number\s+|no\.?\s*|#)?([1-9]\d?)\b(?!\s*[%.\d])"
    rf"|第\s*([{_ORDINALS_ZH}]|[1-9]\d?)\s*[张幅个]?\s*(?:图|截图|照片|图片)|图\s*([1-9]\d?)(?!\d)",
    re.IGNORECASE,
)
_LAST = re.compile(rf"\b(?:last|latest|newest)\s+(?:\w+\s+)?{_PICTURE_EN}\b|最后(?:一|那)?[张幅个]", re.IGNORECASE)


@dataclass(frozen=True)
class EarlierPicture:
    """A picture of a conversation: its number, from 1, and which message has it; `shown` is whether a reply did."""

    number: int
    picture: Picture
    message: int
    shown: bool


def earlier_pictures(history: Sequence[Message]) -> list[EarlierPicture]:
    """The pictures of earlier messages in their order, each once, where it came first."""
    found: dict[str, EarlierPicture] = {}
    for at, message in enumerate(history):
        for picture in message.pictures:
            if picture.sha256 not in found:
                number = len(found) + 1
                found[picture.sha256] = EarlierPicture(number, picture, at, shown=message.role == "assistant")
    return list(found.values())


def pictures_of(message: Message, history: Sequence[Message]) -> list[Picture]:
    """The pictures a question is about: its own; else the one that it names; else those of what it follows up."""
    if message.pictures:
        return list(message.pictures)
    earlier = [one.picture for one in earlier_pictures(history)]
    if not earlier:
        return []
    number = _number(message.text, len(earlier))
    if number is not None:
        return [earlier[number - 1]] if number <= len(earlier) else []
    if _MEANS_ONE.search(message.text) or wants_similar(message.text):
        return list(next(one.pictures for one in reversed(history) if one.pictures))
    if standalone_question(history, message) != message.text:
        for one in [one for one in history if one.role == "person"][-LOOK_BACK:][::-1]:
            if one.pictures:
                return list(one.pictures)
    return []


def _number(text: str, count: int) -> int | None:
    """Which picture of a conversation a text names by its number, from 1."""
    if _LAST.search(text):
        return count
    found = _NUMBERED.search(text)
    if found is None:
        return None
    said = next(group for group in found.groups() if group).lower()
    if said.isdecimal():
        return int(said)
    return 1 + (_ORDINALS_EN.index(said) if said in _ORDINALS_EN else _ORDINALS_ZH.index(said))
