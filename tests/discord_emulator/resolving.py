"""Values of options and selects as the wire has them: ids, with what they stand for under `resolved`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json, listed
from tests.discord_emulator.command_form import BOOLEAN, FILE, INTEGER, MENTIONABLE, NUMBER, ROLE, STRING, USER
from tests.discord_emulator.command_form import CHANNEL as CHANNEL_OPTION
from tests.discord_emulator.component_form import STRING_SELECT
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.model import Channel, Role, User
from tests.discord_emulator.permissions import in_channel
from tests.discord_emulator.uploads import Upload, attach
from tests.discord_emulator.world import HasUser, World, account

_TYPES: dict[int, tuple[type, ...]] = {
    STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float), USER: (User, HasUser),
    CHANNEL_OPTION: (Channel,), ROLE: (Role,), MENTIONABLE: (User, HasUser, Role), FILE: (Upload, Path),
}  # fmt: skip


class Resolved:
    """Collects what the values of one interaction stand for."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world, self._channel = world, channel
        self.data: Json = {}

    def option(self, described: list[Json], name: str, value: Any) -> Json:
        """Return the value of a slash command's option."""
        one = next((each for each in described if each["name"] == name), None)
        if one is None:
            raise CannotDoError(f"there is no option {name!r}, but {[each['name'] for each in described]}")
        kind: int = one["type"]
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
            raise CannotDoError(f"{name} takes {_TYPES[kind]}, not {value!r}")
        offered = [each["value"] for each in listed(one, "choices")]
        if offered and value not in offered:
            raise CannotDoError(f"{name} is one of {offered}")
        if kind == STRING and not one.get("min_length", 0) <= len(str(value)) <= one.get("max_length", 6000):
            raise CannotDoError(f"{name} has {one.get('min_length', 0)} to {one.get('max_length', 6000)} characters")
        if kind in (INTEGER, NUMBER) and not one.get("min_value", value) <= value <= one.get("max_value", value):
            raise CannotDoError(f"{name} is from {one.get('min_value')} to {one.get('max_value')}")
        return {"name": name, "type": kind, "value": self.wire(value)}

    def values(self, select: Json, values: Sequence[Any]) -> list[str]:
        """Return what was chosen in a select."""
        least, most = select.get("min_values", 1), select.get("max_values", 1)
        if not least <= len(values) <= most:
            raise CannotDoError(f"choose {least} to {most} values")
        if select["type"] != STRING_SELECT:
            return [str(self.wire(each)) for each in values]
        options = {name: each["value"] for each in select["options"] for name in (each["label"], each["value"])}
        if unknown := [each for each in values if each not in options]:
            raise CannotDoError(f"{unknown} is not offered, but {list(options)}")
        return [options[each] for each in values]

    def wire(self, value: Any) -> Any:
        """Return a value as it is sent; what has an id is resolved."""
        if isinstance(value, Upload | Path):
            upload = value if isinstance(value, Upload) else Upload.of(value)
            one = attach(self._world, upload, self._channel, ephemeral=True)
            return self._keep("attachments", one.id, payloads.attachment(one))
        if isinstance(value, Channel):
            held = str(int(in_channel(value, self._world.bot)))
            return self._keep("channels", value.id, payloads.channel(value) | {"permissions": held})
        if isinstance(value, Role):
            return self._keep("roles", value.id, payloads.role(value))
        if isinstance(value, User | HasUser):
            user = account(value)
            guild = self._channel.guild
            if guild and user.id in guild.members:
                held = str(int(in_channel(self._channel, user)))
                shown = payloads.member(guild.members[user.id], with_user=False) | {"permissions": held}
                self._keep("members", user.id, shown)
            return self._keep("users", user.id, payloads.user(user))
        return value

    def _keep(self, kind: str, id_: int, shown: Json) -> str:
        self.data.setdefault(kind, {})[str(id_)] = shown
        return str(id_)
