"""REST: application commands, globally and per guild.

discord.com/developers/docs/interactions/application-commands
"""

from typing import TYPE_CHECKING

from tests.discord_emulator.access import guild_of
from tests.discord_emulator.bodies import Json, listed
from tests.discord_emulator.command_form import CHAT, check_commands
from tests.discord_emulator.errors import DiscordError, missing_access, unknown
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

routes = Routes()
GLOBAL = "/applications/{application_id}/commands"
GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_LOCALIZED = ("name_localizations", "description_localizations")


def _scope(emulator: "Emulator", call: Call) -> int | None:
    if call.id("application_id") != emulator.application.id:
        raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    guild = guild_of(emulator, call.id("guild_id"))
    if not guild.installed:
        raise missing_access()
    return guild.id


def _kept(emulator: "Emulator", body: Json, scope: int | None, before: list[Json]) -> Json:
    kind = body.get("type") or CHAT
    same = next((each for each in before if (each["type"], each["name"]) == (kind, body["name"])), None)
    version = str(emulator.clock.snowflake())
    made: Json = {
        "id": same["id"] if same else version,
        "application_id": str(emulator.application.id),
        "version": version,
        "type": kind,
        "name": body["name"],
        "name_localizations": body.get("name_localizations"),
        "description": body.get("description") or "",
        "description_localizations": body.get("description_localizations"),
        "default_member_permissions": _text(body.get("default_member_permissions")),
        "nsfw": bool(body.get("nsfw")),
        "options": listed(body, "options"),
    }
    if scope is not None:
        return made | {"guild_id": str(scope)}
    made["integration_types"] = body.get("integration_types") or [0]
    made["contexts"] = body.get("contexts")
    made["dm_permission"] = body.get("dm_permission", True)
    return made


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _shown(command: Json, localized: bool) -> Json:
    shown = {key: value for key, value in command.items() if not (key == "options" and not value)}
    if localized:
        return shown
    return {key: value for key, value in shown.items() if key not in _LOCALIZED}


@routes("PUT", GLOBAL)
@routes("PUT", GUILD)
def overwrite(emulator: "Emulator", call: Call) -> Answer:
    """Replace all commands; one that keeps its name and type keeps its id."""
    scope = _scope(emulator, call)
    check_commands(call.json or [])
    before = emulator.application.commands.get(scope, [])
    given: list[Json] = call.json or []
    kept = [_kept(emulator, each, scope, before) for each in given]
    emulator.application.commands[scope] = kept
    return 200, [_shown(each, localized=True) for each in kept]


@routes("GET", GLOBAL)
@routes("GET", GUILD)
def get_all(emulator: "Emulator", call: Call) -> Answer:
    """List the commands."""
    scope = _scope(emulator, call)
    localized = call.query.get("with_localizations", "").lower() in ("1", "true")
    return 200, [_shown(each, localized) for each in emulator.application.commands.get(scope, [])]


@routes("POST", GLOBAL)
@routes("POST", GUILD)
def create(emulator: "Emulator", call: Call) -> Answer:
    """Add a command, or replace the one of its name and type."""
    scope = _scope(emulator, call)
    before = emulator.application.commands.get(scope, [])
    given: Json = call.json or {}
    key = given.get("type") or CHAT, given.get("name")
    others = [each for each in before if (each["type"], each["name"]) != key]
    check_commands([*others, given])
    made = _kept(emulator, given, scope, before)
    emulator.application.commands[scope] = [*others, made]
    return (200 if len(others) < len(before) else 201), _shown(made, localized=True)


def _one(emulator: "Emulator", call: Call) -> tuple[int | None, Json]:
    scope = _scope(emulator, call)
    for each in emulator.application.commands.get(scope, []):
        if each["id"] == call.params["command_id"]:
            return scope, each
    raise unknown("application command")


@routes("GET", GLOBAL + "/{command_id}")
@routes("GET", GUILD + "/{command_id}")
def get(emulator: "Emulator", call: Call) -> Answer:
    """Give one command."""
    return 200, _shown(_one(emulator, call)[1], localized=True)


@routes("DELETE", GLOBAL + "/{command_id}")
@routes("DELETE", GUILD + "/{command_id}")
def delete(emulator: "Emulator", call: Call) -> Answer:
    """Take a command away."""
    scope, one = _one(emulator, call)
    emulator.application.commands[scope].remove(one)
    return 204, None
