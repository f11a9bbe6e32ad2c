"""A reply that only the asker sees: by the question's response URL, else `chat.postEphemeral`, else a direct message.

A response URL can be used five times within thirty minutes
(https://docs.slack.dev/interactivity/handling-user-interaction#message_responses). One that came with a click on a
message can replace that message; one that came with a command replaces nothing, and says everything anew
(https://github.com/slackapi/bolt-js/issues/2287). So a first answer is said once, when it is whole, and one that is
asked for again by its button takes the place of what was there, with a status before.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp

from adapters.arriving import Arriving
from adapters.slack.answer import Look, answer_messages, underway_messages
from adapters.slack.blocks import SlackMessage, image
from adapters.slack.calls import Calls
from adapters.slack.delivery import Delivery
from adapters.slack.direct import DirectMessages
from adapters.slack.forms import MALFORMED, Forms
from adapters.slack.lacking import Lacking
from adapters.slack.paces import Paces
from adapters.slack.refusals import SlackRefusedError, SlackUncertainError
from adapters.slack.uploads import Uploads
from core.errors import PlatformUnavailableError
from core.reply import Reply, Status, Text, gather

_log = logging.getLogger(__name__)

USES = 5
"""How often a response URL can be used."""
FOR_THE_END = 3
"""Uses that are kept for the final form, which may take several messages and tries."""


class EphemeralReply:
    """One reply that only the asker sees."""

    def __init__(
        self,
        calls: Calls,
        delivery: Delivery,
        direct: DirectMessages,
        look: Look,
        lacking: Lacking,
        uploads: Uploads,
        paces: Paces,
    ) -> None:
        self._calls = calls
        self._posting = calls.posting
        self._delivery = delivery
        self._direct = direct
        self._look = look
        self._forms = Forms(look, lacking, delivery.team)
        self._uploads = uploads
        self._paces = paces
        self._url = delivery.response_url
        self._name = hashlib.sha256(self._url.encode()).hexdigest()[:12]

    async def run(self, arriving: Arriving) -> str:
        """Show the whole reply; where that takes the place of another, a status and once what is said so far before.

        Answers the reply's id.
        """
        if self._replaces:
            await self._show_on_the_way(arriving)
        await arriving.until(_never)
        await self._finish(gather(arriving.parts))
        return f"{self._delivery.spot.channel}:ephemeral-{self._posting.key}"

    @property
    def _replaces(self) -> bool:
        """Whether the response URL replaces a message: it came with a click on one that another URL had posted."""
        return self._posting.posted.get("responded", self._name) != self._name

    async def _show_on_the_way(self, arriving: Arriving) -> None:
        if not await arriving.until(_says_something, within=self._paces.grace):
            await self._show_so_far(arriving)
        await arriving.until(_says_something)
        if not await arriving.until(_never, within=self._paces.a_while):
            await self._show_so_far(arriving)

    async def _show_so_far(self, arriving: Arriving) -> None:
        """What there is, while the response URL has uses to spare; nothing else is bothered with it."""
        if self._left <= FOR_THE_END:
            return
        text = "".join(part.text for part in arriving.parts if isinstance(part, Text))
        status = next((part for part in reversed(arriving.parts) if isinstance(part, Status)), None)
        try:
            await self._respond(underway_messages(text, status, self._forms.look)[0], replaces=True)
        except (SlackRefusedError, SlackUncertainError) as error:
            _log.info("The asker was not told what there is so far: %s", error)

    async def _finish(self, reply: Reply) -> None:
        if reply.pictures and await self._send_pictures(reply):
            texts = self._forms.look.texts
            said = f"{reply.text}\n\n{texts.pictures_direct}" if reply.text else texts.pictures_direct
            reply = reply.model_copy(update={"text": said, "pictures": ()})
        render = partial(answer_messages, reply)
        try:
            await self._forms.show(render, self._say)
        except SlackRefusedError as error:
            _log.info("The asker is told in a direct message: %s", error)
            await self._direct.show(render, self._look)

    async def _send_pictures(self, reply: Reply) -> bool:
        """Show the pictures in a direct message: a file that only one person sees in a channel does not exist."""
        files = await self._uploads.upload(reply.pictures)
        if not files:
            return False
        shown = {one.picture.sha256: one for one in reply.pictures if one.picture.sha256 in files}

        def render(look: Look) -> Sequence[SlackMessage]:
            blocks = [
                image(look.files[sha256], alt=one.picture.alt or one.caption or one.source, title=one.caption)
                for sha256, one in shown.items()
                if sha256 in look.files
            ]
            names = "\n".join(look.texts.picture_of.format(source=one.source) for one in shown.values())
            return (SlackMessage(names, tuple(blocks)),)

        try:
            return await self._direct.show(render, replace(self._look, files=files)) and len(files) == len(
                {one.picture.sha256 for one in reply.pictures}
            )
        except SlackRefusedError as error:
            _log.warning("The pictures were not sent: %s", error)
            return False

    async def _say(self, messages: Sequence[SlackMessage]) -> None:
        """Say it by the response URL; what there is no use left for, by `chat.postEphemeral`.

        What a worker that was killed had said already is not said again.
        """
        said = self._posting.posted.get(f"said {self._name}")
        for number in range(said if isinstance(said, int) else 0, len(messages)):
            try:
                await self._respond(messages[number], replaces=number == 0)
            except SlackRefusedError as error:
                if error.reason in MALFORMED:
                    raise
                _log.info("The response URL is of no use any more: %s", error)
                await self._post(messages[number])
            await self._posting.note(**{f"said {self._name}": number + 1})
        await self._posting.note(responded=self._name)

    @property
    def _thread(self) -> dict[str, str]:
        thread = self._delivery.spot.thread
        return {"thread_ts": thread} if thread else {}

    @property
    def _left(self) -> int:
        """Uses of the response URL that are left."""
        uses = self._posting.posted.get(f"uses {self._name}")
        return (USES - uses if isinstance(uses, int) else USES) if self._url else 0

    async def _respond(self, message: SlackMessage, *, replaces: bool) -> None:
        """Use the response URL, at most twice.

        Raises:
            SlackRefusedError: it can't be used (any more), or does not take the message.
            PlatformUnavailableError: Slack is away.
        """
        body = {
            "response_type": "ephemeral",
            "replace_original": replaces and self._replaces,
            "text": message.text,
            "blocks": list(message.blocks),
            **self._thread,
        }
        for attempt in (1, 2):
            if self._left <= 0:
                raise SlackRefusedError("response_url", {"error": "used_url"})
            await self._posting.note(**{f"uses {self._name}": USES - self._left + 1})
            try:
                await self._calls.send(partial(self._send, body))
            except SlackUncertainError:
                if attempt == 2:
                    raise
            else:
                return

    async def _send(self, body: Mapping[str, Any]) -> None:
        session = self._calls.client.session
        if session is None:
            raise SlackUncertainError("The connection to Slack is closed.")
        try:
            async with session.post(self._url, json=body, allow_redirects=False) as response:
                said = (await response.text())[:500]
                status = response.status
        except aiohttp.InvalidURL:
            status, said = 404, "invalid_url"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUncertainError(f"Slack did not answer (response_url: {type(error).__name__}).") from error
        if status == 429:
            raise PlatformUnavailableError("Slack asks for a pause (response_url).", hint="It is tried again then.")
        if status >= 500:
            raise SlackUncertainError(f"Slack is away (response_url: HTTP {status}).")
        if status != 200:
            reason = next((one for one in MALFORMED if one in said), "used_url")
            raise SlackRefusedError("response_url", {"error": reason})

    async def _post(self, message: SlackMessage) -> None:
        """Post a message that can't be edited or found any more; one that may stand there is not posted again."""
        try:
            await self._calls.change(
                "chat.postEphemeral",
                channel=self._delivery.spot.channel,
                user=self._delivery.user,
                text=message.text,
                blocks=list(message.blocks),
                **self._thread,
            )
        except SlackUncertainError as error:
            _log.warning("An answer that only its asker sees may not have come: %s", error)


def _says_something(arriving: Arriving) -> bool:
    return arriving.says_something


def _never(_arriving: Arriving) -> bool:
    return False
