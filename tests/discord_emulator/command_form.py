"""Holds application commands to Discord's rules for names, descriptions, options and localizations.

discord.com/developers/docs/interactions/application-commands
"""

import re

from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.errors import Form

LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
NAME = re.compile(r"^[-_'\w\u0900-\u097F\u0E00-\u0E7F]{1,32}$")
CHAT, OF_USER, OF_MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = range(1, 12)
MOST = {CHAT: 100, OF_USER: 15, OF_MESSAGE: 15}
"""How many of each kind, globally and per guild."""


def check_commands(commands: list[Json]) -> None:
    """Refuse a set of commands that Discord would refuse."""
    form = Form()
    seen: set[tuple[int, str]] = set()
    for number, one in enumerate(commands):
        kind = one.get("type") or CHAT
        form.choice(f"{number}.type", kind, (CHAT, OF_USER, OF_MESSAGE, 4))
        _check_name(form, f"{number}", one, strict=kind == CHAT)
        if (kind, one.get("name", "")) in seen:
            form.wrong(
                f"{number}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add((kind, one.get("name", "")))
        if kind == CHAT:
            _check_description(form, f"{number}", one)
            _check_options(form, f"{number}", listed(one, "options"), 0)
            if not form.errors:
                _check_size(form, f"{number}", one)
        else:
            if one.get("description"):
                message = "Context menu commands cannot have description"
                form.wrong(
                    f"{number}.description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET", message
                )
            if one.get("options"):
                message = "Context menu commands cannot have options"
                form.wrong(f"{number}.options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_CANNOT_BE_SET", message)
        for key, of in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
            for value in listed(one, key):
                form.choice(f"{number}.{key}", value, of)
    for kind, most in MOST.items():
        if sum(1 for one in commands if (one.get("type") or CHAT) == kind) > most:
            form.wrong("_", "APPLICATION_COMMAND_TOO_MANY", f"Maximum number of application commands reached ({most})")
    form.check()


def _check_name(form: Form, at: str, one: Json, strict: bool) -> None:
    names = {"name": one.get("name")}
    for locale, text in inner(one, "name_localizations").items():
        form.choice(f"{at}.name_localizations.{locale}", locale, tuple(LOCALES))
        names[f"name_localizations.{locale}"] = text
    for path, name in names.items():
        form.text(f"{at}.{path}", name, 32, 1, required=True)
        if strict and isinstance(name, str) and (not NAME.match(name) or name != name.lower()):
            message = r"String value did not match validation regex."
            form.wrong(f"{at}.{path}", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
            form.wrong(f"{at}.{path}", "STRING_TYPE_REGEX", message)


def _check_description(form: Form, at: str, one: Json) -> None:
    form.text(f"{at}.description", one.get("description"), 100, 1, required=True)
    for locale, text in inner(one, "description_localizations").items():
        form.choice(f"{at}.description_localizations.{locale}", locale, tuple(LOCALES))
        form.text(f"{at}.description_localizations.{locale}", text, 100, 1)


def _check_options(form: Form, at: str, options: list[Json], depth: int) -> None:
    form.count(f"{at}.options", len(options), 25)
    optional = False
    seen: set[str] = set()
    for index, one in enumerate(options):
        here = f"{at}.options.{index}"
        kind = one.get("type")
        form.choice(f"{here}.type", kind, tuple(range(1, 12)))
        _check_name(form, here, one, strict=True)
        _check_description(form, here, one)
        if one.get("name", "") in seen:
            form.wrong(f"{here}.name", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
        seen.add(one.get("name", ""))
        if kind in (SUBCOMMAND, GROUP):
            if depth > 1 or (depth == 1 and kind == GROUP):
                form.wrong(
                    f"{here}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands cannot be nested so"
                )
            _check_options(form, here, listed(one, "options"), depth + 1)
            continue
        if one.get("required") and optional:
            message = "Required options must be placed before non-required options"
            form.wrong(f"{here}", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional = optional or not one.get("required")
        _check_choices(form, here, one)


def _check_choices(form: Form, here: str, one: Json) -> None:
    choices: list[Json] = listed(one, "choices")
    form.count(f"{here}.choices", len(choices), 25)
    for number, choice in enumerate(choices):
        form.text(f"{here}.choices.{number}.name", choice.get("name"), 100, 1, required=True)
        if one.get("type") == STRING:
            form.text(f"{here}.choices.{number}.value", choice.get("value"), 100, required=True)
    if one.get("autocomplete"):
        if choices:
            message = "Autocomplete cannot be used with choices"
            form.wrong(f"{here}.autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", message)
        form.choice(f"{here}.type", one.get("type"), (STRING, INTEGER, NUMBER))


def _check_size(form: Form, at: str, one: Json) -> None:
    """The texts of a command, with its options and choices, have 8,000 characters at most (longest localization)."""

    def texts(part: Json) -> int:
        named = max(map(len, [part.get("name") or "", *inner(part, "name_localizations").values()]))
        told = max(map(len, [part.get("description") or "", *inner(part, "description_localizations").values()]))
        value = part.get("value")
        own = named + told + (len(value) if isinstance(value, str) else 0)
        return own + sum(map(texts, [*listed(part, "options"), *listed(part, "choices")]))

    if texts(one) > 8000:
        form.wrong(at, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
