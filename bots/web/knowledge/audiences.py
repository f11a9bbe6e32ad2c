"""Who may see a source, as a form says it: one of the usual groups, or principals by their names."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from bots.web.knowledge.faults import FaultError
from bots.web.visitors import OPERATORS
from core.audience import EVERYONE, GUESTS

Readers = Literal["everyone", "guests", "operators", "named"]
READERS: tuple[Readers, ...] = get_args(Readers)
MOST = 100
LONGEST = 200

_GROUPS: dict[str, tuple[str, ...]] = {
    "everyone": (EVERYONE,),
    "guests": (EVERYONE, GUESTS),
    "operators": (OPERATORS,),
}
_PRINCIPAL = re.compile(r"everyone|guests|[a-z][a-z0-9_-]*/[^\s/]+(?:/[^\s/]+){0,2}")


def audience_of(readers: str, principals: str) -> tuple[str, ...]:
    """The principals that a form names.

    Raises:
        FaultError: it names nobody, or somebody who can't be.
    """
    if readers in _GROUPS:
        return _GROUPS[readers]
    if readers != "named":
        raise FaultError("no_readers", "readers")
    named = tuple(dict.fromkeys(re.split(r"[\s,]+", principals.strip())))
    if named == ("",):
        raise FaultError("nobody", "readers")
    if len(named) > MOST:
        raise FaultError("too_many_readers", "readers", most=MOST)
    for one in named:
        if len(one) > LONGEST or not one.isprintable() or not _PRINCIPAL.fullmatch(one):
            raise FaultError("no_principal", "readers", name=one[:60])
    return named


def choice_of(audience: Sequence[str]) -> tuple[Readers, str]:
    """What a form shows for an audience: which group, and the names where it is none."""
    for readers in READERS:
        if set(_GROUPS.get(readers, ())) == set(audience):
            return readers, ""
    return "named", "\n".join(audience)
