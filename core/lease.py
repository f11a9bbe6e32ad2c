"""The hold on a turn: renewed while its worker lives, and never believed in for longer than Redis does."""

import asyncio
import time
from dataclasses import replace

from core.errors import LeaseLostError, StoreUnavailableError
from core.mailbox import Mailbox, Turn, TurnChangedError

RENEWALS = 4
"""How often a lease is renewed before it would run out."""
MARGIN = 0.4
"""The part of a lease that must be left when something is posted, so that the platform has it before anybody else may
take over."""


class Lease:
    """Holds one turn for its worker; `turn` is as it was last read."""

    def __init__(self, mailbox: Mailbox, turn: Turn) -> None:
        self._mailbox = mailbox
        self._until = turn.until
        self.turn = turn

    async def keep(self) -> None:
        """Renew until cancelled.

        Raises:
            LeaseLostError: another worker has the turn, or may have since Redis can't be asked.
            TurnChangedError: the turn is not any more what it was.
        """
        while True:
            await asyncio.sleep(self._mailbox.lease / RENEWALS)
            try:
                await self.renew()
            except StoreUnavailableError:
                if time.monotonic() >= self._until:
                    raise LeaseLostError("The lease ran out while Redis was away.") from None

    async def renew(self) -> None:
        """Renew now. Raises as `keep` does, and `StoreUnavailableError`."""
        asked = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._until - asked)):
                renewal = await self._mailbox.renew(self.turn)
        except TimeoutError:
            raise LeaseLostError("Redis did not renew the lease before it ran out.") from None
        self._until = asked + self._mailbox.lease
        stops = renewal.stopped and not self.turn.stopped
        if stops:
            self.turn = replace(self.turn, stopped=True)
        if renewal.changed or stops:
            raise TurnChangedError

    async def ready(self) -> float:
        """For how many seconds something may still be posted, if they are enough; raises as `renew` does."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise LeaseLostError("The lease ran out.")
        if left < MARGIN * self._mailbox.lease:
            await self.renew()
        return self._until - time.monotonic()

    async def read_again(self) -> None:
        """Read the turn as it is now; a reply that was made for what it was is dropped."""
        await self._mailbox.forget_reply(self.turn)
        self.turn = replace(await self._mailbox.read(self.turn), reply=(), taken_over=True)

    def let_go(self) -> None:
        """Whatever still runs for this turn may post nothing more."""
        self._until = 0.0
