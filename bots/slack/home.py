"""The App Home: how to use Lorelens, what it knows for whoever looks, their language, their recent answers.

A page is published when somebody looks at it, and at once when they choose a language. The language counts from then
on for all that they are told: at once in this process, and in others within a minute (`adapters.slack.people.FRESH`).
"""

import asyncio
import logging
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.lookups import Lookups
from adapters.payloads import first, mapping, string
from adapters.slack.api import SlackRefusedError, ask, change
from adapters.slack.home import ASK_HERE, AUTOMATIC, LANGUAGE, RECENT, Home, KnownSource, RecentAnswer, home_view
from adapters.slack.incoming import ts_of
from adapters.texts import LANGUAGES
from adapters.texts.help import Names
from bots.slack.asking import private_question
from bots.slack.desk import Desk
from bots.slack.dialogs import open_ask_dialog
from bots.slack.privately import telling
from bots.slack.whom import Whom, whom
from core.actions import recent as recents
from core.actions.sources import visible_sources
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.languages import ChosenLanguages
from core.messages import Place

STANDS = 10.0
"""Seconds for which a page that was published is not published anew, however often somebody looks."""
_MOST = 5000
_DAY = 86_400.0

_log = logging.getLogger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for somebody looking at their App Home, and for what they do there."""
    listening: Any = app
    pages = Pages(desk)

    async def opened(event: dict[str, Any], context: AsyncBoltContext) -> None:
        user = string(event.get("user"))
        if user and string(event.get("tab")) in {"", "home"}:
            desk.spawn(pages.show(user, context), "Showing the App Home")

    async def chosen(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        user = string(mapping(body.get("user")).get("id"))
        language = string(mapping(first(body.get("actions")).get("selected_option")).get("value"))
        if language in {AUTOMATIC, *(one.language for one in LANGUAGES)}:
            installed = await desk.installed(context)
            of_people = ChosenLanguages(desk.store)
            chosen = "" if language == AUTOMATIC else language
            await of_people.choose(desk.platform.platform, installed.team, user, chosen)
            desk.platform.membership.people.forget(installed, user)
            desk.spawn(pages.show(user, context, anew=True), "Showing the App Home", tell=telling(desk, body, context))
        await ack()

    async def asked(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def open_dialog() -> None:
            await open_ask_dialog(desk, await whom(desk, body, context), string(body.get("trigger_id")))

        await ack()
        desk.spawn(open_dialog(), "Opening a dialog", tell=telling(desk, body, context))

    listening.event("app_home_opened")(opened)
    listening.action(LANGUAGE)(chosen)
    listening.action(ASK_HERE)(asked)


class Pages:
    """The pages that one process published."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._published: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._permalinks = Lookups[tuple[str, str], str](seconds=_DAY, most=_MOST)

    async def show(self, user: str, context: AsyncBoltContext, *, anew: bool = False) -> None:
        """Publish a person's page, unless it was a moment ago; `anew` in any case.

        Raises:
            PlatformUnavailableError: Slack is away.
            StoreUnavailableError: Redis is away.
        """
        who = await whom(self._desk, {"user_id": user}, context)
        key, now = (who.installed.team, user), time.monotonic()
        if not anew and now < self._published.get(key, now - STANDS) + STANDS:
            return
        self._published[key] = now
        self._published.move_to_end(key)
        if len(self._published) > _MOST:
            self._published.popitem(last=False)
        try:
            await self._publish(who)
        except BaseException:
            self._published.pop(key, None)
            raise

    async def _publish(self, who: Whom) -> None:
        home = await self._home(who)
        client = await self._desk.platform.clients.client(who.installed.team, who.installed.enterprise)
        view = home_view(home, who.texts, Names())
        try:
            await change(client, "views.publish", user_id=who.user, view=view)
        except SlackRefusedError as error:
            _log.warning("The App Home can't be shown: %s", error)

    async def _home(self, who: Whom) -> Home:
        platform, desk = self._desk.platform, self._desk
        team = who.installed.team
        audience = await platform.audience(private_question(who, "home", ""))
        language = await ChosenLanguages(desk.store).of(platform.platform, team, who.user)
        answers = await recents.recent(desk.store, platform.platform, team, who.user, limit=RECENT)
        return Home(
            sources=tuple(
                KnownSource(
                    one.record.source,
                    one.documents,
                    one.pictures,
                    _day(one.record.read_at) if one.record.read_at else "",
                )
                for one in visible_sources(desk.application.ledger, audience)
            ),
            recent=tuple(await asyncio.gather(*(self._recent(who, one) for one in answers))),
            language=language or AUTOMATIC,
        )

    async def _recent(self, who: Whom, answer: recents.RecentAnswer) -> RecentAnswer:
        return RecentAnswer(
            question=answer.question or who.texts.thread_title,
            permalink=await self._permalink(who, answer),
            when=_day(answer.asked_at.timestamp()),
        )

    async def _permalink(self, who: Whom, answer: recents.RecentAnswer) -> str:
        """Where the question stands; empty where it is no message, or Slack does not say."""
        ts = ts_of(answer.message_id)
        if not ts:
            return ""
        channel = Place.named(answer.conversation).channel

        async def look() -> str:
            client = await self._desk.platform.clients.client(who.installed.team, who.installed.enterprise)
            return string((await ask(client, "chat.getPermalink", channel=channel, message_ts=ts)).get("permalink"))

        try:
            return await self._permalinks.get((who.installed.team, answer.message_id), look)
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Slack does not say where a message stands: %s", error)
            return ""


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
