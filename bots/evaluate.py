"""`lorelens evaluate`: how well Lorelens finds, answers and declines, on a team's own questions."""

import asyncio
import json
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bots.evaluate_start import begin_from_feedback
from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError
from core.messages import EVERYONE

if TYPE_CHECKING:  # LangChain takes a second to import
    from core.evaluation.evaluating import Evaluating, Outcome
    from core.evaluation.questions import QuestionFile
    from core.evaluation.report import EvaluationReport, Setup
    from core.evaluation.running import EvaluationRun


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    questions: Path
    only: Literal["", "retrieval", "answers"] = ""
    limit: int | None = None
    audience: tuple[str, ...] = (EVERYONE,)
    at_once: int = 1
    compare: bool = False
    resume: bool = False
    plot: Path | None = None
    details: Path | None = None
    as_json: bool = False


def evaluate(
    questions: Annotated[
        Path | None,
        typer.Argument(help="Questions with what a good answer holds: .jsonl, .csv or .yaml (docs/evaluation.md)."),
    ] = None,
    only: Annotated[
        Literal["retrieval", "answers"] | None, typer.Option("--only", help="Measure one half alone.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Ask so many, the first ones.")] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option("--audience", help="Who asks, as in `ingest`; may be repeated; everyone if not given."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show what changed since the last evaluation of these questions.")
    ] = False,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the figures too: .png or .svg.")] = None,
    details: Annotated[
        Path | None,
        typer.Option("--details", help="Write what was asked, found and answered, one line of JSON a question."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=64, help="Ask so many side by side; answers then take longer.")
    ] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an evaluation that was broken off.")] = False,
    from_feedback: Annotated[
        Path | None,
        typer.Option("--from-feedback", help="Write a first file of questions from helpful answers, and leave."),
    ] = None,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Measure retrieval, answers, citations and speed on your own questions and knowledge."""
    if from_feedback is not None:
        run(begin_from_feedback(from_feedback, data, as_json=as_json), as_json=as_json)
    request = Request(
        questions=questions or Path(),
        only=only or "",
        limit=limit,
        audience=tuple(audience or (EVERYONE,)),
        at_once=at_once,
        compare=compare,
        resume=resume,
        plot=plot,
        details=details,
        as_json=as_json,
    )
    run(_evaluate(request, data), as_json=as_json)


async def _evaluate(request: Request, data: Path | None) -> int:
    if request.questions == Path():
        raise QuestionError(
            "Which questions?",
            hint="Name a file (docs/evaluation.md), or begin one with `lorelens evaluate --from-feedback FILE`.",
        )
    from core.evaluation.reading_questions import read_questions
    from core.evaluation.running import EvaluationRun

    file = await asyncio.to_thread(read_questions, request.questions)
    for written in (request.details, request.plot):
        if written is not None and written.absolute() == request.questions.absolute():
            raise QuestionError(f"{written} holds the questions.", hint="Name another file to be written.")
    if request.plot is not None:
        from core.evaluation.plot import check_plot

        check_plot(request.plot)
    async with Application(settings_for(data)) as application:
        from bots.ask import Asker

        await Asker(application).require_knowledge()
        evaluating = await evaluating_of(application, request, file)
        setup = await setup_of(application, request)
        missing = await _missing(application, request, file, measures_perplexity=evaluating.likelihood is not None)
        going = EvaluationRun(file, setup, application.data, request.only, request.limit, missing)
        if request.resume:
            going.resume()
        problems: dict[str, list[int]] = {}
        report = await _ask_all(going, evaluating, request, problems)
    await _tell(report, request, file, application.data, problems)
    return 4 if report.failed == report.asked else 0


async def evaluating_of(application: Application, request: Request, file: "QuestionFile") -> "Evaluating":
    """What asks the questions, with the parts that these need."""
    from core.captioning import Captioner
    from core.evaluation.evaluating import Evaluating, KnownPictures
    from core.evaluation.finding import Finding
    from core.evaluation.likelihood import ReferenceLikelihood
    from core.looking import Looking

    pictures = KnownPictures()
    finding = assistant = likelihood = None
    chat = None
    if request.only != "retrieval":
        chat = await application.chat()
        assistant = await application.assistant(pictures)
        likelihood = await ReferenceLikelihood.of(chat)
    if request.only != "answers":
        with_pictures = any(one.picture is not None for one in file.questions[: request.limit])
        if chat is None and with_pictures and application.settings.model != "extractive":
            chat = await application.chat()
        captioner = Captioner(chat) if chat is not None and chat.sees_pictures else None
        looking = Looking(pictures, application.ocr, captioner)
        finding = Finding(await application.knowledge(), looking, request.audience)
    return Evaluating(pictures, request.audience, finding, assistant, likelihood)


async def setup_of(application: Application, request: Request) -> "Setup":
    """The settings that a report names."""
    from core.evaluation.report import Setup

    settings = application.settings
    return Setup(
        model=(await application.chat()).name if request.only != "retrieval" else "",
        encoder=application.encoder.name if application.encoder is not None else "",
        picture_encoder=settings.picture_encoder,
        reranker=settings.reranker,
        late_interaction=settings.late_interaction,
        index="weaviate" if settings.weaviate_url else "lancedb",
        documents=sum(application.ledger.document_counts().values()),
        audience=request.audience,
        at_once=request.at_once,
        lorelens=version("lorelens"),
    )


async def _missing(
    application: Application, request: Request, file: "QuestionFile", *, measures_perplexity: bool
) -> tuple[str, ...]:
    """What can't be measured, or not well, and what to do about it."""
    from core.evaluation.known import unknown_documents
    from core.evaluation.wording import has_eval_extra

    said: list[str] = []
    questions = file.questions[: request.limit]
    answers = request.only != "retrieval" and any(one.answers for one in questions)
    if answers and not has_eval_extra():
        said.append('ROUGE-L, chrF and BLEU need more: pip install "lorelens[eval]"')
    if answers and not measures_perplexity:
        said.append("No perplexity: it needs a model that runs here (local:NAME)")
    sources = [one.source for one in application.ledger.sources()]
    unknown = await unknown_documents(questions, await application.access(), sources, request.audience)
    if unknown:
        lines = sorted({line for of_one in unknown.values() for line in of_one})
        where = (
            f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:5]))}{' ...' if len(lines) > 5 else ''}"
        )
        names = f"{len(unknown)} expected documents are" if len(unknown) > 1 else "1 expected document is"
        said.append(f"{names} not in the knowledge that was asked, and count as not found ({where})")
    return tuple(said)


