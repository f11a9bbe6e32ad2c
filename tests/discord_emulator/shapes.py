"""Refuses bodies whose parts have the wrong type, before any rule looks into them; worded as Discord words it."""

from typing import Any

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.errors import DiscordError, Form
from tests.discord_emulator.records import Call

_OBJECTS = frozenset(
    [
        "allowed_mentions",
        "message_reference",
        "message",
        "component",
        "accessory",
        "media",
        "file",
        "footer",
        "author",
        "image",
        "thumbnail",
        "emoji",
        "name_localizations",
        "description_localizations",
    ]
)
_LISTS = frozenset(
    [
        "embeds",
        "components",
        "attachments",
        "fields",
        "options",
        "choices",
        "items",
        "parse",
        "users",
        "roles",
        "messages",
    ]
)
_NUMBERS = frozenset(
    ["flags", "min_values", "max_values", "min_length", "max_length", "type", "style", "auto_archive_duration"]
)
_IDS = frozenset(["message_id", "recipient_id", "channel_id", "guild_id"])
_TEXTS = frozenset(["name", "content", "title", "description", "label", "custom_id", "placeholder", "filename"])
_OF_IDS = frozenset(["users", "roles", "messages"])
_REQUIRED = {
    "POST /users/@me/channels": "recipient_id",
    "POST /channels/{channel_id}/messages/bulk-delete": "messages",
    "POST /channels/{channel_id}/messages/{message_id}/threads": "name",
    "POST /interactions/{interaction_id}/{interaction_token}/callback": "type",
}


def check_shape(call: Call) -> None:
    """Refuse a body that is no object (no list, for all commands at once), or with parts of a wrong type."""
    if call.method in ("GET", "DELETE"):
        return
    form = Form()
    if call.method == "PUT" and call.route.endswith("/commands"):
        _list(form, "_", call.json, of_ids=False) if call.json is not None else None
    else:
        body: Any = {} if call.json is None else call.json
        _object(form, "_", body)
        needed = _REQUIRED.get(call.key)
        if needed and isinstance(body, dict) and body.get(needed) is None:  # pyright: ignore[reportUnknownMemberType]
            form.wrong(needed, "BASE_TYPE_REQUIRED", "This field is required")
    if form.errors:
        errors: Json = form.errors.pop("_", {}) | form.errors
        raise DiscordError(400, 50035, "Invalid Form Body", errors)


def _object(form: Form, at: str, value: Any) -> None:
    if not isinstance(value, dict):
        form.wrong(at, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return
    told: Json = value  # pyright: ignore[reportUnknownVariableType]
    for key, part in told.items():
        _part(form, f"{at}.{key}", key, part)
    if at.endswith("message_reference") and told and told.get("message_id") is None:
        form.wrong(f"{at}.message_id", "BASE_TYPE_REQUIRED", "This field is required")


def _part(form: Form, at: str, key: str, part: Any) -> None:
    if part is None:
        return
    if key in _OBJECTS or (key == "data" and not isinstance(part, str)):
        _object(form, at, part)
    elif key in _LISTS:
        _list(form, at, part, of_ids=key in _OF_IDS, of_texts=key == "parse")
    elif key in _NUMBERS and (not isinstance(part, int) or isinstance(part, bool)):
        form.wrong(at, "NUMBER_TYPE_COERCE", f'Value "{part}" is not int.')
    elif key in _IDS and not str(part).isdigit():
        form.wrong(at, "NUMBER_TYPE_COERCE", f'Value "{part}" is not snowflake.')
    elif (key in _TEXTS and not isinstance(part, str)) or (key == "nonce" and not isinstance(part, str | int)):
        form.wrong(at, "STRING_TYPE_CONVERT", f'Could not interpret "{part}" as string.')


def _list(form: Form, at: str, value: Any, of_ids: bool, of_texts: bool = False) -> None:
    if not isinstance(value, list):
        form.wrong(at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    told: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    for number, each in enumerate(told):
        if of_texts:
            continue
        if not of_ids:
            _object(form, f"{at}.{number}", each)
        elif not str(each).isdigit():
            form.wrong(f"{at}.{number}", "NUMBER_TYPE_COERCE", f'Value "{each}" is not snowflake.')
