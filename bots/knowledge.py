"""`lorelens ingest` and `forget`: how Lorelens comes to know, and to forget."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bots.ask import HERE, ME
from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError
from core.knowledge.ingest import IngestReport, ingest
from core.knowledge.sources import forget_source

SHOWN_REASONS = 20


def ingest_command(
    folder: Annotated[Path, typer.Argument(help="A folder, or a single file.")],
    source: Annotated[str, typer.Option("--source", help="A name for it; the folder's own if not given.")] = "",
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="The address below which people see its files, such as a git host's; answers then link to them. "
            'It is kept; "" removes it.',
            metavar="BASE",
        ),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option(
            "--audience",
            help='Who may see it: "everyone", "guests", PLATFORM/WORKSPACE, PLATFORM/WORKSPACE/channel/ID or '
            "PLATFORM/WORKSPACE/person/ID; may be repeated. It is kept; everyone if never said.",
            metavar="WHO",
        ),
    ] = None,
    recaption: Annotated[
        bool, typer.Option("--recaption", help="Describe pictures again that another model has described.")
    ] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Read documents and pictures in: what is new or changed is read, what vanished is removed."""
    seen = Seen(url=url, audience=tuple(audience) if audience else None)
    run(_ingest(folder, source, seen, data, recaption=recaption, as_json=as_json), as_json=as_json)


@dataclass(frozen=True)
class Seen:
    """Where, and by whom, what is read in is seen; None: as before."""

    url: str | None = None
    audience: tuple[str, ...] | None = None


AS_BEFORE = Seen()


async def _ingest(folder: Path, source: str, seen: Seen, data: Path | None, *, recaption: bool, as_json: bool) -> int:
    console = Console(stderr=as_json)
    async with Application(settings_for(data)) as application:
        report = await read_in(application, folder, source, console, seen=seen, recaption=recaption)
    if as_json:
        print(report.model_dump_json())
    else:
        show_report(report, console)
    return 0


async def read_in(
    application: Application,
    folder: Path,
    source: str,
    console: Console,
    *,
    seen: Seen = AS_BEFORE,
    recaption: bool = False,
) -> IngestReport:
    """Read a folder in, with a progress bar."""
    reader = await application.reader()
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[item]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        try:
            return await ingest(
                folder,
                reader,
                source=source,
                audience=seen.audience,
                url=seen.url,
                recaption=recaption,
                progress=_Bar(bar),
            )
        except asyncio.CancelledError:
            console.print("Stopped. What was read so far is kept; run the same command again to go on.")
            raise


class _Bar:
    """The progress of ingestion as bars."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, stage: str, total: int) -> None:
        """A stage begins."""
        self._tasks[stage] = self._progress.add_task(stage, total=total, item="")

    def advance(self, stage: str, item: str) -> None:
        """One of it is done."""
        self._progress.update(self._tasks[stage], advance=1, item=item[-50:])


def show_report(report: IngestReport, console: Console) -> None:
    """The table at the end: what was read, skipped and failed, with the reason."""
    table = Table(
        title=f"Source {report.source}", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False
    )
    table.add_row("read", str(report.read), f"{report.passages} passages")
    table.add_row("pictures", str(report.pictures), f"{report.picture_seconds:.1f} s of them reading pictures")
    if report.captions:
        table.add_row("captions", str(report.captions), f"{report.caption_seconds:.1f} s waiting for the model")
    table.add_row("unchanged", str(report.unchanged), "")
    table.add_row("removed", str(report.removed), "")
    for reason, count in sorted(report.skipped.items()):
        if count:
            table.add_row("skipped", str(count), reason)
    table.add_row("failed", str(len(report.failed)), "")
    console.print(table)
    for mark, rows in (("[red]failed[/]", report.failed), ("[yellow]in part[/]", report.warnings)):
        for row in rows[:SHOWN_REASONS]:
            console.print(f"{mark} {row.path}: {row.reason}", highlight=False, soft_wrap=True)
        if len(rows) > SHOWN_REASONS:
            console.print(f"... and {len(rows) - SHOWN_REASONS} more (all of them with --json)")
    console.print(f"[dim]{report.seconds:.1f} s[/]")


def forget(
    source: Annotated[str, typer.Option("--source", help="Forget all that was read from this source.")] = "",
    conversation: Annotated[str, typer.Option("--session", help="Forget this conversation of `lorelens chat`.")] = "",
    person: Annotated[
        str,
        typer.Option(
            "--person", help="Forget what a person said, saved and judged: PLATFORM/WORKSPACE/ID.", metavar="WHO"
        ),
    ] = "",
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Forget a source, a conversation or a person."""
    run(_forget(source, conversation, person, data, as_json=as_json), as_json=as_json)


async def _forget(source: str, session: str, person: str, data: Path | None, *, as_json: bool) -> int:
    if sum(map(bool, (source, session, person))) != 1:
        raise QuestionError("What is to be forgotten?", hint="Name one of --source, --session and --person.")
    done: dict[str, Any]
    async with Application(settings_for(data)) as application:
        if source:
            await application.saved_notes.forget_source(source)
            gone = await forget_source(
                source, ledger=application.ledger, index=await application.index(), pictures=application.pictures
            )
            _forget_last_answer(application.data, source)
            done = {"source": source, "passages": gone}
            owner = application.configured_sources.owner_of(source)
            if owner:
                Console(stderr=True).print(
                    f'The next sync of the source "{owner}" reads it again; `lorelens sources remove` takes that away.',
                    markup=False,
                )
        elif session:
            from bots.chat import place_of

            store = await application.conversations()
            forgotten = await store.forget_conversation(place_of(session).conversation)
            done = {"conversation": session, **forgotten.model_dump()}
        else:
            platform, _, rest = person.partition("/")
            workspace, _, identity = rest.partition("/")
            if not identity:
                raise QuestionError(f'"{person}" does not say who.', hint="Write PLATFORM/WORKSPACE/ID.")
            store = await application.conversations()
            saved = await application.saved_notes.forget_person(platform, workspace, identity)
            forgotten = await store.forget_person(platform, workspace, identity)
            if (platform, workspace, identity) == (HERE.platform, HERE.workspace, ME.id):
                _forget_last_answer(application.data)
            done = {"person": person, **forgotten.model_dump(), "saved": saved}
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
    else:
        Console().print(f"Forgotten: {', '.join(f'{key} {value}' for key, value in done.items())}.")
    return 0


def _forget_last_answer(data: Path, source: str = "") -> None:
    """What `lorelens why` would explain; with a source, only if the answer stood on it."""
    from core.explaining.keeping import LastAnswerFile  # it brings LangChain along

    LastAnswerFile(data).forget(source)
