"""`lorelens serve`: the process that a chat platform talks to, with a worker beside it."""

from pathlib import Path
from typing import Annotated

import typer

from bots.running import DataOption, run
from bots.serve_worker import TurnsOption

serve = typer.Typer(
    name="serve", help="Take in what people ask on a chat platform, and answer it.", no_args_is_help=True
)

NoWorkerOption = Annotated[
    bool, typer.Option("--no-worker", help="Take in alone; `lorelens worker` answers in processes of its own.")
]


@serve.callback()
def platforms() -> None:
    """One process a platform, or one for all."""


@serve.command()
def slack(turns: TurnsOption = 4, no_worker: NoWorkerOption = False, data: DataOption = None) -> None:
    """Serve Slack, by Socket Mode or HTTP, until SIGTERM; docs/slack.md says how to set it up."""
    _serve(["slack"], turns, no_worker, data)


@serve.command()
def discord(turns: TurnsOption = 4, no_worker: NoWorkerOption = False, data: DataOption = None) -> None:
    """Serve Discord until SIGTERM; docs/discord.md says how to set it up."""
    _serve(["discord"], turns, no_worker, data)


@serve.command()
def web(turns: TurnsOption = 4, no_worker: NoWorkerOption = False, data: DataOption = None) -> None:
    """Serve the web page and the HTTP API until SIGTERM, by default for this machine alone; see docs/web.md."""
    _serve(["web"], turns, no_worker, data)


@serve.command(name="all")
def every(turns: TurnsOption = 4, no_worker: NoWorkerOption = False, data: DataOption = None) -> None:
    """Serve every platform that is set up, in one process, until SIGTERM."""
    _serve([], turns, no_worker, data)


def _serve(names: list[str], turns: int, no_worker: bool, data: Path | None) -> None:
    from bots.serve_platforms import serve_platforms

    run(serve_platforms(names, 0 if no_worker else turns, data))
