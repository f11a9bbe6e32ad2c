"""What is recommended for this machine, task by task, with the reason and the lines for lorelens.toml.

Quality is the mean of the published figures; among models that fit, the best one is recommended whose answers do not
take too long here. Without an accelerator, time goes with the number of parameters, so that is bounded: a caption is
written for every picture of a folder, a question is answered once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.models.catalogue.entries import Catalogue, ChatEntry, EncoderEntry
from core.models.catalogue.memory import fit
from core.models.machine import Machine

BENCHMARKS = ("MMMU", "DocVQA", "ChartQA", "OCRBench")
_OF = {"OCRBench": 10.0}
"""What a figure is divided by to be of a hundred."""
LEAST_FIGURES = 3
CPU_CAPTIONS = 0.6
CPU_ANSWERS = 2.5
"""Billions of parameters up to which a model is recommended without an accelerator."""


@dataclass(frozen=True)
class Advice:
    """A recommendation; `lines` are for lorelens.toml, `entry` is None where nothing of the catalogue serves."""

    task: str
    entry: ChatEntry | EncoderEntry | None
    reason: str
    lines: tuple[str, ...]


def quality(entry: ChatEntry) -> float | None:
    """The mean of its published figures, of a hundred; None where too few are known."""
    known = [(name, entry.figure(name)) for name in BENCHMARKS]
    values = [value / _OF.get(name, 1.0) for name, value in known if value is not None]
    return sum(values) / len(values) if len(values) >= LEAST_FIGURES else None


def advise(catalogue: Catalogue, machine: Machine) -> list[Advice]:
    """A recommendation for each task."""
    strong = machine.best is not None
    local = [entry for entry in catalogue.chat if entry.local and fit(entry, machine).fits]
    captions = _best(entry for entry in local if strong or entry.parameters <= CPU_CAPTIONS)
    answers = _best(entry for entry in local if strong or entry.parameters <= CPU_ANSWERS)
    bilingual = _best(
        entry for entry in local if {"en", "zh"} <= {*entry.languages} and (strong or entry.parameters <= CPU_ANSWERS)
    )
    able = "fit" if strong else "fit and are quick enough without an accelerator"
    return [
        _chat("captions at ingestion", captions, machine, "written for every picture, so it has to be quick"),
        _chat("questions about pictures", answers, machine, f"the best published figures of those that {able}"),
        _chat("answers in English and Chinese", bilingual, machine, f"the best of those that read both and {able}"),
        _pictures(catalogue, machine),
        _texts(catalogue, machine),
    ]


def _best(entries: Iterable[ChatEntry]) -> ChatEntry | None:
    rated = [(value, entry) for entry in entries if (value := quality(entry)) is not None]
    return max(rated, key=lambda one: one[0])[1] if rated else None


def _chat(task: str, entry: ChatEntry | None, machine: Machine, why: str) -> Advice:
    if entry is None:
        reason = "no model of the catalogue fits; the extractive reader needs no weights, or name a server"
        return Advice(task, None, reason, ('model = "extractive"',))
    fitting = fit(entry, machine)
    reason = f"{why}; {fitting.needs / 1e9:.1f} GB of {fitting.free / 1e9:.1f} GB free as {fitting.precision}"
    return Advice(task, entry, reason, entry.setting_lines())


def _pictures(catalogue: Catalogue, machine: Machine) -> Advice:
    """The largest encoder of pictures that fits on an accelerator, the smallest without one."""
    task = "finding pictures"
    free = [one for one in catalogue.encoder if one.pictures and not one.note and fit(one, machine).fits]
    if not free:
        return Advice(task, None, "none fits; OCR, alternative texts and captions serve", ('picture_encoder = ""',))
    if machine.best is None:
        entry = min(free, key=lambda one: one.parameters)
        return Advice(task, entry, "the smallest that puts texts and pictures into one space", entry.setting_lines())
    entry = max(free, key=lambda one: one.parameters)
    return Advice(task, entry, "the largest that fits into the accelerator's free memory", entry.setting_lines())


def _texts(catalogue: Catalogue, machine: Machine) -> Advice:
    task = "finding texts in any language"
    fitting = [
        one
        for one in catalogue.encoder
        if not one.pictures and not one.note and len(one.languages) > 1 and fit(one, machine).fits
    ]
    if not fitting:
        return Advice(
            task, None, "minilm reads English; other languages are found by their words", ('encoder = "minilm"',)
        )
    entry = min(fitting, key=lambda one: one.parameters)
    reason = f"reads Chinese, and passages of {entry.context:,} tokens; minilm reads English alone"
    return Advice(task, entry, reason, entry.setting_lines())
