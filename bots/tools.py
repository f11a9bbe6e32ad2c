"""`lorelens tools`: what the assistant may ask outside the team's own knowledge, turned on and off per workspace."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bots.ask import HERE
from bots.running import DataOption, JsonOption, run, settings_for
from core.errors import QuestionError
from core.outside.switches import Switches, workspace_of

tools = typer.Typer(
    name="tools", help="What may be asked outside the team's own knowledge: list it, turn it on and off."
)

TERMINAL = workspace_of(HERE)
WorkspaceOption = Annotated[
    str,
    typer.Option(
        "--workspace",
        "-w",
        metavar="PLATFORM/ID",
        help="A Slack team (slack/T0123) or a Discord server (discord/123456); default: this terminal.",
    ),
]
NameArgument = Annotated[str, typer.Argument(help="web_search, wikipedia, knowledge_graph, or mcp:SERVER.")]


@tools.callback(invoke_without_command=True)
def list_(context: typer.Context, as_json: JsonOption = False, data: DataOption = None) -> None:
    """List what there is, and where it is on."""
    if context.invoked_subcommand is None:
        run(_list(data, as_json=as_json), as_json=as_json)


async def _list(data: Path | None, *, as_json: bool) -> int:
    from core.outside.opening import names_of

    settings = settings_for(data)
    switches = Switches(settings.data_folder).all()
    on = {name: sorted(one for one, names in switches.items() if name in names) for name in names_of(settings)}
    if as_json:
        print(json.dumps(on, ensure_ascii=False))
        return 0
    console = Console()
    if not on:
        console.print(
            "Nothing outside is set up. Name it with web_search, wikipedia, knowledge_graph or mcp_servers in the "
            "settings (docs/outside.md).",
            highlight=False,
        )
    for name, workspaces in on.items():
        console.print(f"{name}  {'on in ' + ', '.join(workspaces) if workspaces else 'off'}", highlight=False)
    return 0


@tools.command()
def on(
    name: NameArgument,
    workspace: WorkspaceOption = TERMINAL,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Turn one on in a workspace; running processes follow at the next question."""
    run(_turn(name, workspace, data, on=True, as_json=as_json), as_json=as_json)


@tools.command()
def off(
    name: NameArgument,
    workspace: WorkspaceOption = TERMINAL,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Turn one off in a workspace; running processes follow at once."""
    run(_turn(name, workspace, data, on=False, as_json=as_json), as_json=as_json)


async def _turn(name: str, workspace: str, data: Path | None, *, on: bool, as_json: bool) -> int:
    from core.outside.opening import names_of

    settings: Any = settings_for(data)
    there = names_of(settings)
    if on and name not in there:
        raise QuestionError(
            f'There is no "{name}" to turn on; there is: {", ".join(there) or "nothing"}.',
            hint="Name where it is asked in the settings first (docs/outside.md).",
        )
    platform, slash, rest = workspace.partition("/")
    if not (platform and slash and rest):
        raise QuestionError(f'"{workspace}" is no workspace.', hint="Write PLATFORM/ID, such as slack/T0123.")
    changed = Switches(settings.data_folder).turn(name, workspace, on=on)
    if as_json:
        print(json.dumps({"name": name, "workspace": workspace, "on": on, "changed": changed}))
        return 0
    state = "on" if on else "off"
    print(f"{name} is {state} in {workspace}." if changed else f"{name} was {state} in {workspace} already.")
    return 0
