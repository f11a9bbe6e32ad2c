"""`lorelens queue` and `lorelens dead`: what waits for an answer, and what was given up."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError
from core.mailbox import DeadLetter, Mailbox, mailboxes

dead = typer.Typer(
    name="dead", help="Questions that were given up: list, show, retry or drop them.", no_args_is_help=True
)

IdArgument = Annotated[str, typer.Argument(help="The dead letter's id, or the beginning of it.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of them.")]


def queue(as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show what waits for an answer: how much, since when, in which workspaces."""
    run(_queue(data, as_json=as_json), as_json=as_json)


async def _queue(data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        store = await application.conversations()
        states = {mailbox.platform: await mailbox.state() for mailbox in await mailboxes(store)}
    if as_json:
        print(json.dumps({name: state.model_dump() for name, state in states.items()}))
        return 0
    console = Console()
    if not states:
        console.print("Nothing was ever asked here by a platform.")
    for name, state in states.items():
        console.print(
            f"[bold]{name}[/]: {state.conversations} conversations wait or are being answered, "
            f"the oldest for {state.oldest:.0f} s; {state.delayed} are to be tried again, {state.dead} were given up."
        )
        for workspace, count in state.by_workspace.items():
            console.print(f"  {workspace}  {count}", highlight=False)
    return 0


@dead.command("list")
def list_(as_json: JsonOption = False, data: DataOption = None) -> None:
    """List them, the oldest first."""
    run(_list(data, as_json=as_json), as_json=as_json)


async def _list(data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        letters = [letter for _, letter in await _letters(application)]
    if as_json:
        print(json.dumps([_fields(letter) for letter in letters], ensure_ascii=False))
        return 0
    if not letters:
        Console().print("Nothing was given up.")
        return 0
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("id", "given up", "conversation", "questions", "why"):
        table.add_column(column, overflow="fold")
    for letter in letters:
        when = letter.buried_at.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(letter.id, when, letter.conversation, str(len(letter.message_ids)), letter.error)
    Console().print(table)
    return 0


@dead.command()
def show(letter: IdArgument, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show one, with the texts of its questions."""
    run(_show(letter, data, as_json=as_json), as_json=as_json)


async def _show(wanted: str, data: Path | None, *, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        ((mailbox, letter),) = await _chosen(application, wanted, every=False)
        messages = await mailbox.store.messages(letter.conversation, letter.message_ids)
    texts = {message.id: message.text for message in messages}
    if as_json:
        print(json.dumps({**_fields(letter), "texts": texts}, ensure_ascii=False))
        return 0
    console = Console()
    for name, value in _fields(letter).items():
        console.print(f"[bold]{name}[/]  {value}", highlight=False)
    for message_id in letter.message_ids:
        console.print(f"\n[bold]{message_id}[/]", highlight=False)
        console.print(texts.get(message_id, "(deleted or forgotten)"), markup=False, highlight=False)
    return 0


@dead.command()
def retry(
    letter: IdArgument = "", every: AllOption = False, as_json: JsonOption = False, data: DataOption = None
) -> None:
    """Ask again; the answer takes the place of the reason that was posted."""
    run(_each("retried", Mailbox.retry, letter, data, every=every, as_json=as_json), as_json=as_json)


@dead.command()
def drop(
    letter: IdArgument = "", every: AllOption = False, as_json: JsonOption = False, data: DataOption = None
) -> None:
    """Remove for good."""
    run(_each("dropped", Mailbox.drop, letter, data, every=every, as_json=as_json), as_json=as_json)


async def _each(
    done: str,
    act: Callable[[Mailbox, DeadLetter], Awaitable[bool]],
    wanted: str,
    data: Path | None,
    *,
    every: bool,
    as_json: bool,
) -> int:
    async with Application(settings_for(data)) as application:
        chosen = await _chosen(application, wanted, every=every)
        ids = [letter.id for mailbox, letter in chosen if await act(mailbox, letter)]
    if as_json:
        print(json.dumps({done: ids}))
    else:
        Console().print(f"{len(ids)} {done}.")
    return 0


async def _letters(application: Application) -> list[tuple[Mailbox, DeadLetter]]:
    store = await application.conversations()
    found = [(mailbox, letter) for mailbox in await mailboxes(store) for letter in await mailbox.dead_letters()]
    return sorted(found, key=lambda one: one[1].buried_at)


async def _chosen(application: Application, wanted: str, *, every: bool) -> Sequence[tuple[Mailbox, DeadLetter]]:
    if bool(wanted) == every:
        raise QuestionError("It is not said which.", hint="Name one by its id (`lorelens dead list`), or use --all.")
    letters = await _letters(application)
    if every:
        return letters
    chosen = [one for one in letters if one[1].id.startswith(wanted)]
    if len(chosen) != 1:
        found = "There is none" if not chosen else f"There are {len(chosen)}"
        raise QuestionError(f"{found} whose id begins with {wanted}.", hint="See `lorelens dead list`.")
    return chosen


def _fields(letter: DeadLetter) -> dict[str, Any]:
    return letter.model_dump(
        mode="json", include={"id", "platform", "conversation", "message_ids", "error", "tries", "buried_at"}
    )
