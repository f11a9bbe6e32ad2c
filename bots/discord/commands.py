"""The commands that are typed: `/ask`, and those whose answer only the person sees."""

from collections.abc import Sequence

from adapters.discord.blocks import DiscordMessage
from adapters.discord.buttons import DANGER, button, row
from adapters.discord.converting import to_discord
from adapters.texts.help import Names, help_page
from bots.discord import definitions as defined
from bots.discord.acknowledging import How, Interaction, Way, privately, silently
from bots.discord.asking import as_asked_by, ask, place_of_answer, question
from bots.discord.desk import Desk
from bots.discord.privately import say, say_text, tell
from bots.discord.reading import option, text_option, uploaded
from bots.discord.whom import Whom
from bots.loaded_search import loaded_search
from core.actions.forgetting import before_forgetting, forget_me, what_would_go
from core.actions.pictures import pictures
from core.actions.search import search
from core.actions.sources import sources
from core.reply import Finished, ReplyPart, Text

FORGET_ALL = "lorelens:forget"
"""The button that confirms it."""


def is_private(interaction: Interaction, who: Whom) -> bool:
    """Whether only the asker is to see the answer to `/ask`: as they say, and always where the app itself is not."""
    return who.is_elsewhere or bool(option(interaction, defined.PRIVATE))


def _as_wanted(interaction: Interaction, who: Whom) -> How:
    return "privately" if is_private(interaction, who) else "openly"


async def _ask(desk: Desk, interaction: Interaction, who: Whom) -> None:
    private = is_private(interaction, who)
    asked = question(
        who,
        await place_of_answer(desk, who, private=private),
        f"command-{who.id}",
        text_option(interaction, defined.QUESTION),
        private=private,
        uploads=uploaded(interaction, defined.PICTURE),
    )
    await ask(desk, who, asked)


async def _search(desk: Desk, interaction: Interaction, who: Whom) -> None:
    words = text_option(interaction, defined.WORDS)
    audience = await desk.platform.audience(as_asked_by(who))
    await tell(desk, who, await search(words, await loaded_search(desk.application), audience, chinese=who.chinese))


async def _pictures(desk: Desk, interaction: Interaction, who: Whom) -> None:
    words = text_option(interaction, defined.WORDS)
    audience = await desk.platform.audience(as_asked_by(who))
    await tell(desk, who, await pictures(words, await loaded_search(desk.application), audience, chinese=who.chinese))


async def _sources(desk: Desk, _interaction: Interaction, who: Whom) -> None:
    audience = await desk.platform.audience(as_asked_by(who))
    await tell(desk, who, sources(desk.application.ledger, audience, chinese=who.chinese))


async def _help(desk: Desk, _interaction: Interaction, who: Whom) -> None:
    user = desk.client.user
    name = user.name if user is not None else "Lorelens"
    page = help_page(
        who.texts,
        Names(
            name=name,
            mention=f"@{name}",
            ask=defined.shown(defined.ASK, who.locale),
            ask_is_open=True,
            words={word: defined.shown(word, who.locale) for word in (defined.SEARCH, defined.PICTURES)}
            | {word: defined.shown(word, who.locale) for word in (defined.SOURCES, defined.FORGET)},
        ),
    )
    await tell(desk, who, _text(page))


async def _forget(desk: Desk, _interaction: Interaction, who: Whom) -> None:
    """Ask first, with what would go."""
    notes = desk.application.saved_notes
    would_go = await what_would_go(desk.store, notes, "discord", await _workspaces(desk, who), who.user)
    parts = before_forgetting(would_go, chinese=who.chinese)
    if would_go.nothing:
        await tell(desk, who, parts)
        return
    said = "".join(part.text for part in parts if isinstance(part, Text))
    confirm = row(button(who.texts.forget_confirm, FORGET_ALL, style=DANGER))
    await say(desk, who, DiscordMessage(to_discord(said), rows=(confirm,)))


async def _forgotten(desk: Desk, _interaction: Interaction, who: Whom) -> None:
    """Forget whoever clicked, and say so where the button stood."""
    notes = desk.application.saved_notes
    parts = await forget_me(desk.store, notes, "discord", await _workspaces(desk, who), who.user, chinese=who.chinese)
    said = "".join(part.text for part in parts if isinstance(part, Text))
    await say_text(desk, who, said)


async def _workspaces(desk: Desk, who: Whom) -> list[str]:
    """Where something may be kept of a person: directly, and on the servers that the app is on."""
    return list(dict.fromkeys(["@me", who.workspace, *await desk.platform.intake.servers.all()]))


def _text(text: str) -> Sequence[ReplyPart]:
    return (Text(text=text), Finished())


WAYS = {
    defined.ASK: Way("Asking by a command", _ask, _as_wanted),
    defined.SEARCH: Way("Searching", _search, privately),
    defined.PICTURES: Way("Looking for pictures", _pictures, privately),
    defined.SOURCES: Way("Listing sources", _sources, privately),
    defined.FORGET: Way("Telling what would be forgotten", _forget, privately),
    defined.HELP: Way("Helping", _help, privately),
}
"""By the command's name."""
FORGOTTEN = Way("Forgetting a person", _forgotten, silently)