async def _ask_all(
    going: "EvaluationRun", evaluating: "Evaluating", request: Request, problems: dict[str, list[int]]
) -> "EvaluationReport":
    """Ask what waits, with a bar; a run that is broken off says what is kept. Tells `problems`, each with its lines."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        bar = stack.enter_context(Progress(*columns, console=console, transient=True))
        waiting, many = len(going.waiting), len(going.questions)
        task = bar.add_task("asking", total=many, completed=many - waiting)
        details = None
        if request.details is not None:
            from core.evaluation.details import DetailsFile

            details = stack.enter_context(DetailsFile(request.details, go_on=request.resume))

        def done(outcome: "Outcome") -> None:
            if outcome.problem:
                problems.setdefault(outcome.problem, []).append(outcome.question.line)
            if details is not None:
                details.write(outcome)
            bar.advance(task)

        going.done = done
        try:
            return await going.go(evaluating, at_once=request.at_once)
        except BaseException:
            bar.stop()
            if going.asked:
                console.print(
                    f"Broken off after {going.asked} of {many} questions; they are kept as a partial report. "
                    "--resume goes on from there."
                )
            raise


async def _tell(
    report: "EvaluationReport", request: Request, file: "QuestionFile", data: Path, problems: dict[str, list[int]]
) -> None:
    """Print the report, and draw it where a plot is wished for."""
    from core.evaluation.comparing import changes, previous
    from core.evaluation.report import reports

    before = await asyncio.to_thread(lambda: previous(report, reports(data))) if request.compare else None
    changed = changes(before, report) if before is not None else ()
    if request.plot is not None:
        from core.evaluation.plot import draw_plot

        await asyncio.to_thread(draw_plot, report, request.plot, before)
    if request.as_json:
        fields = report.model_dump(mode="json", exclude={"scores"}) | {"problems": problems}
        if request.compare:
            fields["compared_with"] = before.made_at.isoformat() if before is not None else None
            fields["changes"] = [one.model_dump() | {"verdict": one.verdict} for one in changed]
        print(json.dumps(fields, ensure_ascii=False))
        return
    from bots.evaluate_view import show

    show(report, file.questions, Console(), problems=problems, before=before, changed=changed)
    if request.compare and before is None:
        Console().print("There is no earlier evaluation of these questions to compare with.")
