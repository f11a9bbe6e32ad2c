"""`lorelens why`: why an answer is what it is: its sentences with their scores, regions of pictures, attention."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError, SettingsError

if TYPE_CHECKING:  # these bring LangChain along
    from core.explaining.explainer import Drawing
    from core.explaining.explanation import Explanation
    from core.explaining.record import AnswerRecord
    from core.turn import PictureSource


def why(
    answer: Annotated[
        str, typer.Argument(help="The id of the question, as `--json` gives it; without it, the last answer.")
    ] = "",
    word: Annotated[str, typer.Option("--word", help="Show where a local model looked when it said this word.")] = "",
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page to this file.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the drawn pictures into this folder.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Show it as a page in the browser.")] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Explain an answer: the sentences with their scores, what it quotes from pictures, where a local model looked."""
    run(_why(answer, word, html, out, data, show=show, as_json=as_json), as_json=as_json)


async def _why(
    answer: str, word: str, html: Path | None, out: Path | None, data: Path | None, *, show: bool, as_json: bool
) -> int:
    async with Application(settings_for(data)) as application:
        record, find = await _find(answer, application)
        explainer = application.explainer(find)
        explanation = await explainer.explain(record, word=word)
        drawings = await explainer.draw(explanation) if html or out or show or not as_json else []
        page = html or (_page_to_show() if show else None)
        if page is not None:
            from core.explaining.page import page_of

            _write(page, page_of(explanation, drawings).encode())
        files = write_drawings(drawings, out) if out is not None else {}
        if as_json:
            print(explanation.model_dump_json())
        else:
            show_in_terminal(explanation, drawings, files)
        if show and page is not None:
            import webbrowser

            if not webbrowser.open(page.absolute().as_uri()):
                sys.stderr.write(f"No browser could be opened; the page is {page}.\n")
    return 0


async def _find(answer: str, application: Application) -> "tuple[AnswerRecord, PictureSource | None]":
    """What an answer stood on, and where the pictures of its question are."""
    from core.explaining.keeping import KeptAnswers, LastAnswerFile

    last = LastAnswerFile(application.data).read()
    if last is not None and last.record is not None and answer in {"", last.record.id}:
        pictures = last.pictures

        async def find(sha256: str) -> bytes | None:
            return pictures.get(sha256)

        return last.record, find
    if not answer and last is None:
        raise QuestionError("There is no answer yet that could be explained.", hint="Ask something first.")
    store = await application.conversations()
    kept = KeptAnswers(store)
    if answer:
        record = await kept.find_anywhere(answer)
    else:
        record = await kept.find(last.conversation, last.message_id) if last is not None else None
    if record is None:
        raise QuestionError(
            "What this answer stood on is not kept, or not any more.",
            hint="Of `lorelens ask` the last answer is kept; of a conversation all, until its messages are forgotten.",
        )
    return record, store.picture


def show_in_terminal(
    explanation: "Explanation", drawings: "Sequence[Drawing]", files: dict[tuple[str, str], Path]
) -> None:
    """Print an explanation, and how to see what was drawn."""
    from rich.console import Console

    from adapters.terminal.explanation import show_explanation

    show_explanation(explanation, files)
    if drawings and not files:
        Console().print("\n[dim]`lorelens why --open` shows this with the pictures; `--out FOLDER` writes them.[/]")


def write_drawings(drawings: "Sequence[Drawing]", folder: Path) -> dict[tuple[str, str], Path]:
    """Write drawn pictures into a folder; answers where each is, by the hash of its picture and its kind."""
    files: dict[tuple[str, str], Path] = {}
    for number, drawing in enumerate(drawings, start=1):
        path = folder / f"{number}-{drawing.drawn.picture.name}"
        if drawing.drawn.picture.media_type == "image/jpeg":
            path = path.with_suffix(".jpg")
        _write(path, drawing.drawn.data)
        files[drawing.of.picture.sha256, drawing.kind] = path
    return files


def _page_to_show() -> Path:
    """A page for one's own eyes; a browser reads it after this process has ended."""
    import tempfile

    return Path(tempfile.mkdtemp(prefix="lorelens-why-")) / "why.html"


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be written: {error.strerror}.", hint="Name a file or folder that is yours."
        ) from error
