"""`lorelens feedback`: what people said of the answers, newest first, with the answer and its sources where kept."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application

if TYPE_CHECKING:  # it brings LangChain along
    from core.explaining.record import AnswerRecord
    from core.messages import Message
    from core.quality.feedback import Feedback

SHOWN_CHARACTERS = 600


def feedback(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many, the newest.")] = 20,
    only_bad: Annotated[bool, typer.Option("--not-helpful", help="Only answers that did not help.")] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Show what people said of the answers, newest first."""
    run(_feedback(limit, data, only_bad=only_bad, as_json=as_json), as_json=as_json)


async def _feedback(limit: int, data: Path | None, *, only_bad: bool, as_json: bool) -> int:
    from core.explaining.keeping import KeptAnswers
    from core.quality.feedback import FeedbackBook

    async with Application(settings_for(data)) as application:
        store = await application.conversations()
        kept = KeptAnswers(store)
        said = await FeedbackBook(store).newest(limit, only_bad=only_bad)
        judged: list[dict[str, Any]] = []
        for one in said:
            record = await kept.find(one.conversation, one.message_id)
            question = next(iter(await store.messages(one.conversation, [one.message_id])), None)
            judged.append(fields_of(one, record, question))
    if as_json:
        print(json.dumps(judged, ensure_ascii=False))
        return 0
    console = Console()
    if not judged:
        console.print("Nobody has said anything of an answer yet.")
    for one in judged:
        _show(one, console)
    return 0


def fields_of(one: "Feedback", record: "AnswerRecord | None", question: "Message | None" = None) -> dict[str, Any]:
    """Feedback for a script. Question, answer and sources are null or empty where they are kept no more; so is the
    answer where another has come in its place since."""
    same = record is not None and record.answered_at <= one.given_at
    return {
        "helpful": one.helpful,
        "reason": one.reason,
        "text": one.text,
        "given_at": one.given_at.isoformat(),
        "person": one.person.id,
        "person_name": one.person.name,
        "conversation": one.conversation,
        "message": one.message_id,
        "question": record.question.text if record is not None else question.text if question is not None else None,
        "answer": record.reply.text if record is not None and same else None,
        "answered_anew": record is not None and not same,
        "sources": [
            {"source": cited.source, "heading": cited.heading, "page": cited.page, "url": cited.url}
            for cited in (record.reply.citations if record is not None and same else ())
        ],
    }


def _show(one: dict[str, Any], console: Console) -> None:
    mark = ("helpful", "bold green") if one["helpful"] else ("not helpful", "bold red")
    when = one["given_at"][:16].replace("T", " ")
    why = " · ".join(part for part in (one["reason"], one["text"]) if part)
    console.print(Text.assemble(mark, f"  {when}  {one['person_name'] or one['person']}", (f"  {why}", "italic")))
    question = one["question"] if one["question"] is not None else "(the question is kept no more)"
    console.print(Padding(Text(_shortened(question), style="bold"), (0, 0, 0, 3)))
    if one["answer"] is not None:
        console.print(Padding(Text(_shortened(one["answer"])), (0, 0, 0, 3)))
    elif one["answered_anew"]:
        console.print(Padding(Text("(it was answered anew since)", style="dim"), (0, 0, 0, 3)))
    for source in one["sources"]:
        place = " › ".join(part for part in (source["source"], source["heading"]) if part)
        console.print(Padding(Text(f"{place}  {source['url']}".rstrip(), style="cyan"), (0, 0, 0, 3)))
    console.print()


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS].rstrip() + " …"
