"""What Lorelens is doing, said below a thread by Slack itself: assistant.threads.setStatus.

https://docs.slack.dev/reference/methods/assistant.threads.setStatus: Slack clears it with the app's next message there,
or after two minutes.
"""

import logging

from adapters.slack.calls import Calls
from adapters.slack.delivery import Delivery
from adapters.slack.lacking import Lacking
from adapters.slack.refusals import SlackRefusedError
from core.errors import LeaseLostError, PlatformUnavailableError

_log = logging.getLogger(__name__)


class ThreadStatus:
    """The status of one reply's thread."""

    def __init__(self, calls: Calls, delivery: Delivery, lacking: Lacking) -> None:
        self._calls = calls
        self._delivery = delivery
        self._lacking = lacking
        self._where = f"{delivery.team}/{delivery.surface}"
        self._said = ""

    @property
    def is_offered(self) -> bool:
        """Whether there is a thread, and it takes a status as far as is known."""
        return bool(self._delivery.spot.thread) and self._lacking.has(self._where, "status")

    async def say(self, text: str) -> bool:
        """Let the status read so; False if that can't be."""
        if not self.is_offered:
            return False
        if text == self._said:
            return True
        try:
            await self._calls.change(
                "assistant.threads.setStatus",
                channel_id=self._delivery.spot.channel,
                thread_ts=self._delivery.spot.thread,
                status=text,
                **({"loading_messages": [text]} if text else {}),
            )
        except LeaseLostError:
            raise
        except SlackRefusedError as error:
            _log.info("No status: %s", error)
            self._lacking.note(self._where, "status")
            return False
        except PlatformUnavailableError as error:
            _log.info("No status: %s", error)
            return False
        self._said = text
        return True

    async def clear(self) -> None:
        """Take the status away, where no message has done so."""
        if self._said:
            await self.say("")
