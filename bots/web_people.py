"""`lorelens web`: who may get in to the web page and the API: people with passwords, and tokens."""

import json
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from bots.running import DataOption, JsonOption, run, settings_for
from core.errors import MissingPartError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Generator

    from bots.web.door.people_file import KeptPerson, KeptToken, PeopleFile

web = typer.Typer(name="web", help="Who may get in to the web page and the API (docs/web-access.md).")
people = typer.Typer(name="people", help="People who sign in with a password: add, change, remove and list them.")
tokens = typer.Typer(name="tokens", help="Tokens of the HTTP API: add, revoke and list them.")
web.add_typer(people)
web.add_typer(tokens)

Role = Literal["guest", "member", "operator"]
NameArgument = Annotated[str, typer.Argument(help="What they are called, and sign in with.")]
StdinOption = Annotated[
    bool, typer.Option("--stdin", help="Read the password from standard input: its first line, for scripts.")
]
RoleOption = Annotated[
    str,
    typer.Option(
        "--role",
        metavar="guest|member|operator",
        help="What they may: a guest sees what guests may, a member the team's knowledge; an operator looks after the "
        "knowledge and the quality too.",
    ),
]
PrincipalOption = Annotated[
    list[str] | None,
    typer.Option(
        "--principal",
        metavar="WHO",
        help="What they hold beside that, as sources name it: slack/T024/channel/C061; may be repeated.",
    ),
]


@web.callback()
def together() -> None:
    """Who may get in to the web page and the API."""


@people.callback(invoke_without_command=True)
def list_people(context: typer.Context, as_json: JsonOption = False, data: DataOption = None) -> None:
    """List the people; without a command."""
    if context.invoked_subcommand is None:
        run(_list_people(data, as_json=as_json), as_json=as_json)


@people.command("list")
def list_people_too(as_json: JsonOption = False, data: DataOption = None) -> None:
    """List the people: their roles, what they hold, and how many tokens they have."""
    run(_list_people(data, as_json=as_json), as_json=as_json)


async def _list_people(data: Path | None, *, as_json: bool) -> int:
    found = await _file(data).people()
    listed = [
        {
            "name": one.name,
            "role": one.role,
            "principals": list(one.principals),
            "password": bool(one.password),
            "tokens": sum(token.person == id_ for token in found.tokens.values()),
            "added_at": _day(one.added_at),
        }
        for id_, one in sorted(found.people.items())
    ]
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return 0
    if not listed:
        _say("There is nobody yet. Add somebody: `lorelens web people add NAME --role operator`.")
    for one in found.people.values():
        _say("  ".join([one.name, one.role, *one.principals, *([] if one.password else ["no password"])]))
    return 0


