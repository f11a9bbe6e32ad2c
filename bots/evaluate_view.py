"""An evaluation in the terminal: the figures, those of each language and tag, the worst questions, what to do next."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from core.evaluation.advice import next_steps
from core.evaluation.comparing import Change, shared
from core.evaluation.questions import EvaluationQuestion
from core.evaluation.report import EvaluationReport, Metric, Setup
from core.evaluation.worst import worst

SHOWN_PARTS = 20
SHOWN_WORST = 8
SHOWN_PROBLEMS = 3
WORDS = 38
"""Characters of a question that are shown."""
_GROUPS = {
    "retrieval": "Retrieval",
    "pictures": "Pictures",
    "declining": "Declining",
    "answers": "Answers",
    "citations": "Citations",
    "perplexity": "Perplexity",
    "speed": "Speed",
}
_COLUMNS = (
    ("doc@5", "retrieval", "document recall@5"),
    ("MRR", "retrieval", "document MRR"),
    ("quote@5", "retrieval", "quote recall@5"),
    ("holds", "answers", "holds a reference"),
    ("F1", "answers", "F1"),
    ("decl.", "declining", "F1"),
    ("cites", "citations", "any expected"),
    ("p50", "speed", "answer p50"),
)
"""What is shown of each language and tag, where there is such: its heading, group and name."""


def show(
    report: EvaluationReport,
    questions: Sequence[EvaluationQuestion],
    console: Console,
    *,
    problems: Mapping[str, Sequence[int]] | None = None,
    before: EvaluationReport | None = None,
    changed: Sequence[Change] = (),
) -> None:
    """Print a report; `problems` are why questions failed, with their lines; with `before`, what changed since."""
    _head(report, console)
    for problem, lines in list((problems or {}).items())[:SHOWN_PROBLEMS]:
        console.print(Text(f"{len(lines)} failed, the first in line {lines[0]}: {problem}", style="red"))
    console.print(_figures(report, changed))
    if before is not None:
        _compared(before, report, changed, console)
    for missing in report.missing:
        console.print(Text(missing, style="yellow"))
    if report.parts:
        console.print()
        console.print(_parts(report))
        if len(report.parts) > SHOWN_PARTS:
            console.print(f"... and {len(report.parts) - SHOWN_PARTS} more (all of them with --json)")
    _worst(report, questions, console)
    steps = next_steps(report)
    if steps:
        console.print("\n[bold]What to do next[/]")
        for step in steps:
            console.print(Padding(Text(step), (0, 0, 0, 2)))


def _head(report: EvaluationReport, console: Console) -> None:
    console.print(Text(f"Evaluation of {report.file}", style="bold"))
    asked = f"{report.asked} of {report.questions} questions in {report.seconds:,.1f} s"
    failed = f" · {report.failed} failed" if report.failed else ""
    console.print(Text(f"{asked}{failed} · {_said(report.setup)}", style="dim"))
    console.print()


def _said(setup: Setup) -> str:
    """The settings that decide, in a few words."""
    named = (
        ("model", setup.model),
        ("encoder", setup.encoder or "none"),
        ("pictures", setup.picture_encoder),
        ("reranker", setup.reranker),
        ("late interaction", setup.late_interaction),
        ("index", setup.index),
    )
    said = [f"{what} {name}" for what, name in named if name]
    return " · ".join([*said, f"{setup.documents:,} documents", f"asked by {', '.join(setup.audience)}"])


def _figures(report: EvaluationReport, changed: Sequence[Change]) -> Table:
    """All figures of all questions; with what changed, what they were on the same questions."""
    by_name = {(one.group, one.name): one for one in changed}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("figure")
    for name in ("value", "95% interval", "n", *(("before",) if changed else ())):
        table.add_column(name, justify="right")
    if changed:
        table.add_column("change")
    group = ""
    for one in report.metrics:
        if one.part:
            continue
        if one.group != group:
            group = one.group
            table.add_row(Text(_GROUPS[group], style="bold"))
        row = [f"  {one.name}", _shown(one.value, one.unit), _interval(one), f"{one.n:,}"]
        change = by_name.get((one.group, one.name))
        if change is not None:
            row += [_shown(change.before, change.unit), _mark(change)]
        table.add_row(*row)
    return table


def _interval(one: Metric) -> str:
    if one.low is None or one.high is None:
        return "-"
    return f"{_shown(one.low, one.unit)} – {_shown(one.high, one.unit)}"


def _mark(change: Change) -> str:
    """The change, in colour where it is more than chance."""
    if change.verdict:
        colour, arrow = ("green", "▲") if change.verdict == "better" else ("red", "▼")
        return f"[bold {colour}]{arrow} {change.verdict}[/]"
    return "[dim]=[/]" if change.before == change.after else "[dim]~ chance[/]"


def _compared(before: EvaluationReport, after: EvaluationReport, changed: Sequence[Change], console: Console) -> None:
    console.print()
    many = shared(before, after)
    console.print(
        Text(
            f"Compared with {before.made_at:%Y-%m-%d %H:%M} UTC on the {many} questions that both asked; a change is "
            "marked where its paired 95% interval leaves zero out."
        )
    )
    was, now = before.setup.model_dump(), after.setup.model_dump()
    for name in was:
        if was[name] != now[name]:
            console.print(Text(f"  {name.replace('_', ' ')}: {_plain(was[name])} → {_plain(now[name])}", style="cyan"))
    if not any(one.verdict for one in changed):
        console.print("Nothing changed by more than chance would explain.")


def _plain(value: str | int | tuple[str, ...]) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value or "none")


def _parts(report: EvaluationReport) -> Table:
    """The main figures of each language and tag."""
    shown = [(heading, group, name) for heading, group, name in _COLUMNS if report.figure(group, name) is not None]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("on", max_width=22, no_wrap=True)
    for heading in ("n", *(heading for heading, _, _ in shown)):
        table.add_column(heading, justify="right")
    for part in report.parts[:SHOWN_PARTS]:
        kind, _, name = part.partition(":")
        having = [one for one in report.scores if (name in one.tags if kind == "tag" else name == one.language)]
        figures = [report.figure(group, named, part) for _, group, named in shown]
        table.add_row(
            Text(f"{kind} {name}"),
            str(len(having)),
            *("-" if one is None else _shown(one.value, one.unit) for one in figures),
        )
    return table


def _worst(report: EvaluationReport, questions: Sequence[EvaluationQuestion], console: Console) -> None:
    bad = worst(report.scores, most=SHOWN_WORST + 1)
    if not bad:
        return
    more = ", the worst of them" if len(bad) > SHOWN_WORST else ""
    console.print(f"\n[bold]Questions to look at{more}[/]")
    by_line = {one.line: one for one in questions}
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right", style="dim")
    table.add_column(no_wrap=True)
    table.add_column(style="yellow")
    for one in bad[:SHOWN_WORST]:
        table.add_row(f"line {one.line}", Text(_first_words(by_line[one.line])), Text(one.why))
    console.print(table)


def _first_words(question: EvaluationQuestion) -> str:
    text = " ".join(question.question.split()) or (question.picture.name if question.picture else "")
    cut = Text(text)
    cut.truncate(WORDS, overflow="ellipsis")
    return cut.plain


def _shown(value: float, unit: str) -> str:
    if unit == "seconds":
        return f"{value:.2f} s"
    if unit == "tokens":
        return f"{value:,.0f}"
    if unit in {"points", "perplexity"}:
        return f"{value:,.1f}"
    return f"{value:.3f}"
