"""What a served model can do, and how that was found out."""

from typing import Literal

from core.messages import Value

Source = Literal["set", "told", "tried", "assumed"]
"""`set` by the operator, `told` by the server's own description, `tried` out, `assumed` since nobody could be asked."""


class Ability(Value):
    """Whether the model can do a thing; `why` gives the reason where it can't."""

    able: bool
    source: Source
    why: str = ""

    @property
    def certain(self) -> bool:
        """Whether it need not be asked again."""
        return self.source != "assumed"


ASSUMED = Ability(able=True, source="assumed")
"""Before anybody could be asked: what the model is given can be taken back, what it is denied can't be made up for."""


class Capabilities(Value):
    """What a served model can do. `context` is how many tokens it reads at most, 0 where nobody says.

    `tool_pictures` says whether a tool's result may hold pictures; else they are moved into a message of the user.
    """

    pictures: Ability = ASSUMED
    tools: Ability = ASSUMED
    tool_pictures: Ability = Ability(able=False, source="assumed")
    context: int = 0

    @property
    def certain(self) -> bool:
        """Whether what matters most is known."""
        return self.pictures.certain and self.tools.certain

    def found(self) -> "Capabilities":
        """What was found out, without what the operator has set: that is not to outlive the setting."""
        pictures = ASSUMED if self.pictures.source == "set" else self.pictures
        tools = ASSUMED if self.tools.source == "set" else self.tools
        return self.model_copy(update={"pictures": pictures, "tools": tools})

    def in_words(self) -> str:
        """For the operator."""
        said = [
            _ability(self.pictures, "sees pictures", "does not see pictures"),
            _ability(self.tools, "calls tools", "does not call tools"),
        ]
        if self.context:
            said.append(f"reads {self.context:,} tokens")
        return "; ".join(said)


_SOURCES = {"set": "set", "told": "the server says so", "tried": "tried", "assumed": "assumed, not asked yet"}


def _ability(ability: Ability, can: str, can_not: str) -> str:
    how = _SOURCES[ability.source] + (f": {ability.why}" if ability.why else "")
    return f"{can if ability.able else can_not} ({how})"
