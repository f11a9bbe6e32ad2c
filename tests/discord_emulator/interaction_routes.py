"""REST: the first response to an interaction, and what follows it by the interaction's token; webhooks likewise.

discord.com/developers/docs/interactions/receiving-and-responding, .../resources/webhook
"""

from typing import TYPE_CHECKING, Any

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json, inner, listed
from tests.discord_emulator.component_form import check_modal
from tests.discord_emulator.drafting import amendment, draft
from tests.discord_emulator.errors import DiscordError, Form, invalid_webhook_token, unknown
from tests.discord_emulator.interaction import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    RESPOND_WITHIN,
    TOKEN_LIVES,
    Choice,
    Interaction,
)
from tests.discord_emulator.model import COMPONENTS_V2, EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Message, Webhook
from tests.discord_emulator.records import Call
from tests.discord_emulator.rest import Answer, Routes
from tests.discord_emulator.writing import post, remove, revise

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

routes = Routes()
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ALLOWED = {
    COMMAND: (REPLY, DEFER, MODAL),
    COMPONENT: (REPLY, DEFER, DEFER_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (REPLY, DEFER, DEFER_UPDATE, UPDATE),
}
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_SETTABLE = EPHEMERAL | SUPPRESS_EMBEDS | COMPONENTS_V2 | 1 << 12
_DEFAULT_MENTIONS: Json = {"parse": ["users"]}


@routes("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
def respond(emulator: "Emulator", call: Call) -> Answer:
    """Take the first response: within 3 s, once, and of a kind that fits."""
    one = emulator.interactions.get(call.params["interaction_token"])
    if one is None or one.id != call.id("interaction_id"):
        raise unknown("interaction")
    if one.state not in ("waiting", "failed"):
        raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
    if one.state == "failed" or emulator.clock.now() - one.born > RESPOND_WITHIN:
        raise unknown("interaction")
    body: Json = call.json or {}
    kind, data = body.get("type"), inner(body, "data")
    form = Form()
    form.choice("type", kind, ALLOWED[one.kind])
    if kind in (DEFER_UPDATE, UPDATE) and one.message is None:
        form.wrong("type", "INTERACTION_APPLICATION_COMMAND_INVALID_RESPONSE", "There is no message to update")
    form.check()
    message = _first(emulator, one, int(kind or 0), data, call)
    one.acknowledged_after = emulator.clock.now() - one.born
    emulator.touch()
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return 204, None
    told: Json = {"id": str(one.id), "type": one.kind}
    answer: Json = {"interaction": told}
    if message is not None:
        told |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.thinking,
            "response_message_ephemeral": message.ephemeral,
        }
    if message is not None and kind in (REPLY, UPDATE):
        answer["resource"] = {"type": kind, "message": payloads.message(message, emulator.bot)}
    return 200, answer


def _first(emulator: "Emulator", one: Interaction, kind: int, data: Json, call: Call) -> Message | None:
    if kind == CHOICES:
        _choices(one, data)
    elif kind == MODAL:
        check_modal(data)
        one.state, one.modal = "modal", data
    elif kind == DEFER_UPDATE:
        one.state, one.response = "updated", one.message
    elif kind == UPDATE and one.message is not None:
        changes = amendment(emulator, one.message, data, call.files)
        revise(emulator, one.message, changes, data.get("allowed_mentions"))
        one.state, one.response = "updated", one.message
        return one.message
    elif kind == DEFER:
        ephemeral = bool((data.get("flags") or 0) & EPHEMERAL)
        one.deferred, one.state = True, "thinking"
        one.response = _write(emulator, one, {"flags": LOADING}, ephemeral, None)
        return one.response
    else:
        ephemeral = bool((data.get("flags") or 0) & EPHEMERAL)
        parts = draft(emulator, one.channel, data, call.files, ephemeral)
        one.response = _write(emulator, one, parts, ephemeral, data.get("allowed_mentions"))
        one.state = "answered"
        return one.response
    return None


def _choices(one: Interaction, data: Json) -> None:
    form = Form()
    given: list[Json] = listed(data, "choices")
    form.count("data.choices", len(given), 25)
    for number, each in enumerate(given):
        form.text(f"data.choices.{number}.name", each.get("name"), 100, 1, required=True)
        if isinstance(each.get("value"), str):
            form.text(f"data.choices.{number}.value", each["value"], 100)
    form.check()
    one.state, one.choices = "choices", [Choice(each["name"], each["value"]) for each in given]


def _write(
    emulator: "Emulator", one: Interaction, parts: dict[str, Any], ephemeral: bool, allowed: Json | None
) -> Message:
    """Write a message in answer to an interaction; the bot's rights in the channel do not matter."""
    message = Message(emulator.clock.snowflake(), one.channel, emulator.bot, **parts)
    message.flags = (message.flags & (_SETTABLE | LOADING)) | (EPHEMERAL if ephemeral else 0)
    message.kind = 20 if one.kind == COMMAND and one.data.get("type") == 1 else 23 if one.kind == COMMAND else 0
    message.application_id = message.webhook_id = emulator.application.id
    message.interaction = one
    message.ephemeral_for = one.user if ephemeral else None
    return post(emulator, message, allowed or _DEFAULT_MENTIONS)


def _by_token(emulator: "Emulator", call: Call) -> Interaction | Webhook:
    one = emulator.interactions.get(call.params["webhook_token"])
    if one is not None:
        if call.id("webhook_id") != emulator.application.id:
            raise unknown("Webhook")
        if emulator.clock.now() - one.born > TOKEN_LIVES:
            raise invalid_webhook_token()
        if one.state in ("waiting", "failed"):
            raise unknown("Webhook")
        return one
    if call.id("webhook_id") == emulator.application.id:
        raise invalid_webhook_token()
    webhook = emulator.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise unknown("Webhook")
    if webhook.token != call.params["webhook_token"]:
        raise invalid_webhook_token()
    return webhook


def _message(emulator: "Emulator", call: Call) -> Message:
    """Return the message that a call by token is about."""
    source = _by_token(emulator, call)
    named = call.params.get("message_id", "@original")
    if isinstance(source, Webhook):
        found = source.channel.messages.get(int(named)) if named.isdigit() else None
        if found is None or found.webhook_id != source.id:
            raise unknown("Message")
        return found
    if named == "@original":
        if source.response is None or source.response.deleted:
            raise unknown("Message")
        return source.response
    for each in (source.response, *source.followups):
        if each is not None and str(each.id) == named and not each.deleted:
            return each
    raise unknown("Message")


@routes("POST", WEBHOOK)
def follow_up(emulator: "Emulator", call: Call) -> Answer:
    """Write a further message; after a deferral the first one fills what was deferred."""
    source = _by_token(emulator, call)
    body: Json = call.json or {}
    if isinstance(source, Webhook):
        parts = draft(emulator, source.channel, body, call.files)
        message = Message(emulator.clock.snowflake(), source.channel, source.user, webhook_id=source.id, **parts)
        post(emulator, message, body.get("allowed_mentions"))
        return (200, payloads.message(message, emulator.bot)) if call.query.get("wait") else (204, None)
    if source.deferred and source.response is not None and source.response.thinking:
        if source.response.deleted:
            raise unknown("Message")
        _fill(emulator, source.response, body, call)
        return 200, payloads.message(source.response, emulator.bot)
    ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
    parts = draft(emulator, source.channel, body, call.files, ephemeral)
    message = _write(emulator, source, parts, ephemeral, body.get("allowed_mentions"))
    message.kind, message.reference = 19 if source.response else 0, source.response
    source.followups.append(message)
    if source.response is not None:
        where: Json = {"type": 0, "channel_id": str(source.channel.id), "message_id": str(source.response.id)}
        message.reference_json = where | ({"guild_id": str(source.guild.id)} if source.guild else {})
    emulator.touch()
    return 200, payloads.message(message, emulator.bot)


def _fill(emulator: "Emulator", message: Message, body: Json, call: Call) -> None:
    flags = (body.get("flags") or 0) & ~EPHEMERAL
    changes = amendment(emulator, message, {**body, "flags": flags or None}, call.files)
    changes["flags"] = changes["flags"] & ~LOADING
    revise(emulator, message, changes, body.get("allowed_mentions") or _DEFAULT_MENTIONS)
    if message.interaction is not None and message.interaction.state == "thinking":
        message.interaction.state = "answered"
    emulator.touch()


@routes("GET", WEBHOOK + "/messages/@original")
@routes("GET", WEBHOOK + "/messages/{message_id}")
def get(emulator: "Emulator", call: Call) -> Answer:
    """Give a message that was written by this token."""
    return 200, payloads.message(_message(emulator, call), emulator.bot)


@routes("PATCH", WEBHOOK + "/messages/@original")
@routes("PATCH", WEBHOOK + "/messages/{message_id}")
def edit(emulator: "Emulator", call: Call) -> Answer:
    """Edit a message that was written by this token; one that thinks is filled by it."""
    message = _message(emulator, call)
    _fill(emulator, message, call.json or {}, call)
    return 200, payloads.message(message, emulator.bot)


@routes("DELETE", WEBHOOK + "/messages/@original")
@routes("DELETE", WEBHOOK + "/messages/{message_id}")
def delete(emulator: "Emulator", call: Call) -> Answer:
    """Delete a message that was written by this token."""
    remove(emulator, [_message(emulator, call)])
    return 204, None
