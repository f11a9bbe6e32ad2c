"""Dead letters, for those who look after the answers, under the rule of `core.quality.asked`.

What a letter asks and why it was given up is shown, and it can be retried or dropped, where all of its questions were
asked in public or by whoever looks. Others are counted by the kind of their error; its text may quote what was asked.
`lorelens dead` shows them all to whoever has the data folder.
"""

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from core.conversations import Conversations
from core.errors import QuestionError
from core.mailbox import DeadLetter, Mailbox, mailboxes
from core.messages import Value
from core.quality.asked import Person, author_of, is_open

CHARACTERS = 300


class ShownLetter(Value):
    """A dead letter that may be shown, and what its questions said."""

    letter: DeadLetter
    question: str


class GivenUp(Value):
    """Those that may be shown, the newest first, and how many others there are, by the kind of their error."""

    shown: tuple[ShownLetter, ...] = ()
    hidden: int = 0
    hidden_kinds: dict[str, int] = Field(default_factory=dict[str, int])


async def given_up(store: Conversations, viewer: Person, platform: str = "") -> GivenUp:
    """The dead letters of a platform, or of all. Raises `StoreUnavailableError`."""
    shown: list[ShownLetter] = []
    hidden: list[str] = []
    for mailbox in await _mailboxes(store, platform):
        for letter in await mailbox.dead_letters():
            question = await _question(store, letter, viewer)
            if question is None:
                hidden.append(letter.error.partition(":")[0])
            else:
                shown.append(ShownLetter(letter=letter, question=question))
    shown.sort(key=lambda one: one.letter.buried_at, reverse=True)
    return GivenUp(shown=tuple(shown), hidden=len(hidden), hidden_kinds=dict(Counter(hidden).most_common()))


async def letter_for(store: Conversations, viewer: Person, platform: str, letter_id: str) -> tuple[Mailbox, DeadLetter]:
    """A dead letter that somebody may retry or drop, with its mailbox.

    Raises:
        QuestionError: there is none any more, or it is not for them.
    """
    for mailbox in await _mailboxes(store, platform):
        for letter in await mailbox.dead_letters():
            if letter.id == letter_id and await _question(store, letter, viewer) is not None:
                return mailbox, letter
    raise QuestionError(
        "There is no such question among those given up.", hint="Somebody else may have retried or dropped it."
    )


async def _mailboxes(store: Conversations, platform: str) -> Sequence[Mailbox]:
    return [one for one in await mailboxes(store) if platform in ("", one.platform)]


async def _question(store: Conversations, letter: DeadLetter, viewer: Person) -> str | None:
    """What a letter asks; None where that may not be shown, or where nothing of it is kept that would tell."""
    messages = await store.messages(letter.conversation, letter.message_ids)
    if not messages or not all(is_open(one.place, author_of(one), viewer) for one in messages):
        return None
    line = " ".join(" ".join(one.text.split()) for one in messages)
    return line if len(line) <= CHARACTERS else line[:CHARACTERS].rstrip() + "…"
