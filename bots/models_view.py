"""The catalogue of models as a person reads it, on 80 columns."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.models.catalogue.advice import BENCHMARKS, Advice
from core.models.catalogue.downloaded import cache_folder, is_downloaded
from core.models.catalogue.entries import BYTES, NOT_CHECKED, Catalogue, ChatEntry, EncoderEntry, Entry
from core.models.catalogue.memory import TOKENS, fit, needs
from core.models.catalogue.speed import Speed, in_words
from core.models.machine import Machine

Speeds = Mapping[str, Speed]


def show_all(catalogue: Catalogue, machine: Machine, speeds: Speeds, advice: Sequence[Advice]) -> None:
    """The machine, the models, and what is recommended."""
    console = Console(highlight=False)
    console.print(f"[bold]This machine:[/] {escape(in_words(machine))}, {_free(machine)} free\n")
    console.print(_chat_table(catalogue.chat, machine, speeds))
    console.print()
    console.print(_encoder_table(catalogue.encoder, machine))
    console.print(
        f"\n* downloaded. Memory: weights, {TOKENS:,} tokens of context, and room to compute, in the best precision "
        "that fits (else the smallest). Figures: published, OCRBench of 1000, - none found; where they stand: "
        "lorelens models NAME.\n"
    )
    console.print("[bold]Recommended here[/]")
    for one in advice:
        title = one.entry.title if one.entry is not None else "none"
        console.print(f"\n{one.task}: [bold]{escape(title)}[/], {escape(one.reason)}")
        for line in one.lines:
            console.print(f"    {escape(line)}")
    for speed in speeds.values():
        console.print(f"\n{escape(_measured(speed))}")


def show_one(entry: ChatEntry | EncoderEntry, machine: Machine, speeds: Speeds) -> None:
    """One model wholly."""
    console = Console(highlight=False, soft_wrap=True)
    fitting = fit(entry, machine)
    console.print(f"[bold]{escape(entry.title)}[/]  {escape(entry.name)}")
    console.print(f"page          {escape(entry.page or 'none')}")
    where = f"\n              {entry.licence_source}" if entry.licence_source else f" ({entry.licence_note})"
    console.print(f"licence       {escape(entry.licence + where)}")
    console.print(f"languages     {', '.join(entry.languages)}")
    console.print(f"parameters    {entry.parameters:g} billion; {entry.disk / 1e9:.1f} GB to download")
    console.print(f"context       {entry.context:,} tokens")
    memory = ", ".join(f"{name} {needs(entry, name) / 1e9:.1f}" for name in BYTES if name != "float16")
    console.print(f"memory in GB  {memory}")
    verdict = f"{'yes' if fitting.fits else 'no'}, {fitting.precision}, {fitting.free / 1e9:.1f} GB free"
    console.print(f"fits here     {verdict}{'; tight' if fitting.tight else ''}")
    console.print(f"downloaded    {'yes' if is_downloaded(entry.name, cache_folder()) else 'no'}")
    if entry.unread:
        console.print(f"unread        {escape(', '.join(entry.unread))}: {NOT_CHECKED}")
    if entry.note:
        console.print(f"note          {escape(entry.note)}")
    for group in entry.figures:
        values = ", ".join(f"{name} {value:g}" for name, value in group.values.items())
        console.print(f"published     {values}\n              {escape(group.source)}")
    for name, speed in speeds.items():
        if name.endswith(entry.name):
            console.print(f"measured      {escape(_measured(speed))}")
    console.print("settings      " + "\n              ".join(map(escape, entry.setting_lines())))
    if isinstance(entry, ChatEntry):
        console.print(f"server        vllm serve {escape(entry.name)}")


def _chat_table(entries: Sequence[ChatEntry], machine: Machine, speeds: Speeds) -> Table:
    table = Table(title="See and answer", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("model", no_wrap=True)
    for column in ("size", "memory", "fits"):
        table.add_column(column, justify="right", no_wrap=True)
    for benchmark in BENCHMARKS:
        table.add_column({"OCRBench": "OCR"}.get(benchmark, benchmark), justify="right", no_wrap=True)
    table.add_column("tok/s", justify="right", no_wrap=True)
    for entry in entries:
        speed = speeds.get(f"local:{entry.name}") or speeds.get(f"openai:{entry.name}")
        figures = [_number(entry.figure(benchmark)) for benchmark in BENCHMARKS]
        rate = f"{speed.tokens_per_second:.0f}" if speed else ""
        table.add_row(_title(entry), *_memory(entry, machine), *figures, rate)
    return table


def _encoder_table(entries: Sequence[EncoderEntry], machine: Machine) -> Table:
    table = Table(title="Find", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("encoder", no_wrap=True)
    for column in ("size", "memory", "fits"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("of", no_wrap=True)
    table.add_column("reads", no_wrap=True)
    for entry in entries:
        of = "text, pictures" if entry.pictures else "text"
        table.add_row(_title(entry), *_memory(entry, machine), of, f"{entry.context:,} tokens")
    return table


def _title(entry: Entry) -> str:
    return escape(entry.title) + (" *" if is_downloaded(entry.name, cache_folder()) else "")


def _memory(entry: Entry, machine: Machine) -> tuple[str, str, str]:
    fitting = fit(entry, machine)
    fits = "[yellow]tight[/]" if fitting.tight else "[green]yes[/]" if fitting.fits else "[red]no[/]"
    precision = {"float32": "f32", "bfloat16": "bf16"}.get(fitting.precision, fitting.precision)
    size = f"{entry.parameters:.1f}B" if entry.parameters >= 1 else f"{entry.parameters * 1000:.0f}M"
    return size, f"{fitting.needs / 1e9:.1f} GB {precision}", fits


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 200 else f"{value:.1f}"


def _free(machine: Machine) -> str:
    best = machine.best
    return f"{(machine.available if best is None else best.free) / 1e9:.1f} GB"


def _measured(speed: Speed) -> str:
    counted = "" if speed.counted else " (tokens estimated)"
    return (
        f"{speed.model}: {speed.tokens_per_second:.1f} tokens a second{counted}, the first after "
        f"{speed.first_token:.2f} s, on {speed.day}, {speed.machine}"
    )
