"""`lorelens sources`: where the team's knowledge comes from, and how it is kept up to date."""

import asyncio
import json
import re
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bots.running import DataOption, JsonOption, run, settings_for
from bots.sources_view import SyncBars, listed, show_list, show_one, show_sync
from core.application import Application
from core.errors import LorelensError, QuestionError, UnavailableError
from core.knowledge.sources import change_audience, source_states
from core.messages import EVERYONE
from core.sources.configured import Configured
from core.sources.connector import Part, SourceSpec, option_lines
from core.sources.registry import kind_names, kind_of
from core.sources.schedule import seconds_of
from core.sources.syncing import SyncReport

sources = typer.Typer(name="sources", help="Where the knowledge comes from: list it, add to it, bring it up to date.")

EveryOption = Annotated[str, typer.Option("--every", help="Sync it so often from now on: 30m, 6h, 1d.", metavar="TIME")]
NameArgument = Annotated[str, typer.Argument(help="What the source is called.")]


@sources.callback(invoke_without_command=True)
def list_(context: typer.Context, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show what has been read, when, and what could not be; without a command."""
    if context.invoked_subcommand is None:
        run(_list(data, as_json=as_json), as_json=as_json)


async def _list(data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        states = source_states(application.ledger)
        if as_json:
            print(json.dumps(listed(states, application.configured_sources), ensure_ascii=False))
        else:
            show_list(states, application.configured_sources, Console())
    return 0


@sources.command()
def add(
    kind: Annotated[str, typer.Argument(help="The kind of source; `lorelens sources kinds` lists them.")],
    location: Annotated[str, typer.Argument(help="Where it is: a folder, a URL, whatever the kind asks for.")] = "",
    name: Annotated[str, typer.Option("--name", help="What it is called; made of the location if not given.")] = "",
    audience: Annotated[
        list[str] | None,
        typer.Option(
            "--audience",
            metavar="WHO",
            help='Who may see it: "everyone", "guests", PLATFORM/WORKSPACE, PLATFORM/WORKSPACE/channel/ID or '
            "PLATFORM/WORKSPACE/person/ID; may be repeated. It is kept; everyone if never said.",
        ),
    ] = None,
    url: Annotated[
        str, typer.Option("--url", metavar="BASE", help="The address below which people see its files.")
    ] = "",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="What the kind can be told; may be repeated."),
    ] = None,
    every: EveryOption = "",
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Set a source up, or set one of the same name up otherwise; nothing is fetched yet."""
    spec = SourceSpec(
        name=name,
        kind=kind,
        location=location,
        audience=tuple(dict.fromkeys(audience or (EVERYONE,))),
        url=url,
    )
    run(_add(spec, option or [], every, data, said_for_whom=bool(audience), as_json=as_json), as_json=as_json)


async def _add(
    spec: SourceSpec, options: list[str], every: str, data: Path | None, *, said_for_whom: bool, as_json: bool
) -> int:
    spec = spec.model_copy(update={"options": option_lines(options)})
    spec = kind_of(spec.kind).check(spec)
    spec = spec.model_copy(update={"name": spec.name or _name(spec)})
    async with Application(settings_for(data)) as application:
        configured = application.configured_sources
        before = next((one for one in configured.all() if one.spec.name == spec.name), None)
        if before is not None and (before.spec.kind, before.spec.location) != (spec.kind, spec.location):
            raise QuestionError(
                f'A source "{spec.name}" is set up already, from {before.spec.location or before.spec.kind}.',
                hint="Give this one another --name, or `lorelens sources remove` that one first.",
            )
        read = application.ledger.source(spec.name)
        if read is not None and read.root != spec.location:
            read = None
        if not said_for_whom and (known := before.spec if before is not None else read) is not None:
            spec = spec.model_copy(update={"audience": known.audience})  # who might see it is never widened in silence
        interval = seconds_of(every) if every else before.every if before is not None else 0.0
        configured.put(Configured(spec=spec, every=interval, added_at=before.added_at if before else time.time()))
        if read is not None:  # it was read in by hand so far, and is this source's from now on
            configured.note_part(spec.name, Part(folder=read.root))
        if before is not None and before.spec.audience != spec.audience:
            await _change_readers(application, spec)
    if as_json:
        print(json.dumps({**spec.model_dump(mode="json"), "every": interval}, ensure_ascii=False))
    else:
        Console().print(
            f'Source "{spec.name}" is set up. Fetch it now with `lorelens sources sync {shlex.quote(spec.name)}`'
            + ("; it is synced by the clock where `lorelens serve` or `lorelens worker` runs." if interval else "."),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return 0


async def _change_readers(application: Application, spec: SourceSpec) -> None:
    """Whoever may see it no more does not from now on; parts that have readers of their own follow with a sync."""
    known = {record.source for record in application.ledger.sources()}
    for part in application.configured_sources.parts(spec.name):
        if part.key or part.source not in known:
            continue
        try:
            await change_audience(
                part.source, spec.audience, ledger=application.ledger, index=await application.index()
            )
        except UnavailableError as error:  # the ledger has it, which is what counts
            Console(stderr=True).print(f"The index follows with the next sync: {error.message}", markup=False)


@sources.command()
def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all that are set up if none is named.")] = None,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Bring sources up to date: what is new or changed is fetched and read, what is gone is forgotten."""
    run(_sync(names or [], data, as_json=as_json), as_json=as_json)


async def _sync(names: list[str], data: Path | None, *, as_json: bool) -> int:
    console = Console(stderr=as_json)
    failed = False
    async with Application(settings_for(data)) as application:
        configured = application.configured_sources
        for name in names:
            configured.get(name)
        chosen = names or [one.spec.name for one in configured.all()]
        if not chosen:
            raise QuestionError("No source is set up.", hint="Add one: `lorelens sources add KIND LOCATION`.")
        for name in dict.fromkeys(chosen):
            report = await _sync_one(application, name, console)
            failed = failed or report.failed
            if as_json:
                print(report.model_dump_json(), flush=True)
            else:
                show_sync(report, console)
    return UnavailableError.exit_code if failed else 0


async def _sync_one(application: Application, name: str, console: Console) -> SyncReport:
    bars = SyncBars(console)
    with bars.progress:
        try:
            return await application.syncing.sync(name, bars)
        except asyncio.CancelledError:
            console.print("Stopped. What was fetched so far is kept; run the same command again to go on.")
            raise
        except LorelensError as error:  # one source never stops the others
            return SyncReport(name=name, error=error.message, hint=error.hint)


@sources.command()
def schedule(
    name: NameArgument,
    every: EveryOption = "",
    off: Annotated[bool, typer.Option("--off", help="Sync it only when asked to.")] = False,
    data: DataOption = None,
) -> None:
    """Say how often a source is synced while `lorelens serve` or `lorelens worker` runs."""
    run(_schedule(name, every, data, off=off))


async def _schedule(name: str, every: str, data: Path | None, *, off: bool) -> int:
    if bool(every) == off:
        raise QuestionError("How often?", hint="Write --every 6h, or --off.")
    async with Application(settings_for(data)) as application:
        found = application.configured_sources.get(name)
        interval = 0.0 if off else seconds_of(every)
        application.configured_sources.put(found.model_copy(update={"every": interval}))
    said = "synced only when asked to" if off else f"synced every {every}"
    Console().print(f'Source "{name}" is {said}.', highlight=False, markup=False)
    return 0


@sources.command()
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Take a source away, and forget all that was read of it."""
    run(_remove(name, data, asked=yes or as_json, as_json=as_json), as_json=as_json)


async def _remove(name: str, data: Path | None, *, asked: bool, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        application.configured_sources.get(name)
        known = [part.source for part in application.configured_sources.parts(name)]
        if not asked and not typer.confirm(f'Forget "{name}" and all that was read of it?'):
            return 0
        gone = await application.syncing.forget(name)
        from core.explaining.keeping import LastAnswerFile  # it brings LangChain along

        for source in known:
            LastAnswerFile(application.data).forget(source)
    if as_json:
        print(json.dumps({"source": name, "passages": gone}, ensure_ascii=False))
    else:
        Console().print(f'Forgotten: source "{name}", {gone} passages.', highlight=False, markup=False)
    return 0


@sources.command()
def show(name: NameArgument, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show all that is known of one source."""
    run(_show(name, data, as_json=as_json), as_json=as_json)


async def _show(name: str, data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        found = application.configured_sources.get(name)
        state = application.configured_sources.state(name)
        known = {part.source for part in application.configured_sources.parts(name)}
        parts = [one for one in source_states(application.ledger) if one.record.source in known]
    if as_json:
        shown = {
            **found.model_dump(mode="json"),
            "state": state.model_dump(mode="json"),
            "parts": [part.model_dump(mode="json") for part in parts],
        }
        print(json.dumps(shown, ensure_ascii=False))
    else:
        show_one(found, state, parts, Console())
    return 0


@sources.command()
def kinds() -> None:
    """List the kinds of sources that there are."""
    console = Console()
    names = kind_names()
    width = max(map(len, names), default=0)
    for name in names:
        try:
            summary = kind_of(name).summary
        except LorelensError as error:
            summary = error.message
        console.print(f"{name:<{width}}  {summary}", highlight=False, markup=False, soft_wrap=True)


def _name(spec: SourceSpec) -> str:
    """A name made of a location: what it ends in, or the host."""
    location = re.sub(r"[?#].*", "", spec.location).rstrip("/").removesuffix(".git")
    last = re.split(r"[/:]", location)[-1].strip()
    return last if last and last.isprintable() and not last.startswith("saved: ") else spec.kind
