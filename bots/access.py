"""`lorelens access`: who may see what of the knowledge, and why."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import QuestionError
from core.messages import Author, Message, Place
from core.question import Question

if TYPE_CHECKING:
    from core.knowledge.access_report import DocumentAccess

NOT_ALLOWED = 5
"""The exit code that says no."""

access = typer.Typer(name="access", help="Say who may see what of the knowledge, and why.", no_args_is_help=True)


@access.callback()
def together() -> None:
    """Say who may see what of the knowledge, and why."""


@access.command()
def explain(
    user: Annotated[
        str,
        typer.Argument(
            help='Who: PLATFORM/WORKSPACE/PERSON, such as "slack/T024/U061"; with --as, a name for them.',
        ),
    ],
    document: Annotated[
        str, typer.Argument(help="What: SOURCE/PATH, a path as citations give it, or the name of a source.")
    ],
    channel: Annotated[
        str, typer.Option("--in", help="Ask for an answer in this channel (its id), which all there can read.")
    ] = "",
    held: Annotated[
        list[str] | None,
        typer.Option("--as", help="Ask no platform: these are the principals held; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Say whether somebody may see a document, and why. Exit code 0: yes; 5: no; others as everywhere."""
    run(_explain(user, document, channel, tuple(held or ()), data, as_json=as_json), as_json=as_json)


async def _explain(
    user: str, document: str, channel: str, held: tuple[str, ...], data: Path | None, *, as_json: bool
) -> int:
    from core.knowledge.access_report import document_access

    async with Application(settings_for(data)) as application:
        unknown: list[str] = []
        audience = held or await _audience(user, channel, application, unknown)
        found = await document_access(document, audience, ledger=application.ledger, index=await application.index())
    allowed = all(one.allowed for one in found)
    if as_json:
        import json

        said = {
            "user": user,
            "channel": channel,
            "allowed": allowed,
            "held": sorted(audience),
            "not_learned": unknown,
            "documents": [one.model_dump() for one in found],
        }
        print(json.dumps(said, ensure_ascii=False))
    else:
        _tell(user, channel, audience, unknown, found, given=bool(held))
    return 0 if allowed else NOT_ALLOWED


async def _audience(user: str, channel: str, application: Application, unknown: list[str]) -> tuple[str, ...]:
    """What the platform says now that somebody, or a channel, holds; what it does not say is added to `unknown`."""
    from bots.platforms import platforms

    platform, workspace, person = _named(user)
    place = Place(
        platform=platform,
        workspace=workspace,
        channel=channel or "access",
        visibility="private" if channel else "direct",
    )
    message = Message(id="access", place=place, author=Author(id=person), text="", sent_at=datetime.now(UTC))
    delivery = {"team": workspace, "enterprise": "", "user": person, "guild": "" if workspace == "@me" else workspace}
    (adapter,) = await platforms(application, [platform])
    try:
        async with _learning(unknown):
            return await adapter.audience(Question(message=message, delivery={**delivery}))
    finally:
        await adapter.close()


def _named(user: str) -> tuple[str, str, str]:
    parts = user.split("/")
    if len(parts) != 3 or not all(parts):
        raise QuestionError(
            f'"{user}" names nobody.',
            hint='Write PLATFORM/WORKSPACE/PERSON, such as "slack/T024/U061", or say with --as what they hold.',
        )
    platform, workspace, person = parts
    return platform, workspace, person


@asynccontextmanager
async def _learning(unknown: list[str]) -> AsyncGenerator[None]:
    """Note what an adapter logs while it asks: where a platform does not say all, an answer draws on less."""

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            unknown.append(record.getMessage())

    noting, log = Noting(logging.WARNING), logging.getLogger("adapters")
    log.addHandler(noting)
    try:
        yield
    finally:
        log.removeHandler(noting)


def _tell(
    user: str,
    channel: str,
    audience: Sequence[str],
    unknown: Sequence[str],
    found: "Sequence[DocumentAccess]",
    *,
    given: bool,
) -> None:
    where = f"In channel {channel}" if channel else "Directly"
    for one in found:
        name = f"{one.source}/{one.path}" if one.path else f"the source {one.source}"
        print(f"{'Yes' if one.allowed else 'No'}. {where}, {user} {'may' if one.allowed else 'may not'} see {name}.")
        print(f"  {_why(one)}")
        _list("The source names", one.source_readers)
        if one.path and set(one.document_readers) != set(one.source_readers):
            _list("In the index the document names", one.document_readers)
    _list("Held, as given" if given else "Held, as the platform says now", sorted(audience))
    for said in unknown:
        print(f"  Not all could be learned: {said}")


def _why(one: "DocumentAccess") -> str:
    if one.path and not one.passages:
        return "The document is not in the index (yet), so nobody is shown anything of it."
    if one.allowed:
        return f"Held and named: {', '.join(one.through)}."
    if one.through:
        return (
            "What the source names now and what the index holds differ: the index is being rewritten, or the next "
            "`lorelens ingest` or sync does it."
        )
    return "Nothing that is held is named."


def _list(title: str, named: Sequence[str]) -> None:
    from core.knowledge.access_report import in_words

    print(f"  {title}:")
    for principal in named or ("nobody",):
        print(f"    {principal}" + (f"  ({in_words(principal)})" if named else ""))
