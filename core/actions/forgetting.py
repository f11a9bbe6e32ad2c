"""Forgetting a person: first what would go, then it goes.

What goes is all that Lorelens keeps of them: what they said in every conversation with the records of the answers,
their feedback, and the saved notes that they saved or of which they wrote a part, whoever saved those. Notes are named
before they go, since the team loses them.
"""

from collections.abc import Sequence

from core.actions.excerpts import plain
from core.actions.words import words_in
from core.conversations import Conversations
from core.knowledge.saved import SavedNotes
from core.messages import Value
from core.quality.feedback import FeedbackBook
from core.reply import Finished, ReplyPart, Text

NAMED = 10
"""So many notes are named."""


class WouldGo(Value):
    """What is kept of a person: how many messages, words of feedback, and the titles of saved notes."""

    messages: int = 0
    feedback: int = 0
    notes: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing is kept of them."""
        return not (self.messages or self.feedback or self.notes)


async def what_would_go(
    store: Conversations, notes: SavedNotes, platform: str, workspaces: Sequence[str], person_id: str
) -> WouldGo:
    """What would be forgotten in these workspaces. Raises `StoreUnavailableError` when Redis is away."""
    messages = judged = 0
    titles: list[str] = []
    for workspace in workspaces:
        messages += int(await store.redis.execute("SCARD", store.keys.person(platform, workspace, person_id)))
        judged += await FeedbackBook(store).count_of_person(platform, workspace, person_id)
        titles += [head.title for head in await notes.of_person(platform, workspace, person_id)]
    return WouldGo(messages=messages, feedback=judged, notes=tuple(titles))


def before_forgetting(would_go: WouldGo, *, chinese: bool) -> list[ReplyPart]:
    """What would be forgotten, for the person who decides."""
    words = words_in(chinese=chinese)
    if would_go.nothing:
        return [Text(text=words["nothing_of_you"]), Finished(declined=True)]
    lines = [f"**{words['would_go']}**\n"]
    if would_go.messages:
        lines.append(f"- {words['messages'].format(count=would_go.messages)}")
    if would_go.feedback:
        lines.append(f"- {words['judged'].format(count=would_go.feedback)}")
    if would_go.notes:
        lines.append(f"- {words['notes'].format(count=len(would_go.notes))}")
        lines += [f"  - {plain(title)}" for title in would_go.notes[:NAMED]]
        if len(would_go.notes) > NAMED:
            lines.append(f"  - {words['more'].format(count=len(would_go.notes) - NAMED)}")
    lines.append(f"\n{words['stays']}")
    return [Text(text="\n".join(lines)), Finished()]


async def forget_me(
    store: Conversations,
    notes: SavedNotes,
    platform: str,
    workspaces: Sequence[str],
    person_id: str,
    *,
    chinese: bool,
) -> list[ReplyPart]:
    """Forget a person in these workspaces, and say what went. What is interrupted can be done again.

    Raises:
        StoreUnavailableError: Redis is away.
        IndexUnavailableError: the notes can't be removed from the disk.
    """
    words = words_in(chinese=chinese)
    judged = saved = messages = pictures = 0
    for workspace in workspaces:
        judged += await FeedbackBook(store).count_of_person(platform, workspace, person_id)
        saved += await notes.forget_person(platform, workspace, person_id)
        forgotten = await store.forget_person(platform, workspace, person_id)
        messages, pictures = messages + forgotten.messages, pictures + forgotten.pictures
    if not (judged or saved or messages or pictures):
        return [Text(text=words["nothing_of_you"]), Finished(declined=True)]
    said = words["forgotten"].format(messages=messages, pictures=pictures, judged=judged, notes=saved)
    return [Text(text=f"{said} {words['stays']}"), Finished()]
