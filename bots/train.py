"""`lorelens train`: a model of one's own, fine-tuned on examples or trained from nothing."""

import os
import shlex
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bots.running import JsonOption, run

if TYPE_CHECKING:
    from core.training.report import TrainingReport
    from core.training.run import TrainingRequest

SHOWN_REASONS = 20


def train_command(
    data: Annotated[
        str,
        typer.Argument(
            help="A JSONL file of questions and answers or of rated answers, a folder of pictures with captions, or "
            "MODULE:NAME of lessons in Python (with --from-scratch).",
            metavar="DATA",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder to train into.", metavar="DIR")],
    model: Annotated[
        str, typer.Option("--model", help="Fine-tune this model: a folder, or a name of the hub.", metavar="NAME")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--from-scratch", help="Train a small model from nothing, as this file says.", metavar="TOML"),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", help="Examples of what it can already, lest it forget.", metavar="DATA"),
    ] = None,
    epochs: Annotated[float, typer.Option("--epochs", min=0.01, help="How often it goes through the examples.")] = 3,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Train no longer than this.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the split, the order and the first weights.")] = 0,
    prompt: Annotated[
        Literal["brief", "full"] | None,
        typer.Option("--prompt", help="How it is asked, now and later; if not given, as the model says."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", min=0, help="The learning rate of fine-tuning; by the model's size.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Write the whole model, not only what was learned beside it.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option("--device", help="Where to train.")] = "auto",
    licence: Annotated[str, typer.Option("--licence", help="The licence to write into the model's card.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Train a model: clean and split the examples, measure, learn, measure again, and write a folder to be used."""
    from core.training.request import Adaptation, TrainingRequest

    request = TrainingRequest(
        data=data,
        out=out,
        model=model,
        config=config,
        replay=replay,
        prompt=prompt,
        adaptation=Adaptation(epochs=epochs, minutes=minutes, seed=seed, learning_rate=rate),
        merge=merge,
        resume=resume,
        device=device,
        licence=licence,
        command=shlex.join(["lorelens", *sys.argv[1:]]),
    )
    run(_train(request, as_json=as_json), as_json=as_json)


async def _train(request: "TrainingRequest", *, as_json: bool) -> int:
    """Training holds this thread until it is over; one Ctrl-C must end it, and asyncio's own would only take note."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from core.training.request import need_parts

    request.check()
    need_parts()
    _quiet()
    from core.training.run import train

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    try:
        with Progress(*columns, console=console) as bar:
            report = train(request, _Bar(bar))
    except KeyboardInterrupt:
        console.print("Stopped. Add --resume to the same command to go on from the last checkpoint.")
        raise
    if as_json:
        print(report.model_dump_json())
    else:
        _show(report, Console())
    return 0


def _quiet() -> None:
    """transformers tells of its own progress and of parts that are not installed, in between our bars."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


class _Bar:
    """The progress of training as bars."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, stage: str, total: int) -> None:
        self._tasks[stage] = self._progress.add_task(stage, total=total, note="")

    def at(self, stage: str, done: int, note: str = "") -> None:
        self._progress.update(self._tasks[stage], completed=done, note=note)


def _show(report: "TrainingReport", console: Console) -> None:
    """What it was trained on, what was left out, and the figures."""
    from core.training.report import rows_of

    counts = ", ".join(f"{count:,} {name}" for name, count in report.trained_on.items())
    console.print(f"Trained in {report.seconds:.0f} s: {counts}.")
    for reason, count in list(report.left_out.items())[:SHOWN_REASONS]:
        console.print(f"[yellow]left out[/] {count:,}: {reason}", highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("on", "figure", "before", "after"):
        table.add_column(column, justify="right" if column in {"before", "after"} else "left")
    for measured in report.measured:
        for label, before, after in rows_of(measured):
            table.add_row(f"{measured.name} ({measured.after.examples})", label, before, after)
    console.print(table)
    console.print(f'Use it: LORELENS_MODEL="local:{report.folder}"', highlight=False)
