"""All that Lorelens learns of Slack, in one place for whoever posts there or receives from there."""

import logging
from dataclasses import dataclass

from adapters.incoming_pictures import urls_in, with_newest_pictures
from adapters.payloads import Payload, string
from adapters.slack import audience as audiences
from adapters.slack import events, history
from adapters.slack.api import API_URL, Clients, Installed
from adapters.slack.completing import Completing
from adapters.slack.events import TakesPart
from adapters.slack.file_objects import urls_of
from adapters.slack.files import Files
from adapters.slack.incoming import ts_of
from adapters.slack.membership import Membership
from adapters.slack.people import FRESH, Chosen, People
from adapters.understood import Understood
from core.errors import PlatformRefusedError, PlatformUnavailableError
from core.messages import Message
from core.platform import KeepPicture
from core.question import Question

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Intake:
    """The receiving half of the adapter; `membership` is to be told of every event (`heard`)."""

    clients: Clients
    files: Files
    membership: Membership

    @classmethod
    def of(
        cls, clients: Clients, *, api_url: str = API_URL, fresh: float = FRESH, chosen: Chosen | None = None
    ) -> "Intake":
        """With memories and connections of its own; `fresh` is for how many seconds people and channels are known,
        and `chosen` says which language somebody chose."""
        people = People(clients, fresh=fresh, chosen=chosen)
        return cls(clients, Files(api_url=api_url), Membership(clients, people, fresh=fresh))

    async def understand(self, event: Payload, installed: Installed, takes_part: TakesPart) -> Understood:
        """What an event means; see `events.understand`."""
        return await events.understand(event, installed, self.membership, takes_part)

    def heard(self, event: Payload, installed: Installed) -> None:
        """To be told of every event, so that what is known of people and channels follows."""
        self.membership.heard(installed, event)

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message with pictures and names, as `core.platform.PlatformAdapter.complete` says."""
        completing = await self._completing(question, keep, urls_in(question))
        return await completing.message(question.message, reread=bool(question.delivery.get("reread")))

    async def earlier(self, question: Question, keep: KeepPicture | None = None) -> list[Message]:
        """What was said before it in its thread, as `core.platform.PlatformAdapter.earlier` says.

        With `keep`, the pictures of the newest messages that have some are fetched too.
        """
        place = question.message.place
        ts = ts_of(question.message.id) or string(question.delivery.get("ts"))
        client = await self.clients.client(*_installation(question))
        found = await history.thread_before(ts, place, client)
        if not found:
            return []
        installed = await self.clients.installed(*_installation(question))
        messages = await history.as_messages(found, place, installed, self.membership)
        if keep is None:
            return messages
        urls = {file: url for message in found for file, url in urls_of(message).items()}
        completing = await self._completing(question, keep, urls)
        await with_newest_pictures(messages, completing.message)
        return messages

    async def audience(self, question: Question) -> tuple[str, ...]:
        """On what the answer may draw, as `adapters.slack.audience` says."""
        try:
            installed = await self.clients.installed(*_installation(question))
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.warning("An answer draws on less than it might: %s", error)
            installed = Installed(team=question.message.place.workspace, user="")
        return await audiences.audience(question, installed, self.membership)

    async def close(self) -> None:
        """Let go of connections and of what is being asked; the clients are closed by whoever made them."""
        await self.membership.close()
        await self.files.close()

    async def _completing(self, question: Question, keep: KeepPicture, urls: dict[str, str]) -> Completing:
        installed = await self.clients.installed(*_installation(question))
        client = await self.clients.client(*_installation(question))
        return Completing(client, installed, self.files, self.membership, keep, urls)


def _installation(question: Question) -> tuple[str, str]:
    """The team and the enterprise that the question came from."""
    team = string(question.delivery.get("team")) or question.message.place.workspace
    return team, string(question.delivery.get("enterprise"))
