"""What only one person is told: by the response URL of what they did, else ephemerally, else directly."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from pydantic import JsonValue
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.payloads import mapping, string
from adapters.slack.api import SlackRefusedError, change
from adapters.slack.blocks import SlackMessage, section
from adapters.slack.converting import escaped
from bots.background import Tell
from bots.posting_once import post_once
from bots.reasons import reason
from bots.slack.desk import Desk
from bots.slack.whom import Whom, whom
from core.messages import Place
from core.reply import ReplyPart

_log = logging.getLogger(__name__)


async def tell(desk: Desk, who: Whom, parts: Sequence[ReplyPart]) -> None:
    """Show the parts of a reply, its pictures too, as the outlet shows an answer that only its asker sees.

    Raises:
        PlatformUnavailableError: Slack is away.
        PlatformRefusedError: Slack lets the app tell them nothing at all.
    """
    private = bool(who.channel)
    channel = who.channel if private else await direct_channel(desk, who)
    posted: dict[str, JsonValue] = {
        "team": who.installed.team,
        "enterprise": who.installed.enterprise,
        "user": who.user,
        "locale": who.texts.language,
        "channel": channel,
        "response_url": who.response_url,
        "surface": "ephemeral" if private else "direct",
        "thread": who.thread,
    }
    place = Place(
        platform="slack",
        workspace=who.installed.team,
        channel=channel,
        thread=f"~{who.user}" if private else None,
    )
    await post_once(desk.platform, place, posted, parts)


async def say(desk: Desk, who: Whom, message: SlackMessage, *, replace: bool = False) -> None:
    """Show one message with blocks of its own; `replace` puts it where what was clicked stood.

    Raises:
        PlatformUnavailableError: Slack is away.
        PlatformRefusedError: Slack lets the app tell them nothing at all.
    """
    if who.response_url and await _responded(desk, who, message, replace=replace):
        return
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    body: dict[str, Any] = {"text": message.text, "blocks": list(message.blocks)}
    if who.channel:
        where = {"channel": who.channel} | ({"thread_ts": who.thread} if who.thread else {})
        try:
            await change(client, "chat.postEphemeral", user=who.user, **where, **body)
        except SlackRefusedError as error:
            _log.info("A person is told directly: %s", error)
        else:
            return
    await change(client, "chat.postMessage", channel=await direct_channel(desk, who), **body)


async def say_text(desk: Desk, who: Whom, text: str, *, replace: bool = False) -> None:
    """Show one sentence; raises as `say` does."""
    await say(desk, who, SlackMessage(escaped(text), (section(escaped(text)),)), replace=replace)


def telling(
    desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext, *, channel: str = "", response_url: str = ""
) -> Tell:
    """What gives an error to whoever sent a command or an interaction, for `Desk.spawn`."""

    async def told(error: Exception) -> None:
        who = await whom(desk, body, context, channel=channel, response_url=response_url)
        await say_text(desk, who, reason(error, who.texts))

    return told


async def direct_channel(desk: Desk, who: Whom) -> str:
    """The direct conversation with a person; opened if there is none.

    Raises:
        PlatformRefusedError: Slack lets the app open none.
    """
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    opened = await change(client, "conversations.open", users=who.user)
    return string(mapping(opened.get("channel")).get("id"))


async def _responded(desk: Desk, who: Whom, message: SlackMessage, *, replace: bool) -> bool:
    """Use the response URL; False where it is of no use any more."""
    client = await desk.platform.clients.client(who.installed.team, who.installed.enterprise)
    webhook = AsyncWebhookClient(who.response_url, session=client.session)
    try:
        response = await webhook.send_dict(
            {
                "response_type": "ephemeral",
                "replace_original": replace,
                "text": message.text,
                "blocks": list(message.blocks),
                **({"thread_ts": who.thread} if who.thread else {}),
            }
        )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        _log.info("A response URL could not be used: %s", type(error).__name__)
        return False
    if response.status_code != 200:
        _log.info("A response URL is of no use any more: HTTP %s", response.status_code)
    return response.status_code == 200
