"""What an interaction brings along: options of commands, the message of a menu, and what was filled into a form.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-interaction-data
"""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.discord.heard import Heard, Upload
from adapters.payloads import Payload, first, listing, mapping, mappings, string
from bots.discord.acknowledging import Interaction


def data_of(interaction: Interaction) -> Payload:
    """The interaction's data as Discord sent it."""
    return mapping(interaction.data)


def option(interaction: Interaction, name: str) -> Any:
    """The value of a command's option; None where it was left out."""
    found = [one for one in mappings(data_of(interaction).get("options")) if one.get("name") == name]
    return first(found).get("value")


def text_option(interaction: Interaction, name: str) -> str:
    """An option that is text."""
    return string(option(interaction, name)).strip()


def uploaded(interaction: Interaction, name: str) -> tuple[Upload, ...]:
    """The file of an option, if one was given."""
    files = mapping(mapping(data_of(interaction).get("resolved")).get("attachments"))
    found = mapping(files.get(str(option(interaction, name) or "")))
    return Heard.of({"attachments": [found]}).uploads if found else ()


def focused(interaction: Interaction) -> str:
    """What was typed so far into the option that completes itself."""
    found = [one for one in mappings(data_of(interaction).get("options")) if one.get("focused")]
    return str(first(found).get("value") or "")


def target(interaction: Interaction) -> Payload:
    """The message in whose menu a command was chosen."""
    data = data_of(interaction)
    messages = mapping(mapping(data.get("resolved")).get("messages"))
    return mapping(messages.get(str(data.get("target_id") or "")))


def filled(interaction: Interaction) -> Mapping[str, str]:
    """What was filled into a form, by the ids of its fields; of a choice, the value that was chosen."""
    return dict(_fields(mappings(data_of(interaction).get("components"))))


def _fields(components: list[Payload]) -> Iterator[tuple[str, str]]:
    for one in components:
        held = [mapping(one.get("component"))] if one.get("component") else mappings(one.get("components"))
        yield from _fields(held)
        if name := string(one.get("custom_id")):
            chosen = [string(value) for value in listing(one.get("values"))]
            yield name, string(one.get("value")).strip() or next(iter(chosen), "")
