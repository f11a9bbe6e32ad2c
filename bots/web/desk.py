"""What every route of the page and of the API works with."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from adapters.web.board import Board
from adapters.web.watching import Watching
from bots.background import Background, Tell
from core.application import Application
from core.conversations import Conversations
from core.mailbox import Mailbox

if TYPE_CHECKING:
    from adapters.web.adapter import WebAdapter


@dataclass(frozen=True)
class WebDesk:
    """The parts; the conversation store and the mailbox are open already."""

    application: Application
    store: Conversations
    mailbox: Mailbox
    platform: "WebAdapter"
    board: Board
    watching: Watching
    background: Background = field(default_factory=Background)

    @classmethod
    async def of(cls, application: Application, platform: "WebAdapter") -> "WebDesk":
        """The desk of one process."""
        store = await application.conversations()
        board = Board(store.redis, store.keys)
        return cls(application, store, Mailbox(store, platform.platform), platform, board, Watching(board))

    def spawn(self, work: Coroutine[Any, Any, object], what: str, *, tell: Tell | None = None) -> None:
        """Do it from now on; an error is logged under `what`."""
        self.background.spawn(work, what, tell=tell)


async def desk_of(request: Request) -> WebDesk:
    """The desk of the app that a request came to."""
    desk: WebDesk = request.app.state.desk
    return desk


Desk = Annotated[WebDesk, Depends(desk_of)]
"""A route's parameter."""
