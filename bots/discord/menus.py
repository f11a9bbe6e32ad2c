"""What can be done with a message by its menu: ask about it; saving it is in `bots.discord.saving`.

https://discord.com/developers/docs/interactions/application-commands#message-commands
"""

from adapters.discord.heard import Heard
from adapters.discord.incoming import as_message, urls_of
from bots.about import About, asking_about, put_aside, put_aside_before
from bots.discord.acknowledging import How, Interaction, Way, show
from bots.discord.asking import ask, place_of_answer, question
from bots.discord.desk import Desk
from bots.discord.forms import ASK_FORM, HERE, QUESTION, WHERE, ask_form
from bots.discord.privately import say_text
from bots.discord.reading import data_of, filled, target
from bots.discord.whom import Whom
from core.messages import Message, Place


async def _ask_about(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Show the form; what it is about is put aside meanwhile, for Discord does not say it again."""
    heard = Heard.of(target(interaction), guild=who.guild)
    said = heard.text or ", ".join(file.name for file in heard.uploads)
    form = ask_form(who.texts, who.id, about=said, openly=bool(who.guild))
    await show(interaction, form, _put_aside(desk, who, heard))


async def _put_aside(desk: Desk, who: Whom, heard: Heard) -> None:
    message = await read_message(desk, who, heard)
    await put_aside(desk.mailbox, About(message=message, urls=urls_of(heard)), _name(who.id, who))


async def read_message(desk: Desk, who: Whom, heard: Heard, place: Place | None = None) -> Message:
    """A message of any author as a core value; Lorelens' own ones have the role `assistant`."""
    place = place or Place(platform="discord", workspace=who.workspace, channel=who.spot.channel)
    message = await as_message(heard, place, desk.platform.intake.servers)
    is_own = heard.author == desk.platform.intake.servers.own_id
    return message.model_copy(update={"role": "assistant"}) if is_own else message


def _where(interaction: Interaction, who: Whom) -> How:
    """As they chose; directly they are alone with it anyway."""
    if not who.is_among_others:
        return "openly"
    return "openly" if who.guild and filled(interaction).get(WHERE) == HERE else "privately"


async def _asked(desk: Desk, interaction: Interaction, who: Whom) -> None:
    """Take in the question of a form."""
    name = str(data_of(interaction).get("custom_id")).removeprefix(ASK_FORM)
    about = await put_aside_before(desk.mailbox, _name(name, who))
    if about is None:
        await say_text(desk, who, who.texts.expired)
        return
    private = _where(interaction, who) == "privately"
    place = await place_of_answer(desk, who, private=private)
    text = filled(interaction).get(QUESTION, "")
    asked = question(who, place, f"form-{who.id}", text, private=private)
    asked = asked.model_copy(update={"delivery": {**asked.delivery, "asked_by": who.name}})
    await ask(desk, who, await asking_about(desk.mailbox, asked, about))


def _name(name: str, who: Whom) -> str:
    """Under which a message is put aside: whoever sends the form must be who asked for it."""
    return f"{name}-{who.user}"


ASK_ABOUT = Way("Showing a form", _ask_about)
ASKED = Way("Asking about a message", _asked, _where)
