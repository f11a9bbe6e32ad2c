"""What Slack and people are told when something could not be taken."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.payloads import mapping, string
from adapters.texts import Texts, texts_for
from bots.background import log_failure
from bots.reasons import reason
from bots.slack.desk import Desk
from core.errors import PlatformRefusedError

Failed = Callable[..., Awaitable[BoltResponse]]
TITLE = "Lorelens"


def failed(desk: Desk) -> Failed:
    """Bolt's global error handler.

    An event is answered 503, so that Slack sends it again, or 200 where that would change nothing. Whoever clicked,
    typed a command or sent a form is told why nothing came of it: those are not sent again.
    """

    async def handle(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        what = string(body.get("type")) or ("command" if body.get("command") else "request")
        log_failure(f"Taking in a {what}", error)
        if body.get("event"):
            return BoltResponse(status=200 if isinstance(error, PlatformRefusedError) else 503, body="")
        text = reason(error, await _texts(desk, body, context))
        if body.get("command"):
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
        if what == "view_submission":
            return BoltResponse(status=200, body={"response_action": "update", "view": _view(text)})
        url = _response_url(body)
        if not url:
            return BoltResponse(status=503, body="")  # Slack itself shows that it did not work
        desk.spawn(_respond(context, text), "Telling a person why")
        return BoltResponse(status=200, body="")

    return handle


async def _texts(desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext) -> Texts:
    """In the person's language if Slack says it quickly."""
    user = string(mapping(body.get("user")).get("id")) or string(body.get("user_id"))
    try:
        installed = await desk.installed(context)
        person = await desk.platform.membership.person(installed, user) if user else None
    except Exception as error:  # noqa: BLE001 - the reason for the first error matters, not its language
        log_failure("Learning a person's language", error)
        person = None
    return texts_for(person.locale if person else "", string(body.get("text")))


def _response_url(body: Mapping[str, Any]) -> str:
    return string(body.get("response_url"))


async def _respond(context: AsyncBoltContext, text: str) -> None:
    respond: Any = context.respond
    await respond(text=text, response_type="ephemeral", replace_original=False)


def _view(text: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": TITLE},
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": text[:3000]}}],
    }
