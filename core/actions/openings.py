"""What somebody could begin with: headings of documents that they may see, of those that were read in last."""

from collections.abc import Collection

from core.actions.sources import visible_sources
from core.knowledge.access import KnowledgeAccess, may_see
from core.knowledge.ledger import Ledger
from core.language import is_chinese
from core.suggestions import askable_headings

MOST = 3
SOURCES = 5
DOCUMENTS = 24
"""So many documents of each source are looked at, those that changed last, until enough are in the right language."""


async def openings(
    ledger: Ledger,
    access: KnowledgeAccess,
    audience: tuple[str, ...],
    *,
    chinese: bool,
    near: Collection[str] = (),
    limit: int = MOST,
) -> list[str]:
    """Headings, one a document; those in the person's language first, and before these those that are `near`.

    Args:
        ledger: what was read in.
        access: the knowledge, where its passages are.
        audience: the principals that the person holds.
        chinese: the person's language.
        near: principals whose sources come first: of the channel that the person looks at, say.
        limit: how many there are at most.

    Raises:
        IndexUnavailableError: the index can't be read.
    """
    found: dict[str, tuple[bool, bool]] = {}
    states = visible_sources(ledger, audience)
    states.sort(key=lambda one: (not may_see(near, one.record.audience), -one.record.read_at))
    for state in states[:SOURCES]:
        is_far = not may_see(near, state.record.audience)
        files = [one for one in ledger.files(state.record.source).values() if one.outcome == "read"]
        own = 0
        for file in sorted(files, key=lambda one: (-one.mtime_ns, one.path))[:DOCUMENTS]:
            if own >= limit:
                break
            passages = await access.passages(state.record.source, file.path, audience)
            for heading in askable_headings([one for one in passages if one.kind == "text"])[:1]:
                is_foreign = is_chinese(heading) != chinese
                own += not is_foreign
                found.setdefault(heading, (is_far, is_foreign))
    return sorted(found, key=lambda heading: found[heading])[:limit]
