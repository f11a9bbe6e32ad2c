"""Commands, menus, buttons and modals, as a person uses them in their client."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.command_form import CHAT, GROUP, OF_MESSAGE, SUBCOMMAND
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.interacting import begin
from tests.discord_emulator.interaction import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Choice, Interaction
from tests.discord_emulator.modals import submission
from tests.discord_emulator.model import Channel, Message
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.resolving import Resolved
from tests.discord_emulator.speaking import Place, Speaker


class Commander(Speaker):
    """What somebody does with the application beyond writing."""

    def commands(self, channel: Channel) -> list[Json]:
        """Return the commands that the client offers here."""
        application = self.world.application
        guild = channel.guild
        held = in_channel(channel, self.user)
        if not held & Permission.USE_APPLICATION_COMMANDS:
            return []
        found: list[Json] = []
        for one in application.commands[None]:
            kinds: list[int] = one["integration_types"]
            here = (0 in kinds and (guild is None or guild.installed)) or (1 in kinds and self.user.installed)
            context = 0 if guild else 1
            allowed = context in one["contexts"] if one["contexts"] is not None else bool(guild or one["dm_permission"])
            if here and allowed:
                found.append(one)
        if guild is not None:
            found += application.commands.get(guild.id, [])
        needed = [int(one["default_member_permissions"] or 0) for one in found]
        return [one for one, needs in zip(found, needed, strict=True) if not guild or held & needs == needs]

    async def runs(
        self, command: str, options: Mapping[str, Any] | None = None, place: Place | None = None
    ) -> Interaction:
        """Run a slash command ("/ask", "/knowledge add"), here in the direct channel unless a place is given."""
        channel = self.place(place) if place is not None else self.dm
        data, described, within = self._invoked(command, channel)
        resolved = Resolved(self.world, channel)
        within += [
            resolved.option(described, name, value) for name, value in (options or {}).items() if value is not None
        ]
        lacking = [each["name"] for each in described if each.get("required") and each["name"] not in (options or {})]
        if lacking:
            raise CannotDoError(f"{command} needs {lacking}")
        if resolved.data:
            data["resolved"] = resolved.data
        return begin(self.world, COMMAND, self.user, channel, data)

    async def types(
        self,
        command: str,
        option: str,
        partial: str,
        place: Place | None = None,
        filled: Mapping[str, Any] | None = None,
    ) -> list[Choice]:
        """Type into an option that completes itself; return what is offered."""
        channel = self.place(place) if place is not None else self.dm
        data, described, within = self._invoked(command, channel)
        if not any(each["name"] == option and each.get("autocomplete") for each in described):
            raise CannotDoError(f"{option} of {command} does not complete itself")
        resolved = Resolved(self.world, channel)
        within += [resolved.option(described, name, value) for name, value in (filled or {}).items()]
        kind = next(each["type"] for each in described if each["name"] == option)
        within.append({"name": option, "type": kind, "value": partial, "focused": True})
        one = begin(self.world, AUTOCOMPLETE, self.user, channel, data)
        return (await one.acknowledged()).choices

    def _invoked(self, command: str, channel: Channel) -> tuple[Json, list[Json], list[Json]]:
        """Return a command's data, the options that it describes, and the list that takes their values."""
        name, *path = command.removeprefix("/").split()
        found = self._command(name, CHAT, channel)
        described: list[Json] = found.get("options", [])
        within: list[Json] = []
        data = self._data(found) | {"options": within}
        for part in path:
            nested = next(
                (each for each in described if each["name"] == part and each["type"] in (SUBCOMMAND, GROUP)), None
            )
            if nested is None:
                raise CannotDoError(f"there is no {command}")
            described = listed(nested, "options")
            inner: list[Json] = []
            within.append({"name": part, "type": nested["type"], "options": inner})
            within = inner
        if any(each["type"] in (SUBCOMMAND, GROUP) for each in described):
            raise CannotDoError(f"{command} has sub-commands: {[each['name'] for each in described]}")
        return data, described, within

    def _command(self, name: str, kind: int, channel: Channel) -> Json:
        offered = self.commands(channel)
        for each in offered:
            if each["type"] == kind and name in (each["name"], *inner(each, "name_localizations").values()):
                return each
        names = [each["name"] for each in offered]
        raise CannotDoError(f"{self.user.name} is offered no command {name!r} in #{channel.name}, but {names}")

    def _data(self, command: Json) -> Json:
        told: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        return told | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})

    async def uses_menu(self, name: str, message: Message) -> Interaction:
        """Choose an entry of a message's *Apps* menu."""
        found = self._command(name, OF_MESSAGE, message.channel)
        shown = {str(message.id): payloads.message(message, self.world.bot)}
        data = self._data(found) | {"target_id": str(message.id), "resolved": {"messages": shown}}
        return begin(self.world, COMMAND, self.user, message.channel, data)

    async def clicks(self, message: Message, label_or_custom_id: str, values: Sequence[Any] = ()) -> Interaction:
        """Press a button, or choose values of a select."""
        if message.deleted or (message.ephemeral and message.ephemeral_for is not self.user):
            raise CannotDoError(f"{self.user.name} does not see this message")
        one = message.component(label_or_custom_id)
        if one is None or one.get("disabled"):
            raise CannotDoError(f"there is nothing to press that says {label_or_custom_id!r}, but {message.buttons()}")
        data: Json = {"custom_id": one["custom_id"], "component_type": one["type"], "id": one["id"]}
        if one["type"] != 2:
            resolved = Resolved(self.world, message.channel)
            data["values"] = resolved.values(one, values)
            if resolved.data:
                data["resolved"] = resolved.data
        return begin(self.world, COMPONENT, self.user, message.channel, data, message)

    async def submits(self, interaction: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Fill in the modal that an interaction was answered with, by label or custom_id, and send it."""
        if interaction.modal is None or interaction.user is not self.user:
            raise CannotDoError(f"{self.user.name} sees no modal: {interaction.state}")
        modal, interaction.modal = interaction.modal, None
        resolved = Resolved(self.world, interaction.channel)
        data: Json = {"custom_id": modal["custom_id"], "components": submission(modal, values, resolved)}
        if resolved.data:
            data["resolved"] = resolved.data
        return begin(
            self.world, MODAL_SUBMIT, self.user, interaction.channel, data, interaction.message, source=interaction
        )
