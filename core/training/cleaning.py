"""Cleaning: examples that can't be learned from are left out, with the reason, and each is learned from once."""

import re
import unicodedata
from pathlib import Path

from core.training.examples import Example, LeftOut, Prepared
from core.training.picture_identity import PictureIdentities

LONGEST_ANSWER = 4000
"""Characters; what is longer is a document, not an answer."""
MOST_PICTURES = 8
_NOT_A_WORD = re.compile(r"[\W_]+")


def clean(prepared: Prepared, identities: PictureIdentities) -> Prepared:
    """What can be used of what was read; what was left out before stays reported."""
    usable: list[Example] = []
    left_out = list(prepared.left_out)
    for example in prepared.examples:
        reason = _problem(example, identities)
        if reason:
            left_out.append(LeftOut(where=example.where, reason=reason))
        else:
            usable.append(example.model_copy(update={"answer": example.answer.strip()}))
    kept, doubled = _once(usable, identities.of(path for example in usable for path in example.pictures))
    return Prepared(examples=tuple(kept), left_out=(*left_out, *doubled))


def _problem(example: Example, identities: PictureIdentities) -> str:
    if not example.question.strip():
        return "no question"
    if not example.answer.strip():
        return "no answer"
    if len(example.answer) > LONGEST_ANSWER:
        return f"answer too long: {len(example.answer)} characters, up to {LONGEST_ANSWER} are taken"
    if len(example.pictures) > MOST_PICTURES:
        return f"too many pictures: {len(example.pictures)}, up to {MOST_PICTURES} are taken"
    for path in example.pictures:
        problem = identities.problem(path)
        if problem:
            return f"unreadable picture: {problem}"
    return ""


def _once(examples: list[Example], names: dict[Path, str]) -> tuple[list[Example], list[LeftOut]]:
    """Each question about each picture once; a person's correction stands before what was first."""
    first: dict[tuple[object, ...], int] = {}
    kept: list[Example] = []
    left_out: list[LeftOut] = []
    for example in examples:
        asked = (
            normalized(example.question),
            tuple(names[path] for path in example.pictures),
            tuple(map(normalized, example.passages)),
            tuple((normalized(turn.question), normalized(turn.answer)) for turn in example.turns),
        )
        place = first.setdefault(asked, len(kept))
        if place == len(kept):
            kept.append(example)
            continue
        stays, goes = kept[place], example
        if example.origin == "feedback" and stays.origin != "feedback":
            stays, goes = goes, stays
            kept[place] = stays
        left_out.append(LeftOut(where=goes.where, reason=f"asked twice: also in {stays.where}"))
    return kept, left_out


def normalized(text: str) -> str:
    """Text without case, punctuation and width, for telling whether two are the same."""
    return _NOT_A_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
