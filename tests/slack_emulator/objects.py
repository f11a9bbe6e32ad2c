"""Composition objects of Block Kit, and the list of problems to which all checks add (docs.slack.dev)."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from tests.slack_emulator.parts import Json

_UNREACHABLE = re.compile(r"https?://(localhost|127\.|10\.|192\.168\.|\[::1\]|[^/:.]+(:\d+)?(/|$))", re.IGNORECASE)


class Problems:
    """What is wrong with blocks, in Slack's words, each with the JSON pointer of where."""

    def __init__(self, find_file: Callable[[str], bool], surface: str) -> None:
        self.found: list[str] = []
        self.find_file = find_file
        """Whether a Slack file (id or address) may be shown now."""
        self.surface = surface
        """ "message", "ephemeral", "modal" or "home"."""
        self.block_ids: set[str] = set()
        self.action_ids: set[tuple[str, str]] = set()

    def add(self, at: str, what: str) -> None:
        """Note a problem."""
        self.found.append(f"[ERROR] {what} [json-pointer:{at}]")

    def keys(self, value: Json, at: str, allowed: str, required: str = "") -> None:
        """All keys must be known, the required ones there."""
        known = set(allowed.split()) | set(required.split()) | {"type"}
        for key in value:
            if key not in known:
                self.add(at, f"additional property: {key}")
        for key in required.split():
            if value.get(key) is None:
                self.add(at, f"missing required field: {key}")

    def string(self, value: Any, at: str, longest: int, shortest: int = 1) -> None:
        """A string of bounded length."""
        if not isinstance(value, str):
            self.add(at, "must provide a string")
        elif len(value) < shortest:
            self.add(at, f"must be more than {shortest - 1} characters")
        elif len(value) > longest:
            self.add(at, f"must be less than {longest + 1} characters")

    def optional_string(self, value: Json, key: str, at: str, longest: int, shortest: int = 0) -> None:
        """A string of bounded length, if it is there at all."""
        if key in value:
            self.string(value[key], f"{at}/{key}", longest, shortest)

    def some(self, value: Any, at: str, most: int, least: int = 1) -> list[Any]:
        """A list of bounded length; what of it can be looked at."""
        if not isinstance(value, list):
            self.add(at, "must provide an array")
            return []
        items = cast(list[Any], value)
        if len(items) > most:
            self.add(at, f"no more than {most} items allowed [have: {len(items)}]")
        if len(items) < least:
            self.add(at, f"must have at least {least} items")
        return items

    def thing(self, value: Any, at: str) -> Json:
        """An object; empty if it is none."""
        if isinstance(value, dict):
            return value  # pyright: ignore[reportUnknownVariableType]
        self.add(at, "must provide an object")
        return {}

    def one_of(self, value: Any, at: str, allowed: Sequence[Any]) -> None:
        """One of a few values."""
        if value not in allowed:
            self.add(at, f"must be a valid enum value [allowed: {', '.join(map(str, allowed))}]")

    def boolean(self, value: Json, key: str, at: str) -> None:
        """True or false, if it is there at all."""
        if key in value and not isinstance(value[key], bool):
            self.add(f"{at}/{key}", "must provide a boolean")


def text(problems: Problems, value: Any, at: str, longest: int, *, mrkdwn: bool = False, shortest: int = 1) -> None:
    """A text object; plain_text unless mrkdwn may be used here."""
    one = problems.thing(value, at)
    if not one:
        return
    kind = one.get("type")
    problems.one_of(kind, f"{at}/type", ("plain_text", "mrkdwn") if mrkdwn else ("plain_text",))
    problems.keys(one, at, "emoji" if kind == "plain_text" else "verbatim", "text")
    problems.boolean(one, "emoji", at)
    problems.boolean(one, "verbatim", at)
    if "text" in one:
        problems.string(one["text"], f"{at}/text", longest, shortest)


def confirm(problems: Problems, value: Any, at: str) -> None:
    """A confirmation dialog."""
    one = problems.thing(value, at)
    problems.keys(one, at, "style", "title text confirm deny")
    text(problems, one.get("title"), f"{at}/title", 100)
    text(problems, one.get("text"), f"{at}/text", 300, mrkdwn=True)
    text(problems, one.get("confirm"), f"{at}/confirm", 30)
    text(problems, one.get("deny"), f"{at}/deny", 30)


def option(problems: Problems, value: Any, at: str, *, mrkdwn: bool = False) -> None:
    """An option of a menu, of radio buttons or checkboxes."""
    one = problems.thing(value, at)
    problems.keys(one, at, "description url", "text value")
    text(problems, one.get("text"), f"{at}/text", 75, mrkdwn=mrkdwn)
    problems.string(one.get("value"), f"{at}/value", 150)
    if "description" in one:
        text(problems, one["description"], f"{at}/description", 75, mrkdwn=mrkdwn)
    problems.optional_string(one, "url", at, 3000)


def options(problems: Problems, element: Json, at: str, most: int) -> None:
    """`options` or `option_groups`, one of the two, and initial options that are among them."""
    markdown = element.get("type") in ("radio_buttons", "checkboxes")
    if ("options" in element) == ("option_groups" in element):
        problems.add(at, "must provide exactly one of options and option_groups")
    for index, one in enumerate(problems.some(element.get("options", [{}]), f"{at}/options", most)):
        if "options" in element:
            option(problems, one, f"{at}/options/{index}", mrkdwn=markdown)
    for index, group in enumerate(element.get("option_groups", [])):
        text(problems, group.get("label"), f"{at}/option_groups/{index}/label", 75)
        for number, one in enumerate(problems.some(group.get("options"), f"{at}/option_groups/{index}/options", most)):
            option(problems, one, f"{at}/option_groups/{index}/options/{number}")
    _initial(problems, element, at)


def _initial(problems: Problems, element: Json, at: str) -> None:
    offered = [*element.get("options", [])]
    offered += [one for group in element.get("option_groups", []) for one in group.get("options", [])]
    chosen = [*element.get("initial_options", [])] + (
        [element["initial_option"]] if "initial_option" in element else []
    )
    if any(one not in offered for one in chosen):
        problems.add(at, "initial option must exactly match one of the options")


def picture(problems: Problems, value: Json, at: str) -> None:
    """`alt_text`, and `image_url` or `slack_file`."""
    problems.string(value.get("alt_text"), f"{at}/alt_text", 2000, shortest=0)
    if ("image_url" in value) == ("slack_file" in value):
        problems.add(at, "must provide exactly one of image_url and slack_file")
    if "image_url" in value:
        problems.string(value["image_url"], f"{at}/image_url", 3000)
        if not str(value["image_url"]).startswith(("http://", "https://")):
            problems.add(f"{at}/image_url", "invalid url")
        elif _UNREACHABLE.match(str(value["image_url"])):
            problems.add(f"{at}/image_url", "downloading image failed")  # Slack fetches it, and sees no inner network
    if "slack_file" in value:
        one = problems.thing(value["slack_file"], f"{at}/slack_file")
        problems.keys(one, f"{at}/slack_file", "id url")
        if not problems.find_file(str(one.get("id") or one.get("url"))):
            problems.add(f"{at}/slack_file", "invalid slack file")
