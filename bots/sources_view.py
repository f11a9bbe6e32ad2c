"""What is known of sources as a person reads it, and a sync as it goes on."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from core.knowledge.ledger import SourceRecord
from core.knowledge.saved import PREFIX
from core.knowledge.sources import SourceState
from core.sources.configured import Configured, ConfiguredSources, SyncState
from core.sources.schedule import in_words, next_run
from core.sources.syncing import PartReport, SyncReport

SHOWN_REASONS = 20


class SyncBars:
    """A sync as bars: what is fetched, then what is read in."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=30),
            _Count(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[item]}", markup=True),
        )
        self.progress = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def part(self, name: str) -> None:
        """A part begins: bars from the beginning."""
        for task in self._tasks.values():
            self.progress.remove_task(task)
        self._tasks = {"fetched": self.progress.add_task("fetched", total=None, item=escape(name))}

    def fetched(self, item: str, *, total: int | None = None) -> None:
        """One more document is there."""
        if "fetched" not in self._tasks:
            self.part("")
        self.progress.update(self._tasks["fetched"], advance=1, total=total, item=escape(item[-50:]))

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had; it stands in the report."""

    def begin(self, stage: str, total: int) -> None:
        """A stage of reading in begins."""
        self._tasks[stage] = self.progress.add_task(stage, total=total, item="")

    def advance(self, stage: str, item: str) -> None:
        """One of it is done."""
        self.progress.update(self._tasks[stage], advance=1, item=escape(item[-50:]))


class _Count(ProgressColumn):
    """How many of how many, where that is known."""

    def render(self, task: Task) -> Text:
        """The text of the column."""
        return Text(f"{task.completed:.0f}" + (f"/{task.total:.0f}" if task.total is not None else ""))


def show_sync(report: SyncReport, console: Console) -> None:
    """The report of one sync: a line for each part, then what could not be had, with the reason."""
    table = Table(title=f"Source {escape(report.name)}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("part", "fetched", "read", "unchanged", "removed", "failed", "seconds"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for part in report.parts:
        read = part.ingested
        failed = len(part.problems) + (len(read.failed) if read else 0)
        table.add_row(
            escape(part.source),
            str(part.fetched),
            *((str(read.read), str(read.unchanged), str(read.removed)) if read else ("-", "-", "-")),
            f"[red]{failed}[/]" if failed else "0",
            f"{part.seconds:.1f}",
        )
    if report.parts:
        console.print(table)
    for source in report.forgotten:
        console.print(f"forgotten {escape(source)}: the source has it no more", highlight=False)
    for part in report.parts:
        _show_problems(part, console)
    if report.error:
        console.print(
            f"[red]failed[/] {escape(report.name)}: {escape(f'{report.error} {report.hint}')}", highlight=False
        )
    console.print(f"[dim]{report.seconds:.1f} s[/]")


def _show_problems(part: PartReport, console: Console) -> None:
    problems = (*part.problems, *(part.ingested.failed if part.ingested else ()))
    for one in problems[:SHOWN_REASONS]:
        console.print(f"[red]failed[/] {escape(one.path)}: {escape(one.reason)}", highlight=False, soft_wrap=True)
    if len(problems) > SHOWN_REASONS:
        console.print(f"... and {len(problems) - SHOWN_REASONS} more (all of them with --json)")
    if part.error:
        console.print(
            f"[red]failed[/] {escape(part.source)}: {escape(f'{part.error} {part.hint}')}",
            highlight=False,
            soft_wrap=True,
        )


def listed(states: Sequence[SourceState], sources: ConfiguredSources) -> list[dict[str, Any]]:
    """All sources for a script: what was read, then what is set up and was not read yet."""
    configured = {one.spec.name: one for one in sources.all()}
    owners = {part.source: name for name in configured for part in sources.parts(name)}
    rows: list[dict[str, Any]] = []
    for state in states:
        owner = configured.get(owners.get(state.record.source, ""))
        kind = "saved" if state.record.source.startswith(PREFIX) else "folder"
        rows.append({**state.model_dump(mode="json"), "kind": kind, **_setting(owner, sources)})
    read = {owners[state.record.source] for state in states if state.record.source in owners}
    rows += [{"record": None, **_setting(one, sources)} for name, one in configured.items() if name not in read]
    return rows


def _setting(configured: Configured | None, sources: ConfiguredSources) -> Mapping[str, Any]:
    if configured is None:
        return {"configured": None}
    name = configured.spec.name
    state = sources.state(name)
    return {
        "kind": configured.spec.kind,
        "configured": name,
        "location": configured.spec.location,
        "audience": list(configured.spec.audience),
        "every": configured.every,
        "next_run": next_run(configured, state),
        "syncing": sources.is_syncing(name),
        "last_error": state.error,
    }


def show_list(states: Sequence[SourceState], sources: ConfiguredSources, console: Console) -> None:
    """All sources, a paragraph each: a table would need more columns than a terminal has."""
    rows = listed(states, sources)
    if not rows:
        console.print("Nothing has been read yet. Read a folder in with `lorelens ingest FOLDER`.")
        return
    by_name = {state.record.source: state for state in states}
    for row in rows:
        state = by_name[row["record"]["source"]] if row["record"] else None
        name, *lines = _paragraph(row, state)
        console.print(f"[bold]{name}[/]", highlight=False)
        for line in filter(None, lines):
            console.print(f"  {line}", highlight=False, soft_wrap=True)
    for name, error in {row["configured"]: row.get("last_error") for row in rows if row.get("last_error")}.items():
        console.print(f"[red]failed[/] {escape(f'{name}: {error}')}", soft_wrap=True, highlight=False)
    for state in states:
        for record in state.failed:
            said = escape(f"{state.record.source}/{record.path}: {record.reason}")
            console.print(f"[red]failed[/] {said}", soft_wrap=True)


def _paragraph(row: Mapping[str, Any], state: SourceState | None) -> list[str]:
    """The name of a source, then what is known of it, a line each."""
    place = row.get("location") or (state.record.root if state else "")
    if state is None:
        return [
            escape(row["configured"]),
            f"{row['kind']} · not read yet · {_schedule(row)}".rstrip(" ·"),
            f"seen by {escape(', '.join(row['audience']))}",
            escape(place),
        ]
    counts = f"{state.documents} documents, {state.passages} passages, {state.pictures} pictures"
    failed = f", [red]{len(state.failed)} failed[/]" if state.failed else ""
    return [
        escape(state.record.source),
        f"{row['kind']} · {counts}{failed}",
        f"last read {last_read(state.record)} · {_schedule(row)}".rstrip(" ·"),
        f"seen by {escape(', '.join(state.record.audience))}",
        escape(place),
        escape(state.record.url),
    ]


def _schedule(row: Mapping[str, Any]) -> str:
    if not row.get("every"):
        return ""
    if row["syncing"]:
        return f"every {in_words(row['every'])}, now"
    due = row["next_run"] <= time.time()
    return f"every {in_words(row['every'])}, next {'now' if due else when(row['next_run'])}"


def when(at: float | None) -> str:
    """A time as people read it, in their own zone."""
    if at is None:
        return "never"
    return "now" if at == 0 else f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"


def last_read(record: SourceRecord) -> str:
    """When a source was last read to the end, and whether a run since then was not."""
    if not record.read_at:
        return "in part"
    age = (time.time() - record.read_at) / 86400
    return (
        f"{datetime.fromtimestamp(record.read_at).astimezone():%Y-%m-%d %H:%M}"
        + (f" ({age:.0f} days ago)" if age >= 1 else "")
        + ("" if record.finished else ", then in part")
    )


def show_one(configured: Configured, state: SyncState, parts: Sequence[SourceState], console: Console) -> None:
    """One configured source with all that is known of it."""
    spec = configured.spec
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for key, value in (
        ("source", spec.name),
        ("kind", spec.kind),
        ("location", spec.location),
        ("options", ", ".join(f"{key}={value}" for key, value in spec.options.items())),
        ("seen by", ", ".join(spec.audience)),
        ("address", spec.url),
        ("schedule", f"every {in_words(configured.every)}" if configured.every else "none"),
        ("next run", when(next_run(configured, state)) if configured.every else ""),
        ("last start", when(state.started_at) if state.started_at else "never"),
        ("last success", when(state.succeeded_at) if state.succeeded_at else "never"),
        ("last run", ", ".join(f"{key} {value:g}" for key, value in state.summary.items())),
        ("failures", f"{state.failures} in a row" if state.failures else ""),
        ("last error", f"{state.error} {state.hint}".strip()),
    ):
        if value:
            table.add_row(key, escape(value))
    console.print(table)
    for part in parts:
        counts = f"{part.documents} documents, {part.passages} passages, {part.pictures} pictures"
        audience = escape(", ".join(part.record.audience))
        console.print(
            f"{escape(part.record.source)}: {counts}, seen by {audience}, read {last_read(part.record)}",
            highlight=False,
            soft_wrap=True,
        )
        for record in part.failed[:SHOWN_REASONS]:
            console.print(
                f"[red]failed[/] {escape(f'{record.path}: {record.reason}')}", soft_wrap=True, highlight=False
            )
