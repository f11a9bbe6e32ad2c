"""`lorelens demo`: a small team handbook is read in, and a short conversation about it is played."""

import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from bots.running import DataOption, run, settings_for
from core.errors import SettingsError
from core.messages import Value
from core.reply import Reply, ReplyPart

CHECKOUT = Path(__file__).resolve().parents[1]
"""The handbook and its pictures come with the source code, not with the installed package."""
BUBBLE = 72


class Turn(Value):
    """What the person says, the picture beside it (below `demo/`), what the turn shows, and what tests expect of it."""

    say: str
    shows: str
    picture: str = ""
    expect: dict[str, Any] = Field(default_factory=dict[str, Any])


Ask = Callable[[str, Path | None], AsyncIterator[ReplyPart]]
"""A question, with a picture or without, to the parts of its reply."""


def demo(data: DataOption = None) -> None:
    """Read a small team handbook in and play a conversation about it."""
    run(_demo(data))


async def _demo(data: Path | None) -> int:
    folder = demo_folder()
    turns = read_turns(folder / "conversation.toml")
    # A folder of its own: the made-up handbook must not answer for the team's own documents.
    settings = settings_for(settings_for(data).data_folder / "demo")
    from bots.chat import Conversation
    from bots.knowledge import read_in, show_report
    from core.application import Application

    console = Console()
    console.print("\n[bold]1. Reading the handbook of a small made-up company[/]\n")
    async with Application(settings) as application:
        show_report(await read_in(application, folder / "handbook", "handbook", console), console)
        conversation = Conversation(application, await application.conversations(), "demo")
        await conversation.forget()

        async def ask(question: str, picture: Path | None) -> AsyncIterator[ReplyPart]:
            if picture is not None:
                await conversation.add_picture(picture)
            async for part in conversation.say(question):
                yield part

        console.print("\n[bold]2. A conversation about it[/]")
        await play(ask, turns, folder=folder, picture_path=application.pictures.path, console=console)
    where = _shortest(application.data)
    console.print(Rule(style="dim"))
    console.print(f"Go on in the browser:  lorelens serve web --data {where}", highlight=False, soft_wrap=True)
    console.print("                       then open http://127.0.0.1:8600/", highlight=False, soft_wrap=True)
    console.print(f"Or in the terminal:    lorelens chat --data {where}", highlight=False, soft_wrap=True)
    console.print("With your own folder:  lorelens ingest FOLDER, then lorelens chat", highlight=False, soft_wrap=True)
    return 0


async def play(
    ask: Ask, turns: Sequence[Turn], *, folder: Path, picture_path: Callable[[str], Path], console: Console
) -> list[Reply]:
    """Play a conversation, showing both sides; answers what was replied."""
    from adapters.terminal.render import render

    replies: list[Reply] = []
    for number, turn in enumerate(turns, start=1):
        picture = folder / turn.picture if turn.picture else None
        console.print()
        console.print(Rule(Text(f"{number} of {len(turns)}", style="dim"), style="dim"))
        console.print(Text(turn.shows, style="italic dim"))
        console.print(_bubble(turn.say, picture))
        replies.append(await render(ask(turn.say, picture), picture_path=picture_path, console=console))
    console.print()
    return replies


def demo_folder() -> Path:
    """The folder with the handbook.

    Raises:
        SettingsError: Lorelens was installed without its source code.
    """
    folder = CHECKOUT / "demo"
    if not (folder / "conversation.toml").is_file():
        raise SettingsError(
            "The handbook of the demonstration is not installed; it comes with the source code.",
            hint="Get the source code and run `make demo` in it, or read a folder of your own: lorelens ingest FOLDER.",
        )
    return folder


def read_turns(file: Path) -> list[Turn]:
    """The turns of a conversation file."""
    return TypeAdapter(list[Turn]).validate_python(tomllib.loads(file.read_text("utf-8"))["turn"])


def _bubble(said: str, picture: Path | None) -> Panel:
    text = Text(said, style="bold")
    if picture is not None:
        text.append(f"\n▣ {_shortest(picture)}", style="not bold green")
    return Panel(text, title="you", title_align="left", border_style="cyan", width=BUBBLE)


def _shortest(path: Path) -> Path:
    """The path as it is shortest to write from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
