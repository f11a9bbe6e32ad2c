"""The command line: `lorelens`."""

import os
from typing import Annotated

import typer

from bots.running import EXIT_CODES

app = typer.Typer(
    name="lorelens",
    help="A teammate that reads the team's documents and looks at its pictures.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        print(f"lorelens {version('lorelens')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Ask `lorelens COMMAND --help` for the options of one command."""


def _register() -> None:
    from bots.access import access
    from bots.ask import ask
    from bots.caption import caption
    from bots.chat import chat
    from bots.demo import demo
    from bots.doctor import doctor
    from bots.evaluate import evaluate
    from bots.feedback import feedback
    from bots.index import index
    from bots.knowledge import forget, ingest_command
    from bots.models import models
    from bots.queue import dead, queue
    from bots.search import pictures, search
    from bots.serve import serve
    from bots.serve_worker import worker
    from bots.sources import sources
    from bots.tools import tools
    from bots.train import train_command
    from bots.web_people import web
    from bots.why import why

    app.command()(ask)
    app.command()(chat)
    app.command("ingest")(ingest_command)
    for command in (search, pictures, caption, forget, doctor, demo, worker, queue, feedback, evaluate, why, models):
        app.command()(command)
    app.command("train")(train_command)
    app.add_typer(dead)
    app.add_typer(access)
    app.add_typer(index)
    app.add_typer(tools)
    app.add_typer(serve)
    app.add_typer(sources)
    app.add_typer(web)


_register()


def main() -> None:
    """The entry point. Threads of numerical libraries that spin while they wait would take a core from the rest."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    app()
