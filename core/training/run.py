"""A whole run of training: examples in, a folder out that `model = "local:FOLDER"` loads, and a report."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DocumentError
from core.models.notes import ModelNotes, PromptStyle
from core.training.adapting import adapt
from core.training.cleaning import clean
from core.training.evaluation import Asked, Figures, evaluate
from core.training.examples import Example, LeftOut, Prepared
from core.training.file_lessons import NO_TURNS, FileLessons, fit_for_lessons
from core.training.lessons import Lesson, LessonSource, source_in_code
from core.training.picture_identity import PictureIdentities
from core.training.progress import TrainingProgress
from core.training.prompts import PromptMaker
from core.training.reading_examples import read_examples
from core.training.report import Measured, TrainingReport, model_card
from core.training.request import TRAINING, TrainingRequest
from core.training.run_folder import RunFolder, fingerprint
from core.training.scratch import StepReport, train_from_scratch
from core.training.scratch_config import read_config
from core.training.splitting import Split, split

TEST, REPLAY = "held out", "replay, held out"
MOST_MEASURED = 500
"""Examples that a model is measured on, at most; more would take longer than training."""
REPLAY_SHARE = 0.2


@dataclass(frozen=True)
class _Data:
    """Cleaned examples, on three sides."""

    sides: Split
    left_out: tuple[LeftOut, ...]

    @property
    def reasons(self) -> dict[str, int]:
        return Prepared(examples=(), left_out=self.left_out).reasons()


def train(request: TrainingRequest, progress: TrainingProgress) -> TrainingReport:
    """Train what was asked for.

    Raises:
        DocumentError: there is nothing to learn from.
        SettingsError: the request can't be carried out as it is.
        ModelUnavailableError: the model to start from can't be loaded, or memory lacks.
    """
    request.check()
    return _from_nothing(request, progress) if request.config else _fine_tune(request, progress)


def _prepared(
    data: Path, seed: int, progress: TrainingProgress, *, prompt: PromptStyle, for_lessons: bool = False, **share: float
) -> _Data:
    progress.begin("reading", 1)
    identities = PictureIdentities()
    cleaned = clean(read_examples(data), identities)
    examples, left_out = list(cleaned.examples), list(cleaned.left_out)
    if for_lessons:
        examples, unfit = fit_for_lessons(examples)
        left_out += unfit
    elif prompt == "brief":
        left_out += [LeftOut(where=one.where, reason=NO_TURNS) for one in examples if one.turns]
        examples = [one for one in examples if not one.turns]
    progress.at("reading", 1, f"{len(examples)} examples, {len(left_out)} left out")
    if not examples:
        why = "; ".join(
            f"{reason} ({count})" for reason, count in Prepared(examples=(), left_out=tuple(left_out)).reasons().items()
        )
        raise DocumentError(
            f"No example in {data} can be used{f': {why}' if why else ''}.",
            hint="docs/training.md says what examples look like.",
        )
    names = identities.of(path for example in examples for path in example.pictures)
    return _Data(split(examples, names, seed=seed, **share), tuple(left_out))


def _fine_tune(request: TrainingRequest, progress: TrainingProgress) -> TrainingReport:
    from core.models.local.loading import load_local

    started = time.monotonic()
    adaptation = request.adaptation
    loaded = load_local(request.model, device=request.device, precision=_precision(request.device))
    prompt = request.prompt or loaded.notes.prompt
    data = _prepared(Path(request.data), adaptation.seed, progress, prompt=prompt)
    replay = None
    if request.replay is not None:
        replay = _prepared(request.replay, adaptation.seed, progress, prompt=prompt, share=REPLAY_SHARE)
    learned = [*data.sides.train, *(replay.sides.train if replay else ())]
    folder = RunFolder(request.out)
    folder.begin(
        {
            "model": request.model,
            "data": fingerprint([*learned, *data.sides.test]),
            "prompt": prompt,
            "seed": adaptation.seed,
            "epochs": adaptation.epochs,
            "rank": adaptation.rank,
        },
        resume=request.resume,
    )
    model, maker = loaded.model, PromptMaker(loaded.processor, prompt)
    sides = {TEST: data.sides.test, **({REPLAY: replay.sides.test} if replay else {})}
    before = _kept_or_measured(folder, model, maker, sides, progress)
    adapted = adapt(model, maker, learned, data.sides.validation, folder.checkpoints, adaptation, progress)
    after = {name: _measure(adapted, maker, side, f"after: {name}", progress) for name, side in sides.items()}
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    report = TrainingReport(
        folder=str(request.out),
        base=request.model,
        trained_on={
            "examples": len(data.sides.train),
            **({"replayed examples": len(replay.sides.train)} if replay else {}),
            "examples for validation": len(data.sides.validation),
        },
        left_out=data.reasons,
        measured=tuple(Measured(name=name, before=before[name], after=after[name]) for name in sides),
        parameters=sum(weight.numel() for weight in adapted.parameters()) - trained,
        trained_parameters=trained,
        seconds=time.monotonic() - started,
    )
    _finish_adapter(request, folder, adapted, loaded.processor, prompt, report)
    return report


def _precision(device: str) -> str:
    import torch

    on_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    return "float32" if on_cpu else "bfloat16"


def _finish_adapter(
    request: TrainingRequest,
    folder: RunFolder,
    adapted: Any,
    processor: Any,
    prompt: PromptStyle,
    report: TrainingReport,
) -> None:
    base = Path(request.model)
    # An adapter of an adapter would load neither: what was adapted before is part of the weights by now.
    merge = request.merge or (base / "adapter_config.json").is_file()
    if merge:
        adapted = adapted.merge_and_unload()
    elif base.is_dir():
        adapted.peft_config["default"].base_model_name_or_path = str(base.absolute())
    card = model_card(report, licence=request.licence, command=request.command)
    folder.finish(adapted, processor, ModelNotes(prompt=prompt), card)


def _kept_or_measured(
    folder: RunFolder,
    model: Any,
    maker: PromptMaker,
    sides: dict[str, tuple[Example, ...]],
    progress: TrainingProgress,
) -> dict[str, Figures]:
    """The figures before training: measured once, also where the run is broken off."""
    kept = folder.kept("before")
    if kept is None:
        measured = {name: _measure(model, maker, side, f"before: {name}", progress) for name, side in sides.items()}
        folder.keep("before", {name: figures.model_dump() for name, figures in measured.items()})
        return measured
    return {name: Figures.model_validate(kept[name]) for name in sides}


def _measure(
    model: Any, maker: PromptMaker, examples: Sequence[Example], stage: str, progress: TrainingProgress
) -> Figures:
    asked = [Asked(example) for example in examples[:MOST_MEASURED]]
    progress.begin(stage, len(asked))
    figures, _ = evaluate(model, maker, asked, progress=lambda done: progress.at(stage, done))
    return figures


def _from_nothing(request: TrainingRequest, progress: TrainingProgress) -> TrainingReport:
    assert request.config is not None  # noqa: S101
    started = time.monotonic()
    seed, config = request.adaptation.seed, read_config(request.config)
    source, counts, left_out, data = _source(request, seed, progress)
    folder = RunFolder(request.out)
    run = {"config": config.model_dump(mode="json"), "data": data, "seed": seed}
    folder.begin(run, resume=request.resume)
    progress.begin(TRAINING, config.schedule.steps)

    def tell(report: StepReport) -> None:
        note = f"naming {report.naming:.3f} · answers {report.answers:.3f}"
        progress.at(TRAINING, report.step, note)

    model, processor = train_from_scratch(
        config,
        source,
        folder.checkpoints,
        seed=seed,
        minutes=request.adaptation.minutes,
        device=_device(request.device),
        progress=tell,
    )
    maker = PromptMaker(processor, "brief")
    asked = [one for lesson in source.held_out() for one in asked_of(lesson)][:MOST_MEASURED]
    progress.begin(f"after: {TEST}", len(asked))
    figures, _ = evaluate(model, maker, asked, progress=lambda done: progress.at(f"after: {TEST}", done))
    parameters = sum(weight.numel() for weight in model.parameters())
    report = TrainingReport(
        folder=str(request.out),
        base="",
        trained_on={**counts, "steps": config.schedule.steps},
        left_out=left_out,
        measured=(Measured(name=TEST, before=None, after=figures),),
        parameters=parameters,
        trained_parameters=parameters,
        seconds=time.monotonic() - started,
    )
    card = model_card(report, licence=request.licence, command=request.command)
    folder.finish(model, processor, ModelNotes(prompt="brief"), card)
    return report


def _source(
    request: TrainingRequest, seed: int, progress: TrainingProgress
) -> tuple[LessonSource, dict[str, int], dict[str, int], str]:
    """Where lessons come from, how many examples there are, what was left out, and what tells this data from other."""
    if not Path(request.data).exists() and ":" in request.data:
        return source_in_code(request.data, seed), {}, {}, request.data
    data = _prepared(Path(request.data), seed, progress, prompt="brief", for_lessons=True)
    sides = data.sides
    lessons = FileLessons([*sides.train, *sides.validation], sides.test, seed=seed)
    counts = {"examples": len(sides.train) + len(sides.validation)}
    return lessons, counts, data.reasons, fingerprint([*sides.train, *sides.validation, *sides.test])


def asked_of(lesson: Lesson) -> list[Asked]:
    """A lesson's exchanges as examples, with its picture."""
    images = () if lesson.picture is None else (lesson.picture,)
    return [
        Asked(
            Example(
                question=exchange.question,
                answer=exchange.answer,
                pictures=tuple(Path() for _ in images),
                passages=(exchange.passage,) if exchange.passage else (),
                kind=exchange.kind,
            ),
            images,
        )
        for exchange in lesson.exchanges
    ]


def _device(device: str) -> str:
    import torch

    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"
