"""Whoever clicked, ran a command or sent a dialog: who it is, in which language, and where they can be answered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import mapping, string
from adapters.slack.api import Installed
from adapters.texts import CHINESE, ENGLISH, Texts, texts_for
from bots.slack.desk import Desk
from core.messages import Author


@dataclass(frozen=True)
class Whom:
    """A person who did something in Slack; `installed` is the app in the workspace that received it.

    `channel` is where they did it and `response_url` what Slack gave for an answer to it; each is empty where there is
    none (a global shortcut, the App Home). `thread` is that of the message that they clicked, and they are told
    of it there.
    """

    installed: Installed
    user: str
    name: str = ""
    locale: str = ""
    channel: str = ""
    response_url: str = ""
    thread: str = ""
    texts: Texts = ENGLISH

    @property
    def chinese(self) -> bool:
        """Whether they are answered in Chinese."""
        return self.texts is CHINESE

    @property
    def author(self) -> Author:
        """As whoever wrote a message."""
        return Author(id=self.user, name=self.name, locale=self.locale)

    def reading(self, texts: Texts) -> "Whom":
        """The same person, answered in another language: they wrote a command in it, or were shown a dialog in it."""
        return replace(self, texts=texts)


async def whom(
    desk: Desk, body: Mapping[str, Any], context: AsyncBoltContext, *, channel: str = "", response_url: str = ""
) -> Whom:
    """Who sent a command or an interaction; what Slack does not say quickly of them stays empty.

    `channel` and `response_url` are known from elsewhere where the payload has none, as with dialogs.
    """
    installed = await desk.installed(context)
    user = string(mapping(body.get("user")).get("id")) or string(body.get("user_id"))
    person = await desk.platform.membership.person(installed, user) if user else None
    locale = person.locale if person else ""
    return Whom(
        installed=installed,
        user=user,
        name=person.name if person else "",
        locale=locale,
        channel=channel or _channel(body),
        response_url=response_url or string(body.get("response_url")),
        thread=thread_of_click(body),
        texts=texts_for(locale, string(body.get("text"))),
    )


def thread_of_click(body: Mapping[str, Any]) -> str:
    """The thread of the message that was clicked, if it is in one; empty for all but clicks."""
    if body.get("type") != "block_actions":
        return ""
    return string(mapping(body.get("container")).get("thread_ts")) or string(
        mapping(body.get("message")).get("thread_ts")
    )


def _channel(body: Mapping[str, Any]) -> str:
    return (
        string(body.get("channel_id"))
        or string(mapping(body.get("channel")).get("id"))
        or string(mapping(body.get("container")).get("channel_id"))
    )