@people.command()
def add(
    name: NameArgument,
    role: RoleOption = "member",
    principal: PrincipalOption = None,
    stdin: StdinOption = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They have tokens alone, and don't sign in.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Add somebody; their password is asked for."""
    run(_add(name, role, tuple(principal or ()), data, stdin=stdin, no_password=no_password))


async def _add(
    name: str, role: str, principals: tuple[str, ...], data: Path | None, *, stdin: bool, no_password: bool
) -> int:
    file = _file(data)
    from bots.web.door.people_file import KeptPerson, new_name, person_id

    name, id_, known = new_name(name), person_id(name), await file.people()
    if id_ in known.people:
        raise _is_there(name)
    kept = KeptPerson(
        name=name,
        role=_role(role),
        principals=tuple(dict.fromkeys(principals)),
        password="" if no_password else _hashed(name, stdin=stdin),
        stamp=secrets.token_hex(8),
        added_at=time.time(),
    )
    async with file.changing() as change:
        if id_ in change.people:  # added meanwhile
            raise _is_there(name)
        change.people[id_] = kept
    _say(f"{name} may get in from now on, as {role}.")
    return 0


@people.command()
def change(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", metavar="guest|member|operator", help="From now on.")] = "",
    principal: Annotated[
        list[str] | None,
        typer.Option("--principal", metavar="WHO", help='In the place of what they held; "" alone for nothing.'),
    ] = None,
    data: DataOption = None,
) -> None:
    """Change somebody's role, or what they hold; running processes follow at once."""
    run(_change(name, role, principal, data))


async def _change(name: str, role: str, principals: Sequence[str] | None, data: Path | None) -> int:
    if not role and principals is None:
        raise QuestionError("What is to change?", hint="Write --role or --principal.")
    async with _file(data).changing() as change:
        id_, kept = change.known(name)
        said = tuple(dict.fromkeys(filter(None, principals))) if principals is not None else kept.principals
        kept = kept.model_copy(update={"role": _role(role) if role else kept.role, "principals": said})
        change.people[id_] = kept
    _say(f"{kept.name} is {kept.role} from now on{', with ' + ', '.join(said) if said else ''}.")
    return 0


@people.command()
def password(name: NameArgument, stdin: StdinOption = False, data: DataOption = None) -> None:
    """Give somebody another password; wherever they are signed in, they have to sign in again."""
    run(_password(name, data, stdin=stdin))


async def _password(name: str, data: Path | None, *, stdin: bool) -> int:
    file = _file(data)
    from bots.web.door.people_file import person_id

    known = (await file.people()).people.get(person_id(name))
    made = _hashed(known.name, stdin=stdin) if known is not None else ""
    async with file.changing() as change:
        id_, kept = change.known(name)
        change.people[id_] = kept.model_copy(update={"password": made, "stamp": secrets.token_hex(8)})
    _say(f"{kept.name} has a new password, and signs in with it from now on.")
    return 0


@people.command()
def remove(name: NameArgument, data: DataOption = None) -> None:
    """Remove somebody: their sessions end and their tokens with them. What they said is kept as long as all is."""
    run(_remove(name, data))


async def _remove(name: str, data: Path | None) -> int:
    async with _file(data).changing() as change:
        change.remove(name)
    _say(f"{name} does not get in any more.")
    return 0


@tokens.callback(invoke_without_command=True)
def list_tokens(context: typer.Context, as_json: JsonOption = False, data: DataOption = None) -> None:
    """List the tokens; without a command."""
    if context.invoked_subcommand is None:
        run(_list_tokens(data, as_json=as_json), as_json=as_json)


@tokens.command("list")
def list_tokens_too(as_json: JsonOption = False, data: DataOption = None) -> None:
    """List the tokens: whose they are, and until when."""
    run(_list_tokens(data, as_json=as_json), as_json=as_json)


async def _list_tokens(data: Path | None, *, as_json: bool) -> int:
    found = await _file(data).people()
    listed = [_listed_token(id_, one, found.people) for id_, one in found.tokens.items()]
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return 0
    if not listed:
        _say("There are no tokens yet. Make one: `lorelens web tokens add PERSON --name laptop`.")
    for one in listed:
        until = f"until {one['until']}" if one["until"] else "until it is revoked"
        _say(f"{one['id']}  {one['person']}  {one['name'] or '-'}  since {one['added_at']}, {until}")
    return 0


def _listed_token(id_: str, kept: "KeptToken", known: "dict[str, KeptPerson]") -> dict[str, str]:
    owner = known.get(kept.person)
    return {
        "id": id_,
        "person": owner.name if owner is not None else kept.person,
        "name": kept.name,
        "added_at": _day(kept.added_at),
        "until": _day(kept.until) if kept.until else "",
    }


@tokens.command("add")
def add_token(
    person: Annotated[str, typer.Argument(help="Whose it is: it may do what they may.")],
    name: Annotated[str, typer.Option("--name", help="What it is for, to tell it from others.")] = "",
    days: Annotated[int, typer.Option("--days", min=0, help="For how many days it is good; 0: until revoked.")] = 0,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Make a token of the API. It is shown now, and never again."""
    run(_add_token(person, name, days, data, as_json=as_json), as_json=as_json)


async def _add_token(person: str, name: str, days: int, data: Path | None, *, as_json: bool) -> int:
    file = _file(data)
    from bots.web.door.people_file import KeptToken, new_token
    from bots.web.door.secrets import digest

    token, id_, now = new_token(), secrets.token_hex(4), time.time()
    async with file.changing() as change:
        owner, _ = change.known(person)
        until = now + days * 86_400 if days else 0.0
        change.tokens[id_] = KeptToken(person=owner, name=name, sha256=digest(token), added_at=now, until=until)
    if as_json:
        print(json.dumps({"id": id_, "token": token}))
        return 0
    sys.stderr.write(f"This is token {id_}. Keep it where other secrets are: it is not shown again.\n")
    print(token)
    return 0


@tokens.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Its id, as `lorelens web tokens list` shows it.")],
    data: DataOption = None,
) -> None:
    """Let a token be good for nothing from now on."""
    run(_revoke(id_, data))


async def _revoke(id_: str, data: Path | None) -> int:
    async with _file(data).changing() as change:
        if id_ not in change.tokens:
            raise QuestionError(f'There is no token "{id_}".', hint="See `lorelens web tokens list`.")
        del change.tokens[id_]
    _say(f"Token {id_} is good for nothing any more.")
    return 0


def _file(data: Path | None) -> "PeopleFile":
    with _extra():
        from bots.web.door.people_file import PeopleFile

        return PeopleFile(settings_for(data).data_folder)


@contextmanager
def _extra() -> "Generator[None]":
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingPartError(
            f"The web page is not installed: {error.name} is missing.", hint='Install it: pip install "lorelens[web]".'
        ) from error


def _role(role: str) -> Role:
    roles: dict[str, Role] = {"guest": "guest", "member": "member", "operator": "operator"}
    if role not in roles:
        raise QuestionError(f'There is no role "{role}".', hint="Write guest, member or operator.")
    return roles[role]


def _hashed(name: str, *, stdin: bool) -> str:
    """A password that is asked for twice without echo, or the first line of standard input, hashed."""
    with _extra():
        from bots.web.door.passwords import hashed
    if stdin:
        return hashed(sys.stdin.readline().rstrip("\r\n"), name)
    if not sys.stdin.isatty():
        raise QuestionError("There is nobody to ask for a password.", hint="Give it on standard input, with --stdin.")
    return hashed(typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True), name)


def _is_there(name: str) -> QuestionError:
    return QuestionError(
        f"{name} is among the people already.",
        hint="Change them with `lorelens web people change`, or their password with `lorelens web people password`.",
    )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _say(text: str) -> None:
    Console().print(text, highlight=False, markup=False, soft_wrap=True)
