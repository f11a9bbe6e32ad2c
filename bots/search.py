"""`lorelens search` and `lorelens pictures`: what the index holds for a question, without an answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bots.batch import run_batch
from bots.running import BatchOption, DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError
from core.knowledge.index import Hit

QuestionArgument = Annotated[str, typer.Argument(help="What to look for, in any language.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many hits.")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")]

Kinds = tuple[Literal["text", "picture"], ...]


def search(
    question: QuestionArgument = "",
    limit: LimitOption = 5,
    source: SourceOption = None,
    as_json: JsonOption = False,
    batch: BatchOption = False,
    data: DataOption = None,
) -> None:
    """Search the team's documents and pictures; show the passages that fit best."""
    run(_search(question, limit, source, ("text", "picture"), data, as_json=as_json, batch=batch), as_json=as_json)


def pictures(
    question: QuestionArgument = "",
    limit: LimitOption = 5,
    source: SourceOption = None,
    as_json: JsonOption = False,
    batch: BatchOption = False,
    data: DataOption = None,
) -> None:
    """Find pictures by what they show."""
    run(_search(question, limit, source, ("picture",), data, as_json=as_json, batch=batch), as_json=as_json)


async def _search(
    question: str,
    limit: int,
    sources: Sequence[str] | None,
    kinds: Kinds,
    data: Path | None,
    *,
    as_json: bool,
    batch: bool,
) -> int:
    async with Application(settings_for(data)) as application:
        knowledge = await application.knowledge()

        async def find(question: str, picture: str | None = None) -> list[Hit]:
            query = f"{question}\n{_read(picture, application)}".strip() if picture else question.strip()
            if not query:
                raise QuestionError("There is nothing to look for.", hint="Write a question or some keywords.")
            return await knowledge.search(query, limit=limit, kinds=kinds, sources=tuple(sources) if sources else None)

        async def line(question: str, picture: str | None) -> dict[str, Any]:
            return {"question": question, "hits": [hit_fields(hit) for hit in await find(question, picture)]}

        if batch:
            return await run_batch(line)
        if as_json:
            print(json.dumps(await line(question, None), ensure_ascii=False))
            return 0
        from bots.hits import show_hits

        show_hits(await find(question), picture_path=application.pictures.path)
        return 0


def _read(picture: str, application: Application) -> str:
    """What can be read in a picture that is searched by."""
    from bots.ask import read_picture
    from core.models.ocr import text_of

    return text_of(application.ocr.read(read_picture(Path(picture)).data))


def hit_fields(hit: Hit) -> dict[str, Any]:
    """A hit for a script; `source` is the file's path relative to the ingested folder."""
    passage = hit.passage
    return {
        "source": passage.path,
        "text": passage.text,
        "score": round(hit.score, 6),
        "kind": passage.kind,
        "heading": " › ".join(passage.heading_path),
        "page": passage.page,
        "title": passage.title,
        "in": passage.source,
    }
