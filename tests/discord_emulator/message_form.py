"""Holds a message that the bot writes to Discord's limits: content, embeds, attachments, mentions.

discord.com/developers/docs/resources/message#create-message, #embed-object-embed-limits
"""

from collections.abc import Iterable
from typing import Any

from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.component_form import check_components
from tests.discord_emulator.errors import DiscordError, Form, empty_message
from tests.discord_emulator.model import COMPONENTS_V2

EMBED_TEXTS = {"title": 256, "description": 4096, "footer.text": 2048, "author.name": 256}
MOST_EMBEDS, MOST_FIELDS, MOST_IN_EMBEDS, MOST_FILES, MOST_CONTENT = 10, 25, 6000, 10, 2000


def check_message(body: Json, files: int = 0) -> None:
    """Refuse a body that Discord would refuse; whether it is empty is `check_not_empty`'s."""
    form = Form()
    form.text("content", body.get("content"), MOST_CONTENT)
    _check_embeds(form, listed(body, "embeds"))
    _check_attachments(form, body.get("attachments"), files)
    _check_mentions(form, inner(body, "allowed_mentions"))
    nonce = body.get("nonce")
    if isinstance(nonce, str):
        form.text("nonce", nonce, 25)
    modern = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if modern and (body.get("content") or body.get("embeds")):
        message = "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        form.wrong("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    check_components(form, listed(body, "components"), modern)
    form.check()


def check_not_empty(content: str, embeds: Iterable[Any], attachments: Iterable[Any], components: Iterable[Any]) -> None:
    """Refuse a message that would show nothing."""
    if not content.strip() and not any((list(embeds), list(attachments), list(components))):
        raise empty_message()


def _check_embeds(form: Form, embeds: list[Json]) -> None:
    form.count("embeds", len(embeds), MOST_EMBEDS)
    total = 0
    for number, embed in enumerate(embeds):
        at = f"embeds.{number}"
        for path, longest in EMBED_TEXTS.items():
            value = _at(embed, path)
            form.text(f"{at}.{path}", value, longest)
            total += len(value) if isinstance(value, str) else 0
        fields: list[Json] = listed(embed, "fields")
        form.count(f"{at}.fields", len(fields), MOST_FIELDS)
        for index, one in enumerate(fields):
            form.text(f"{at}.fields.{index}.name", one.get("name"), 256, 1, required=True)
            form.text(f"{at}.fields.{index}.value", one.get("value"), 1024, 1, required=True)
            total += sum(len(each) for each in (one.get("name"), one.get("value")) if isinstance(each, str))
        for path in ("url", "image.url", "thumbnail.url", "author.url"):
            value = _at(embed, path)
            if value and not str(value).startswith(("http://", "https://", "attachment://")):
                form.wrong(
                    f"{at}.{path}", "URL_TYPE_INVALID_SCHEME", f'Scheme of "{value}" is not one of (http, https).'
                )
    if total > MOST_IN_EMBEDS:
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_IN_EMBEDS}")


def _at(embed: Json, path: str) -> str | None:
    value: Any = embed
    for key in path.split("."):
        value = value.get(key) if value else None
    return value


def _check_attachments(form: Form, attachments: list[Json] | None, files: int) -> None:
    form.count("attachments", max(len(attachments or []), files), MOST_FILES)
    for number, one in enumerate(attachments or []):
        if one.get("id") is None:
            form.wrong(f"attachments.{number}.id", "BASE_TYPE_REQUIRED", "This field is required")
        form.text(f"attachments.{number}.description", one.get("description"), 1024)
        form.text(f"attachments.{number}.filename", one.get("filename"), 1024, 1)


def _check_mentions(form: Form, allowed: Json) -> None:
    parse: list[str] = listed(allowed, "parse")
    for kind in ("users", "roles"):
        named: list[str] = allowed.get(kind) or []
        form.count(f"allowed_mentions.{kind}", len(named), 100)
        if kind in parse and named:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    for number, kind in enumerate(parse):
        form.choice(f"allowed_mentions.parse.{number}", kind, ("roles", "users", "everyone"))


def check_upload_sizes(sizes: Iterable[int], limit: int) -> None:
    """Refuse a request with a file above the limit (bytes)."""
    if any(size > limit for size in sizes):
        raise DiscordError(413, 40005, "Request entity too large")
