"""What training did: counts and figures, for a person, a script, and the model's card."""

from datetime import UTC, datetime

from core.messages import Value
from core.training.evaluation import Figures


class Measured(Value):
    """Figures on examples that were not trained on; `before` is None for a model that was not there before."""

    name: str
    before: Figures | None
    after: Figures


class TrainingReport(Value):
    """A finished run. `left_out` counts examples by the reason for which they are not used."""

    folder: str
    base: str
    trained_on: dict[str, int]
    left_out: dict[str, int]
    measured: tuple[Measured, ...]
    parameters: int
    trained_parameters: int
    seconds: float


def model_card(report: TrainingReport, *, licence: str, command: str) -> str:
    """The README.md beside the weights; its head is what model hubs read."""
    head = ["---", f"license: {licence or 'unknown'}", "library_name: transformers", "pipeline_tag: image-text-to-text"]
    if report.base:
        head.append(f"base_model: {report.base}")
    head.append("---")
    title = f"# {report.folder.rstrip('/').rpartition('/')[2]}"
    made = f"Trained on {datetime.now(UTC):%Y-%m-%d} by Lorelens"
    lines = [
        *head,
        "",
        title,
        "",
        f"{made}, fine-tuned from {report.base} with LoRA." if report.base else f"{made}, from nothing.",
        "",
        f"- {report.parameters:,} parameters, {report.trained_parameters:,} of them trained",
        *(f"- {name}: {count:,}" for name, count in report.trained_on.items()),
        *(f"- left out, {reason}: {count:,}" for reason, count in report.left_out.items()),
        f"- {report.seconds:.0f} s of training",
        f"- licence: {licence or 'not stated; see that of the base model and of the data'}",
        "",
        "```",
        command,
        "```",
        "",
        "## Figures",
        "",
        "On examples that were not trained on; exact match and F1 from 0 to 1, perplexity of the wished-for answers.",
        "",
        *figures_table(report),
        "",
        "## How to ask it",
        "",
        f'`model = "local:{report.folder}"` in `lorelens.toml`; `lorelens.json` says in which form it is asked.',
        "",
    ]
    return "\n".join(lines)


def figures_table(report: TrainingReport) -> list[str]:
    """The figures in Markdown, before and after."""
    lines = ["| examples | figure | before | after |", "| --- | --- | --- | --- |"]
    for one in report.measured:
        for label, before, after in rows_of(one):
            lines.append(f"| {one.name} ({one.after.examples}) | {label} | {before} | {after} |")
    return lines


def rows_of(measured: Measured) -> list[tuple[str, str, str]]:
    """Each figure's name, before and after."""
    before, after = measured.before, measured.after
    rows: list[tuple[str, str, str]] = []
    for label, field in (
        ("exact match", "exact_match"),
        ("word F1", "token_f1"),
        ("perplexity", "perplexity"),
        ("ROUGE-L", "rouge_l"),
        ("BLEU", "bleu"),
    ):
        if getattr(after, field) is not None:
            rows.append((label, _shown(getattr(before, field, None)), _shown(getattr(after, field))))
    if set(after.kinds) - {"other"}:
        for kind, right in after.kinds.items():
            was = None if before is None else before.kinds.get(kind)
            rows.append((f"exact match, {kind} ({after.counts[kind]})", _shown(was), _shown(right)))
    return rows


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value >= 10 else f"{value:.3f}"
