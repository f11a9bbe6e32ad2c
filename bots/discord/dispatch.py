"""Which interaction goes where: by the name of a command, or by the id of a button or form."""

from collections.abc import Awaitable

from discord import InteractionType

from adapters.discord import buttons as named
from adapters.payloads import Payload, string
from bots.discord import buttons, commands, definitions, keeping, menus, saving
from bots.discord.acknowledging import Interaction, Way, privately, take
from bots.discord.completing import completing
from bots.discord.desk import Desk
from bots.discord.forms import ASK_FORM
from bots.discord.privately import say_text
from bots.discord.reading import data_of
from bots.discord.registering import keep_registering
from bots.discord.whom import Whom, is_answerable

# No set: a type that is none of Discord's may have no hash.
_TAKEN = (InteractionType.application_command, InteractionType.component, InteractionType.modal_submit)
MENUS = {definitions.ASK_ABOUT: menus.ASK_ABOUT, definitions.SAVE: saving.SAVE}


async def register(desk: Desk) -> None:
    """Listen for what people do besides writing, and let Discord have the commands."""
    complete = completing(desk)
    sent: Payload = {}

    def heard(payload: Payload) -> None:
        nonlocal sent
        sent = payload

    async def interacted(interaction: Interaction, payload: Payload) -> None:
        if not is_answerable(interaction):
            return
        if interaction.type is InteractionType.autocomplete:
            await complete(interaction)
        elif interaction.type in _TAKEN:
            take(desk, interaction, way_of(interaction), payload)

    def made(interaction: Interaction) -> Awaitable[None]:
        return interacted(interaction, sent)  # discord.py tells what it made of an event before the next one is heard

    desk.client.hear("INTERACTION_CREATE", heard)
    desk.client.listen("interaction", made)
    desk.spawn(keep_registering(desk), "Registering the commands")


def way_of(interaction: Interaction) -> Way:
    """How it is taken; what is not known any more is explained."""
    data = data_of(interaction)
    if interaction.type is InteractionType.application_command:
        known = commands.WAYS if data.get("type", definitions.SLASH) == definitions.SLASH else MENUS
        return known.get(str(data.get("name")), _UNKNOWN)
    custom_id = string(data.get("custom_id"))
    about = named.pressed(custom_id)
    if interaction.type is InteractionType.modal_submit:
        if custom_id.startswith(ASK_FORM):
            return menus.ASKED
        return buttons.REASONED if about is not None and about.name == named.UNHELPFUL else _UNKNOWN
    if custom_id == commands.FORGET_ALL:
        return commands.FORGOTTEN if _is_theirs(interaction) else _UNKNOWN
    if about is None:
        return _UNKNOWN
    if about.number:
        return buttons.NEXT
    if about.name == saving.UNSAVE:
        return saving.UNSAVED if _is_theirs(interaction) else _UNKNOWN
    if about.name == named.KEEP:
        return keeping.KEEP
    return buttons.CLICKS.get(about.name, _UNKNOWN)


def _is_theirs(interaction: Interaction) -> bool:
    """Whether only the person sees what they clicked: what is said in its place takes nothing from others."""
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _unknown(desk: Desk, _interaction: Interaction, who: Whom) -> None:
    await say_text(desk, who, who.texts.expired)


_UNKNOWN = Way("Explaining what is not known", _unknown, privately)
