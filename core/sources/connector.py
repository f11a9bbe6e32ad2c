"""The seam to what a team's knowledge comes from: a site, a repository, a chat's channels, an encyclopedia.

A connector brings what its source says now into a folder, the mirror; what is read into the index from there on is
`core.knowledge.ingest`'s, with all that it promises: incremental, resumable, safe to kill. Every connector passes the
contract in `tests/contract/connector.py`; others are found by the entry point group `lorelens.sources`.
"""

import os
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Protocol

from core.errors import QuestionError, SettingsError
from core.messages import EVERYONE, Value
from core.sources.mirror import Mirror

VARIABLE = "token_env"
"""The option of several kinds that names the environment variable with their token, which is written down nowhere."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class SourceSpec(Value):
    """A source as somebody set it up.

    `kind` names its connector ("git", "web", "slack"), `location` says where it is in the words of that kind (a URL, a
    folder, a workspace), `options` are the kind's own. `audience` are the principals who may see it; a connector whose
    source knows that itself (a channel) goes by the source, and by this nowhere more widely.
    """

    name: str
    kind: str
    location: str = ""
    options: Mapping[str, str] = {}
    audience: tuple[str, ...] = (EVERYONE,)
    url: str = ""


class Part(Value):
    """What is read in as one, for one audience: a whole site, or one channel of a workspace.

    `key` names it for good ("" where the source has one part alone), `name` for people. `url` is the address below
    which its files are seen, empty where each has its own or none has. `folder` says where its files lie already; then
    nothing is fetched, and they are read in from there.
    """

    key: str = ""
    name: str = ""
    audience: tuple[str, ...] = (EVERYONE,)
    url: str = ""
    folder: str = ""


class Watch(Protocol):
    """Who watches a source being fetched: called from the event loop, often."""

    def fetched(self, item: str, *, total: int | None = None) -> None:
        """One more document is there; `total` is how many are expected, where that is known."""
        ...

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had, and why in one sentence; the others go on."""
        ...


class Connector(Protocol):
    """Brings one source in. Made for one `SourceSpec`, closed after use; nothing is fetched before `parts`."""

    def parts(self) -> AsyncIterator[Part]:
        """The parts that the source has now. What it had before and has no more is forgotten.

        Raises:
            SettingsError: the source is not set up rightly, or refuses us; says what to do.
            UnavailableError: it can't be reached now; it is tried again later, and nothing is forgotten.
        """
        ...

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Bring the mirror of a part up to date: what is new or changed is written, what is gone is removed.

        It goes on from the mirror's cursor where it was interrupted, asks no more of the source than what may have
        changed, and keeps the cursor as it goes. Raises as `parts` does; what was written stays.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class ConnectorKind(Protocol):
    """A kind of source, as an entry point of `lorelens.sources` names it."""

    summary: str
    """What it is, in one line for `lorelens sources add --help`."""

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with its location and options made whole.

        Raises:
            QuestionError: something in it is wrong or missing; says what to write.
        """
        ...

    def open(self, spec: SourceSpec, given: Any) -> Connector:
        """Its connector. `given` is the running `core.application.Application`."""
        ...


def check_options(options: Mapping[str, str], known: Collection[str], called: str) -> None:
    """Whether there is no option but those that are known of a kind of source, which people know as `called`.

    Raises:
        QuestionError: there is another; says which there are. Or a token stands where its variable's name should.
    """
    if unknown := sorted(set(options) - set(known)):
        hint = f"There are: {', '.join(sorted(known))}." if known else "Leave it out."
        raise QuestionError(f'{called} has no option "{unknown[0]}".', hint=hint)
    if options.get(VARIABLE) and not _VARIABLE.match(options[VARIABLE]):
        raise QuestionError(f"{VARIABLE} is the name of a variable.", hint="Write token_env=WIKI_TOKEN, not the token.")


def token_of(options: Mapping[str, str]) -> str:
    """The token in the variable that the option `token_env` names; empty where it names none.

    Raises:
        SettingsError: the variable holds none, or what can't be one.
    """
    name = options.get(VARIABLE, "")
    token = os.environ.get(name, "").strip() if name else ""
    if name and not (token and token.isprintable() and token.isascii()):
        raise SettingsError(f"The variable {name} holds no token.", hint=f"Set {name} where Lorelens is started.")
    return token


def option_lines(options: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` as people write them on the command line.

    Raises:
        QuestionError: one has no "=".
    """
    found: dict[str, str] = {}
    for one in options:
        key, equals, value = one.partition("=")
        if not equals or not key.strip():
            raise QuestionError(f'"{one}" is no option.', hint="Write KEY=VALUE.")
        found[key.strip()] = value.strip()
    return found
