"""`lorelens caption`: pictures in, a sentence or three about each out."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from bots.batch import parse
from bots.running import DataOption, JsonOption, error_fields, report, run, settings_for
from core.application import Application
from core.errors import LorelensError, QuestionError

if TYPE_CHECKING:
    from core.captioning import Captioner

AHEAD = 16
"""Lines that are read ahead of the captions that are awaited, so that a model that batches has something to batch."""

Language = Literal["en", "zh"]


def caption(
    pictures: Annotated[list[Path] | None, typer.Argument(help="The pictures to describe.", metavar="PICTURE")] = None,
    language: Annotated[Language, typer.Option("--language", help="What the captions are written in.")] = "en",
    as_json: JsonOption = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Read the path of one picture a line from standard input, write one line of JSON for each, in order.",
        ),
    ] = False,
    data: DataOption = None,
) -> None:
    """Describe pictures; several are given to the model side by side."""
    run(_caption(pictures or [], language, data, as_json=as_json, batch=batch), as_json=as_json)


async def _caption(
    pictures: Sequence[Path], language: Language, data: Path | None, *, as_json: bool, batch: bool
) -> int:
    if not pictures and not batch:
        raise QuestionError("There is no picture to describe.", hint="Name one or several files, or use --batch.")
    console = Console()
    errors: list[LorelensError] = []
    async with Application(settings_for(data)) as application:
        describer = await Describer.open(application, language)
        paths = _lines() if batch else _given(pictures)
        async with aclosing(described(paths, describer)) as results:
            async for path, result in results:
                errors += [result] if isinstance(result, LorelensError) else []
                _show(path, result, console, as_json=as_json or batch)
    codes = {error.exit_code for error in errors}
    return codes.pop() if len(codes) == 1 else 2 if codes else 0


class Describer:
    """Describes picture files: with the chat model where it sees, else by what can be read and measured in them."""

    def __init__(self, application: Application, captioner: "Captioner | None", language: Language) -> None:
        self._application = application
        self._captioner = captioner
        self._language: Language = language

    @classmethod
    async def open(cls, application: Application, language: Language) -> "Describer":
        """With the chat model of the settings; says so where it does not see."""
        captioner = await application.captioner()
        if captioner is None:
            sys.stderr.write(
                f'The model "{application.settings.model}" does not see pictures, so this is what can be read and '
                "measured in them. Set LORELENS_MODEL to one that sees to have them described.\n"
            )
        return cls(application, captioner, language)

    async def describe(self, path: Path) -> dict[str, Any]:
        """The caption of a file, and the model that wrote it (empty: what was read and measured).

        Raises:
            PictureError: it is no picture that can be read.
            ModelUnavailableError: the model is away.
        """
        from bots.ask import read_picture
        from core.picture_words import measured_in

        picture = await asyncio.to_thread(read_picture, path)
        lines = await asyncio.to_thread(self._application.ocr.read, picture.data)
        said = ""
        if self._captioner is not None:
            said = await self._captioner.caption(picture.data, lines, language=self._language)
        model = self._captioner.model if self._captioner is not None and said else ""
        said = said or await measured_in(picture.data, lines, self._language)
        return {"picture": str(path), "caption": said, "model": model, "language": self._language}


async def described(
    paths: AsyncGenerator[Path | LorelensError], describer: Describer
) -> AsyncGenerator[tuple[Path | None, dict[str, Any] | LorelensError]]:
    """Each path with its fields, or why there are none, in order; some are under way at once."""
    under_way: asyncio.Queue[tuple[Path | None, asyncio.Task[dict[str, Any] | LorelensError]] | None] = asyncio.Queue(
        AHEAD
    )
    tasks: set[asyncio.Task[Any]] = set()

    async def begin() -> None:
        try:
            async with aclosing(paths):
                async for path in paths:
                    task = asyncio.create_task(_result(path, describer))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    await under_way.put((path if isinstance(path, Path) else None, task))
        finally:
            await under_way.put(None)

    beginning = asyncio.create_task(begin())
    try:
        while (one := await under_way.get()) is not None:
            yield one[0], await one[1]
        await beginning
    finally:
        for task in (beginning, *tasks):
            task.cancel()
        await asyncio.gather(beginning, *tasks, return_exceptions=True)


async def _result(path: Path | LorelensError, describer: Describer) -> dict[str, Any] | LorelensError:
    if isinstance(path, LorelensError):
        return path
    try:
        return await describer.describe(path)
    except LorelensError as error:
        return error


async def _given(pictures: Sequence[Path]) -> AsyncGenerator[Path | LorelensError]:
    for path in pictures:
        yield path


async def _lines() -> AsyncGenerator[Path | LorelensError]:
    """The paths that standard input names: a plain one a line, or a JSON object with `picture`."""
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        text = line.decode("utf-8", errors="replace")
        if not text.strip():
            continue
        try:
            plain, picture = parse(text)
        except LorelensError as error:
            yield error
        else:
            yield Path(picture or plain)


def _show(path: Path | None, result: dict[str, Any] | LorelensError, console: Console, *, as_json: bool) -> None:
    if as_json:
        fields = result
        if isinstance(result, LorelensError):
            fields = {"picture": str(path) if path is not None else None, "error": error_fields(result)}
        print(json.dumps(fields, ensure_ascii=False), flush=True)
    elif isinstance(result, LorelensError):
        report(result)
    else:
        console.print(f"[bold cyan]{path}[/]", highlight=False)
        console.print(f"   {result['caption']}\n", highlight=False, markup=False)
