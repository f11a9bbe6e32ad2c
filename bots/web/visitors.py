"""Whoever is at the page: who they are, what they may do, and in which language they read."""

from typing import Annotated, Literal

from fastapi import Depends, Request

from core.audience import EVERYONE, GUESTS, person, workspace
from core.errors import LorelensError
from core.messages import Author, Value

PLATFORM = "web"
WORKSPACE = "web"
"""All people of the page are of one workspace."""
OPERATORS = f"{workspace(PLATFORM, WORKSPACE)}/operators"
"""What operators hold: what is meant for them alone, and nothing that is private to others."""

Role = Literal["guest", "member", "operator"]
Language = Literal["en", "zh"]


class Person(Value):
    """Somebody who may talk to Lorelens here. `principals` are held beside those of the role: groups, channels, ..."""

    id: str
    name: str = ""
    role: Role = "member"
    principals: tuple[str, ...] = ()

    @property
    def audience(self) -> tuple[str, ...]:
        """All that they hold (`core.audience`); an operator sees no more than a member: what is private stays so."""
        general = (GUESTS,) if self.role == "guest" else (EVERYONE, GUESTS, workspace(PLATFORM, WORKSPACE))
        if self.role == "operator":
            general = (*general, OPERATORS)
        return tuple(dict.fromkeys((*general, person(PLATFORM, WORKSPACE, self.id), *self.principals)))


class Visitor(Value):
    """A person at one browser. `csrf` is what a request that changes something must carry (X-CSRF-Token)."""

    person: Person
    language: Language = "en"
    csrf: str = ""
    can_sign_out: bool = False

    @property
    def is_operator(self) -> bool:
        """Whether they may look after the knowledge and the quality."""
        return self.person.role == "operator"

    @property
    def author(self) -> Author:
        """As the author of what they say."""
        locale = "zh-CN" if self.language == "zh" else "en"
        return Author(id=self.person.id, name=self.person.name, locale=locale)


class NotSignedInError(LorelensError):
    """Nobody is signed in; a page leads to where one can, the API says so."""


class NotAllowedError(LorelensError):
    """Whoever is signed in may not do this."""


async def visitor(request: Request) -> Visitor:
    """Whoever asks, as the door found out (`bots.web.door`).

    Raises:
        NotSignedInError: nobody is signed in.
    """
    found: Visitor | None = getattr(request.state, "visitor", None)
    if found is None:
        raise NotSignedInError("Nobody is signed in.", hint="Sign in, or send a token.")
    return found


async def operator(request: Request) -> Visitor:
    """Whoever asks, if they are an operator.

    Raises:
        NotSignedInError: nobody is signed in.
        NotAllowedError: they are no operator.
    """
    found = await visitor(request)
    if not found.is_operator:
        raise NotAllowedError("This is for operators.", hint="Ask whoever runs Lorelens here.")
    return found


Seen = Annotated[Visitor, Depends(visitor)]
"""A route's parameter: whoever asks."""
Operating = Annotated[Visitor, Depends(operator)]
"""A route's parameter: whoever asks, who must be an operator."""
