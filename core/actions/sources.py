"""What is known here: the sources that somebody may see, with their counts; of what failed only how much."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.actions.excerpts import plain
from core.actions.words import words_in
from core.knowledge.access import may_see
from core.knowledge.ledger import Ledger
from core.knowledge.sources import SourceState, source_states
from core.reply import Finished, ReplyPart, Text

MOST = 50


def sources(ledger: Ledger, audience: tuple[str, ...], *, chinese: bool) -> list[ReplyPart]:
    """The sources of which this audience may see something, saved notes included, by name."""
    words = words_in(chinese=chinese)
    states = visible_sources(ledger, audience)
    if not states:
        return [Text(text=words["sources_nothing"]), Finished()]
    lines = [f"- {_line(state, words)}" for state in states[:MOST]]
    if len(states) > MOST:
        lines.append(f"- {words['more'].format(count=len(states) - MOST)}")
    return [Text(text="\n".join([f"**{words['sources']}**\n", *lines])), Finished()]


def visible_sources(ledger: Ledger, audience: Sequence[str]) -> list[SourceState]:
    """The sources whose audience shares a principal with this one, as they stand."""
    return [state for state in source_states(ledger) if may_see(audience, state.record.audience)]


def _line(state: SourceState, words: dict[str, str]) -> str:
    record = state.record
    name = plain(record.source)
    said = [words["documents"].format(count=state.documents)]
    if state.pictures:
        said.append(words["picture_count"].format(count=state.pictures))
    if record.read_at:
        when = datetime.fromtimestamp(record.read_at, UTC)
        said.append(words["read_at"].format(when=f"{when:%Y-%m-%d}"))
    if not record.finished:
        said.append(words["reading"])
    if state.failed:
        said.append(words["failed"].format(count=len(state.failed)))
    linked = f"[{name}](<{record.url}>)" if record.url else f"**{name}**"
    return f"{linked}: {' · '.join(said)}"
