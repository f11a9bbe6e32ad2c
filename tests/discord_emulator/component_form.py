"""Holds components and modals to Discord's limits.

discord.com/developers/docs/components/reference
"""

from collections.abc import Iterator

from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.errors import Form
from tests.discord_emulator.model import walk

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = range(1, 9)
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR = range(9, 15)
CONTAINER, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 17, 18, 19, 21, 22, 23
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
MODERN = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER)
LINK, PREMIUM = 5, 6
IN_LABELS = (*SELECTS, TEXT_INPUT, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX)


def placed(components: list[Json], at: str = "components") -> Iterator[tuple[str, Json]]:
    """Yield every component with its path in the body."""
    for number, one in enumerate(components):
        yield f"{at}.{number}", one
        yield from placed(listed(one, "components"), f"{at}.{number}.components")
        for key in ("accessory", "component"):
            if one.get(key):
                yield f"{at}.{number}.{key}", one[key]


def check_components(form: Form, components: list[Json], modern: bool) -> None:
    """Note what is wrong with a message's components; `modern` says that it has flag IS_COMPONENTS_V2."""
    if modern:
        form.count("components", sum(1 for _ in walk(components)), 40)
        told = sum(len(one.get("content") or "") for one in walk(components) if one.get("type") == TEXT_DISPLAY)
        if told > 4000:
            form.wrong("components", "COMPONENT_MAX_TOTAL_TEXT", "Must be 4000 or fewer in total length.")
    else:
        form.count("components", len(components), 5)
    for number, one in enumerate(components):
        form.choice(f"components.{number}.type", one.get("type"), MODERN if modern else (ROW,))
    seen: set[str] = set()
    for at, one in placed(components):
        _check_one(form, at, one, seen)


def _check_one(form: Form, at: str, one: Json, seen: set[str]) -> None:
    kind = one.get("type")
    custom_id = one.get("custom_id")
    if custom_id is not None:
        form.text(f"{at}.custom_id", custom_id, 100, 1)
        if custom_id in seen:
            form.wrong(f"{at}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        seen.add(custom_id)
    if kind == ROW:
        _check_row(form, at, listed(one, "components"))
    elif kind == BUTTON:
        _check_button(form, at, one)
    elif kind in SELECTS:
        _check_select(form, at, one)
    elif kind == TEXT_INPUT:
        _check_text_input(form, at, one)
    elif kind == TEXT_DISPLAY:
        form.text(f"{at}.content", one.get("content"), 4000, 1, required=True)


def _check_row(form: Form, at: str, within: list[Json]) -> None:
    form.count(f"{at}.components", len(within), 5, 1)
    if any(one.get("type") != BUTTON for one in within) and len(within) > 1:
        form.wrong(
            f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )


def _check_button(form: Form, at: str, one: Json) -> None:
    form.text(f"{at}.label", one.get("label"), 80)
    style = one.get("style")
    form.choice(f"{at}.style", style, (1, 2, 3, 4, 5, 6))
    if style == LINK:
        form.text(f"{at}.url", one.get("url"), 512, 1, required=True)
        if one.get("custom_id"):
            form.wrong(
                f"{at}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified"
            )
    elif style != PREMIUM:
        form.text(f"{at}.custom_id", one.get("custom_id"), 100, 1, required=True)
        if one.get("url"):
            form.wrong(f"{at}.url", "BUTTON_COMPONENT_URL", "Only link buttons may have a url")
    if style != PREMIUM and not one.get("label") and not one.get("emoji"):
        form.wrong(f"{at}.label", "BUTTON_COMPONENT_INVALID_EMPTY", "A button must have a label or an emoji")


def _check_select(form: Form, at: str, one: Json) -> None:
    form.text(f"{at}.custom_id", one.get("custom_id"), 100, 1, required=True)
    form.text(f"{at}.placeholder", one.get("placeholder"), 150)
    least, most = one.get("min_values", 1), one.get("max_values", 1)
    if not 0 <= least <= 25 or not 1 <= most <= 25 or least > most:
        form.wrong(
            f"{at}.min_values", "NUMBER_TYPE_MAX", "min_values and max_values must be between 0 and 25, in order"
        )
    if one.get("type") != STRING_SELECT:
        return
    options: list[Json] = listed(one, "options")
    form.count(f"{at}.options", len(options), 25, 1)
    values = [option.get("value") for option in options]
    for index, option in enumerate(options):
        form.text(f"{at}.options.{index}.label", option.get("label"), 100, 1, required=True)
        form.text(f"{at}.options.{index}.value", option.get("value"), 100, 1, required=True)
        form.text(f"{at}.options.{index}.description", option.get("description"), 100)
        if values.index(option.get("value")) != index:
            message = "The specified option value is already used"
            form.wrong(f"{at}.options.{index}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)


def _check_text_input(form: Form, at: str, one: Json) -> None:
    form.text(f"{at}.custom_id", one.get("custom_id"), 100, 1, required=True)
    form.text(f"{at}.label", one.get("label"), 45)
    form.text(f"{at}.placeholder", one.get("placeholder"), 100)
    form.text(f"{at}.value", one.get("value"), 4000)
    form.choice(f"{at}.style", one.get("style"), (1, 2))
    least, most = one.get("min_length") or 0, one.get("max_length") or 4000
    if not 0 <= least <= 4000 or not 1 <= most <= 4000 or least > most:
        form.wrong(
            f"{at}.min_length", "NUMBER_TYPE_MAX", "min_length and max_length must be between 0 and 4000, in order"
        )


def check_modal(body: Json) -> None:
    """Refuse a modal that Discord would refuse."""
    form = Form()
    form.text("data.title", body.get("title"), 45, 1, required=True)
    form.text("data.custom_id", body.get("custom_id"), 100, 1, required=True)
    components: list[Json] = listed(body, "components")
    form.count("data.components", len(components), 5, 1)
    seen: set[str] = set()
    for number, one in enumerate(components):
        at = f"data.components.{number}"
        form.choice(f"{at}.type", one.get("type"), (ROW, LABEL, TEXT_DISPLAY))
        if one.get("type") == LABEL:
            form.text(f"{at}.label", one.get("label"), 45, 1, required=True)
            form.text(f"{at}.description", one.get("description"), 100)
            form.choice(f"{at}.component.type", inner(one, "component").get("type"), IN_LABELS)
        elif one.get("type") == ROW:
            for index, within in enumerate(listed(one, "components")):
                form.choice(f"{at}.components.{index}.type", within.get("type"), (TEXT_INPUT,))
                form.text(f"{at}.components.{index}.label", within.get("label"), 45, 1, required=True)
    for at, one in placed(components, "data.components"):
        _check_one(form, at, one, seen)
    form.check()
