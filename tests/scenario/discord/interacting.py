"""Steps that stories about commands, menus and buttons share."""

from tests.discord_emulator import Channel, Interaction, Message, Person
from tests.discord_emulator.speaking import Place
from tests.scenario.discord.running_bot import RunningBot


async def answered(bot: RunningBot, interaction: Interaction) -> Message:
    """What came of an interaction, once nothing works on it any more."""
    response = await interaction.answered(10)
    await bot.idle()
    return response


async def asks(
    bot: RunningBot, person: Person, question: str, place: Place | None = None, *, private: bool = False
) -> Message:
    """The answer to `/ask`."""
    options: dict[str, object] = {"question": question, "private": private}
    return await answered(bot, await person.runs("/ask", options, place))


async def clicks(bot: RunningBot, person: Person, message: Message, label: str) -> Message:
    """What a person is told of a click."""
    return await answered(bot, await person.clicks(message, label))


async def told(bot: RunningBot, interaction: Interaction) -> list[str]:
    """What a person was told beside, so that only they see it."""
    await interaction.acknowledged()
    await bot.idle()
    return [one.content for one in interaction.followups if one.ephemeral_for is interaction.user]


def ephemeral(person: Person, channel: Channel) -> list[Message]:
    """What only this person sees in a channel."""
    return [one for one in person.sees(channel) if one.ephemeral_for is person.user]


def button(message: Message, name: str) -> str:
    """The id of an answer's button, by its name ("suggestion1")."""
    return next(one.custom_id for one in message.buttons() if f":{name}:" in (one.custom_id or "")) or ""


async def redelivered(bot: RunningBot, payload: dict[str, object]) -> None:
    """Let an interaction come once more, as a session that was resumed may bring it."""
    guild = payload.get("guild_id")
    bot.discord.gateway.emit("INTERACTION_CREATE", payload, int(str(guild)) if guild else None)
    await bot.idle()


def heard(bot: RunningBot) -> list[dict[str, object]]:
    """The interactions that come from now on, as Discord sends them."""
    found: list[dict[str, object]] = []
    bot.client.hear("INTERACTION_CREATE", lambda payload: found.append(dict(payload)))
    return found
