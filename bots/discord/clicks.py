"""A click on a button of an answer: what it is about, and whether that belongs to where it was clicked.

An id is data that came back from Discord: the conversation that it names must be one of where it was clicked, and the
asker's own if it is private. An answer that only its asker sees may have come by a direct message.
"""

from dataclasses import dataclass

from adapters.discord.buttons import Pressed, pressed
from bots.discord.acknowledging import Interaction
from bots.discord.desk import Desk
from bots.discord.reading import data_of
from bots.discord.whom import Whom
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.messages import Place


@dataclass(frozen=True)
class Click:
    """What was clicked, and the place of the conversation whose answer it belongs to."""

    about: Pressed
    place: Place

    @property
    def conversation(self) -> str:
        """The conversation's name."""
        return self.place.conversation

    @property
    def is_private(self) -> bool:
        """Whether the answer is one that only its asker sees."""
        return self.about.thread.startswith("~")


async def clicked(desk: Desk, interaction: Interaction, who: Whom) -> Click | None:
    """What was clicked, or which answer a form is about; None if it is nothing of ours, or belongs elsewhere."""
    about = pressed(str(data_of(interaction).get("custom_id") or ""))
    if about is None or (about.thread.startswith("~") and about.thread != f"~{who.user}"):
        return None
    channel = about.message.partition(":")[0]
    if channel in {who.spot.id, who.spot.channel}:
        if about.thread.isdecimal() and about.thread != who.spot.id:
            return None
        return Click(about, about.place(who.guild, who.spot.channel))
    if who.is_among_others or not about.thread.startswith("~"):
        return None
    return await _of_channel(desk, about, channel)


async def _of_channel(desk: Desk, about: Pressed, channel: str) -> Click | None:
    """The click on an answer that came directly and was asked for in a channel."""
    try:
        spot = await desk.platform.intake.servers.spot(channel)
    except (ValueError, PlatformRefusedError, PlatformUnavailableError):
        return None
    return Click(about, about.place(spot.guild, spot.channel)) if spot.guild else None
