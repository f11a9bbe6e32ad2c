"""How Lorelens stands, for anybody who asks: what it knows for them, how much waits, what answers. Nothing private."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from core.actions.excerpts import plain
from core.actions.sources import visible_sources
from core.actions.words import words_in
from core.conversations import Conversations
from core.knowledge.ledger import Ledger
from core.mailbox import mailboxes
from core.reply import Finished, ReplyPart, Text


async def status(
    ledger: Ledger, store: Conversations, model: str, audience: tuple[str, ...], *, chinese: bool
) -> list[ReplyPart]:
    """Version, model, how much this audience may draw on, and how many conversations wait.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    words = words_in(chinese=chinese)
    states = visible_sources(ledger, audience)
    waiting = 0
    for mailbox in await mailboxes(store):
        waiting += (await mailbox.state()).conversations
    lines = [
        f"**{words['status'].format(version=_version())}**\n",
        f"- {words['model'].format(model=plain(model))}",
        f"- {_knows(sum(one.documents for one in states), sum(one.pictures for one in states), words)}",
        f"- {words['queue'].format(count=waiting)}",
    ]
    return [Text(text="\n".join(lines)), Finished()]


def _knows(documents: int, pictures: int, words: dict[str, str]) -> str:
    return words["knows"].format(documents=documents, pictures=pictures)


def _version() -> str:
    try:
        return version_of("lorelens")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""
