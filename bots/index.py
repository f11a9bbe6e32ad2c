"""`lorelens index`: which knowledge index is in use, and moving from one to the other."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import SettingsError
from core.knowledge.copying import copy
from core.knowledge.ingest_lock import exclusively
from core.knowledge.opening import Kind, index_name, open_index

index = typer.Typer(name="index", help="The knowledge index: show it, or move it.", no_args_is_help=True)


@index.command("status")
def status(as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show where the knowledge index is, and what it holds."""
    run(_status(data, as_json=as_json), as_json=as_json)


async def _status(data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        settings = application.settings
        where = settings.weaviate_url or str(settings.data_folder / "index")
        opened = await application.index()
        statistics, pictures = await opened.statistics(), await opened.picture_encoder()
    kind = "weaviate" if settings.weaviate_url else "lance"
    if as_json:
        told = {"kind": kind, "where": where, "picture_encoder": pictures, **statistics.model_dump()}
        print(json.dumps(told, ensure_ascii=False))
        return 0
    console = Console()
    console.print(
        f"{index_name(settings)}: {statistics.passages} passages, {statistics.pictures} of them pictures",
        highlight=False,
    )
    for one in statistics.sources:
        console.print(f"  {one.source}  {one.documents} documents, {one.passages} passages", highlight=False)
    return 0


@index.command("migrate")
def migrate(
    to: Annotated[str, typer.Option("--to", help='Where to: "weaviate" or "lance".', metavar="INDEX")],
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Copy all knowledge into the other index, with its vectors; the old one stays as it is.

    A migration that was broken off goes on where it was.
    """
    run(_migrate(to, data, as_json=as_json), as_json=as_json)


async def _migrate(to: str, data: Path | None, *, as_json: bool) -> int:
    if to not in ("weaviate", "lance"):
        raise SettingsError(f'There is no index called "{to}".', hint='Say --to "weaviate" or --to "lance".')
    target: Kind = to
    origin: Literal["lance", "weaviate"] = "lance" if target == "weaviate" else "weaviate"
    async with Application(settings_for(data)) as application:
        settings, encoder = application.settings, application.encoder
        with exclusively(settings.data_folder):
            source = await open_index(settings, encoder, origin)
            try:
                into = await open_index(settings, encoder, target)
                try:
                    total = (await source.statistics()).passages
                    done = 0
                    with Progress(console=Console(stderr=True), disable=as_json, transient=True) as progress:
                        task = progress.add_task(f"to {target}", total=total)
                        async for copied in copy(source, into, settings.data_folder / f"migrating-to-{target}.json"):
                            done = copied.passages
                            progress.update(task, completed=done)
                finally:
                    await into.close()
            finally:
                await source.close()
    if as_json:
        print(json.dumps({"to": target, "passages": total}))
        return 0
    Console().print(f"{total} passages are in both indices now; the old one was left as it is.", highlight=False)
    if target == "weaviate":
        Console().print("Whoever runs with LORELENS_WEAVIATE_URL set uses the new one.", highlight=False)
    else:
        Console().print("Take LORELENS_WEAVIATE_URL away to use the new one.", highlight=False)
    return 0
