"""`lorelens search` and `lorelens pictures`: what the index holds for a question, without an answer."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bots.batch import run_batch
from bots.running import BatchOption, DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError, UnavailableError
from core.knowledge.index import Hit

if TYPE_CHECKING:
    from core.knowledge.picture_search import SearchedPicture
    from core.knowledge.search import KnowledgeSearch

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
    like: Annotated[
        Path | None, typer.Option("--like", help="A picture that those to be found are like.", metavar="PICTURE")
    ] = None,
    limit: LimitOption = 5,
    source: SourceOption = None,
    as_json: JsonOption = False,
    batch: BatchOption = False,
    data: DataOption = None,
) -> None:
    """Find pictures by what they show, or by a picture that they are like."""
    run(_search(question, limit, source, ("picture",), data, like=like, as_json=as_json, batch=batch), as_json=as_json)


async def _search(
    question: str,
    limit: int,
    sources: Sequence[str] | None,
    kinds: Kinds,
    data: Path | None,
    *,
    like: Path | None = None,
    as_json: bool,
    batch: bool,
) -> int:
    async with Application(settings_for(data)) as application:
        knowledge = await application.knowledge()

        async def find(question: str, picture: str | None = None) -> list[Hit]:
            if picture and kinds == ("picture",):
                sent = await _searched(Path(picture), application, knowledge)
                return await knowledge.like(sent, question, limit=limit, sources=tuple(sources) if sources else None)
            query = f"{question}\n{_read(picture, application)}".strip() if picture else question.strip()
            if not query:
                raise QuestionError("There is nothing to look for.", hint="Write a question or some keywords.")
            return await knowledge.search(query, limit=limit, kinds=kinds, sources=tuple(sources) if sources else None)

        async def line(question: str, picture: str | None) -> dict[str, Any]:
            return {"question": question, "hits": [hit_fields(hit) for hit in await find(question, picture)]}

        if batch:
            return await run_batch(line)
        if as_json:
            print(json.dumps(await line(question, str(like) if like else None), ensure_ascii=False))
            return 0
        from bots.hits import show_hits

        show_hits(await find(question, str(like) if like else None), picture_path=application.pictures.path)
        return 0


async def _searched(path: Path, application: Application, knowledge: "KnowledgeSearch") -> "SearchedPicture":
    """A picture that is searched by; where its looks can't be compared and it says little, a model describes it."""
    from bots.ask import read_picture
    from core.knowledge.picture_search import SearchedPicture
    from core.picture_words import reads_little, words_of

    picture = await asyncio.to_thread(read_picture, path)
    lines = await asyncio.to_thread(application.ocr.read, picture.data)
    captioner = None
    if reads_little(lines) and not knowledge.sees_pictures:
        try:
            captioner = await application.captioner()
        except UnavailableError as error:
            sys.stderr.write(f"The picture is searched by without a description: {error.message}\n")
    words = await words_of(picture.data, lines, captioner)
    return SearchedPicture(picture.picture.sha256, picture.data, words)


def _read(picture: str, application: Application) -> str:
    """What can be read in a picture that is searched by."""
    from bots.ask import read_picture
    from core.models.ocr import text_of

    return text_of(application.ocr.read(read_picture(Path(picture)).data))


def hit_fields(hit: Hit) -> dict[str, Any]:
    """A hit for a script; `source` is the file's path in the ingested folder, `also_in` those of its copies."""
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
        "url": passage.url,
        "also_in": list(hit.also_in),
    }
