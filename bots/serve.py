"""`lorelens serve`: the process that a chat platform talks to, with a worker beside it."""

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
    """One process a platform."""


@serve.command()
def slack(turns: TurnsOption = 4, no_worker: NoWorkerOption = False, data: DataOption = None) -> None:
    """Serve Slack, by Socket Mode or HTTP, until SIGTERM; docs/slack.md says how to set it up."""
    from bots.slack.serve import serve_slack

    run(serve_slack(0 if no_worker else turns, data))
