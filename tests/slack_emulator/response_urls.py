"""Answers by response_url (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses)."""

import time
from typing import Any

from aiohttp import web

from tests.slack_emulator.api.content import Content, announce, announce_change, by_app, checked_blocks
from tests.slack_emulator.calling import Asking, Method
from tests.slack_emulator.grants import ResponseUrl
from tests.slack_emulator.model import Json, Message
from tests.slack_emulator.payloads import message as message_json
from tests.slack_emulator.records import Call
from tests.slack_emulator.refusals import RefusedError
from tests.slack_emulator.world import World

_KNOWN = frozenset(
    (
        "text",
        "blocks",
        "attachments",
        "response_type",
        "replace_original",
        "delete_original",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
        "mrkdwn",
        "metadata",
    )
)


async def _nothing(asking: Asking) -> Json:
    return {}


RESPONDING = Method("response_url", _nothing, (), -1, {}, frozenset())


class Responses:
    """Answers at the response URLs."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, request: web.Request) -> web.Response:
        """Take an answer, while the URL is good."""
        key = "/".join(request.match_info[part] for part in ("team", "number", "secret"))
        try:
            body: Json = await request.json()
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        call = Call("response_url", body, "")
        self._world.records.calls.append(call)
        try:
            fault = self._world.faults.next("response_url")
            if fault is not None:
                call.status = int(fault.kind) if fault.kind.isdigit() else 500
                return web.Response(status=call.status, headers={"Retry-After": str(int(fault.seconds))})
            self._respond(self._grant(key), body)
            call.answer, call.status = {"ok": True}, 200
            return web.Response(text="ok")
        except RefusedError as refused:
            call.answer = refused.answer
            call.status = 404 if refused.code in ("used_url", "expired_url") else 400
            return web.json_response(refused.answer, status=call.status)
        finally:
            self._world.records.changed()

    def _grant(self, key: str) -> ResponseUrl:
        grant = self._world.grants.response_urls.get(key)
        settings = self._world.settings
        if grant is None or time.monotonic() - grant.at > settings.response_url_seconds:
            raise RefusedError("expired_url")
        if grant.uses >= settings.response_url_uses:
            raise RefusedError("used_url")
        grant.uses += 1
        return grant

    def _respond(self, grant: ResponseUrl, body: Json) -> None:
        if unknown := sorted(set(body) - _KNOWN):
            raise RefusedError("invalid_arguments", *(f"[ERROR] unknown argument: {one}" for one in unknown))
        if body.get("delete_original"):
            if grant.message is None:
                raise RefusedError("message_not_found")
            before = message_json(grant.message, self._world)
            self._world.delete(grant.message)
            if not grant.message.ephemeral_to:
                announce_change(self._world, grant.message, before, deleted=True)
            return
        respond(self._world, grant, body)


def respond(world: World, grant: ResponseUrl, body: Json) -> Message:
    """Show an answer: in place of what was interacted with, to the person, or to all in the channel."""
    asking = Asking(world, RESPONDING, body, "").of(world.installations[grant.team.id])
    in_channel = body.get("response_type") == "in_channel"
    blocks: list[Any] | None = body.get("blocks")
    if blocks is not None:
        blocks = checked_blocks(asking, blocks, "message" if in_channel else "ephemeral")
    given = Content(body.get("text"), blocks, body.get("attachments"), None)
    if not (given.text or given.blocks or given.attachments):
        raise RefusedError("no_text")
    if body.get("replace_original") and grant.message is not None and not grant.message.deleted:
        return _replaced(world, grant.message, given)
    message = by_app(asking, grant.channel, given, thread_ts=str(body.get("thread_ts") or ""))
    message.ephemeral_to = "" if in_channel else grant.person
    world.post(message)
    world.pinged_by(message)
    announce(world, message)
    return message


def _replaced(world: World, message: Message, given: Content) -> Message:
    before = message_json(message, world)
    message.text, message.blocks = given.text or "", given.blocks or []
    message.attachments = given.attachments or []
    world.reads_now(message)
    world.pinged_by(message)
    if not message.ephemeral_to:
        announce_change(world, message, before)
    return message
