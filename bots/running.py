"""Running a command: settings in, errors out as a sentence, a hint and an exit code."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import LorelensError, SettingsError

EXIT_CODES = (
    "Exit codes: 0 done · 1 unexpected error · 2 the input can't be taken · 3 a setting or a part is missing · "
    "4 a service is away, try again later · 5 no (`access explain`) · 130 interrupted."
)

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="The folder that holds all state.",
        envvar="LORELENS_DATA",
        show_default=".lorelens",
        metavar="DIR",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
BatchOption = Annotated[
    bool,
    typer.Option(
        "--batch",
        help="Read one question a line from standard input, write one line of JSON for each, in order. "
        'A line that is a JSON object may carry "question" and "picture".',
    ),
]


def settings_for(data: Path | None) -> Any:
    """The settings, with the data folder that the command line names.

    Raises:
        SettingsError: a setting is unknown or has a value that can't be.
    """
    from pydantic import ValidationError

    from config.settings import Settings

    try:
        return Settings(data=data) if data is not None else Settings()
    except ValueError as error:
        problems = str(error)
        if isinstance(error, ValidationError):
            problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise SettingsError(
            f"The settings can't be read: {problems}.", hint="Check lorelens.toml and the LORELENS_* variables."
        ) from error


def run(work: Coroutine[Any, Any, int | None], *, as_json: bool = False) -> None:
    """Run a command to its end and leave with its exit code."""
    try:
        code = asyncio.run(work) or 0
    except LorelensError as error:
        report(error, as_json=as_json)
        code = error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = 130
    except BrokenPipeError:
        # Whoever read our output went away (`| head`); there is nobody left to tell.
        sys.stderr.close()
        code = 0
    raise typer.Exit(code)


def report(error: LorelensError, *, as_json: bool = False) -> None:
    """Say what went wrong: to a person on standard error, to a script as JSON on standard output too."""
    if as_json:
        print(json.dumps({"error": error_fields(error)}, ensure_ascii=False), flush=True)
    sys.stderr.write(f"Error: {error.message}\n" + (f"{error.hint}\n" if error.hint else ""))


def error_fields(error: LorelensError) -> dict[str, str]:
    """An error for a script."""
    return {"code": error.code, "message": error.message, "hint": error.hint}
