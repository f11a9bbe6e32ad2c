"""Whether somebody may see a document, and why: who is named, what is held, and what of it is the same."""

from collections.abc import Collection, Sequence

from core import audience as principals
from core.errors import QuestionError
from core.knowledge.access import KnowledgeAccess, may_see
from core.knowledge.index import KnowledgeIndex
from core.knowledge.ledger import Ledger, SourceRecord
from core.messages import Value


class DocumentAccess(Value):
    """One document, or a whole source (`path` empty), and whether an audience may see it.

    `source_readers` are the principals whom the source names now, `document_readers` those whom its passages name in
    the index, of which `seen` of `passages` may be seen; a document without passages is not in the index (yet).
    `through` are the principals that are held and named.
    """

    source: str
    path: str = ""
    allowed: bool
    source_readers: tuple[str, ...]
    document_readers: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    passages: int = 0
    seen: int = 0


async def document_access(
    named: str, audience: Collection[str], *, ledger: Ledger, index: KnowledgeIndex
) -> list[DocumentAccess]:
    """Whether an audience may see what is named: a source, SOURCE/PATH, or a path as citations give it.

    A path that stands in several sources is answered for each of them.

    Raises:
        QuestionError: there is no such source or document.
        IndexUnavailableError: the index can't be read.
    """
    access = KnowledgeAccess(index, ledger)
    found: list[DocumentAccess] = []
    for record, path in _places(named, ledger):
        through = set(record.audience) & set(audience)
        if not path:
            allowed = may_see(audience, record.audience)
            found.append(
                DocumentAccess(
                    source=record.source,
                    allowed=allowed,
                    source_readers=record.audience,
                    through=tuple(sorted(through)),
                )
            )
            continue
        passages = await index.passages(record.source, path)
        readers = {one for passage in passages for one in passage.audience}
        seen = access.visible(passages, audience)
        found.append(
            DocumentAccess(
                source=record.source,
                path=path,
                allowed=bool(seen),
                source_readers=record.audience,
                document_readers=tuple(sorted(readers)),
                through=tuple(sorted(through | (readers & set(audience)))),
                passages=len(passages),
                seen=len(seen),
            )
        )
    return found


def in_words(principal: str) -> str:
    """Who holds a principal, for people."""
    said = {principals.EVERYONE: "all full members", principals.GUESTS: "everybody who can talk to Lorelens"}
    if principal in said:
        return said[principal]
    platform, _, rest = principal.partition("/")
    match rest.split("/"):
        case [workspace, "channel", channel]:
            return f"the readers of channel {channel} of {platform} {workspace}"
        case [workspace, "person", person]:
            return f"{person} of {platform} {workspace} alone"
        case [workspace, "group", *group]:
            return f"the group {'/'.join(group)} of {platform} {workspace}"
        case [workspace] if workspace:
            return f"the full members of {platform} {workspace}"
        case _:
            return "whoever holds it"


def _places(named: str, ledger: Ledger) -> Sequence[tuple[SourceRecord, str]]:
    records = ledger.sources()
    if whole := [(record, "") for record in records if record.source == named]:
        return whole
    inside = [
        (record, path)
        for record in records
        for path in (named.removeprefix(f"{record.source}/"), named)
        if path != named or not named.startswith(f"{record.source}/")
        if path.partition("#")[0] in ledger.files(record.source)
    ]
    if inside:
        return inside
    sources = ", ".join(record.source for record in records[:10])
    raise QuestionError(
        f'Nothing that was read in is called "{named}".',
        hint=f"Write SOURCE/PATH, a path as citations give it, or a source: {sources or 'there is none yet'}.",
    )
