"""The people who may get in and the tokens of the API, in one file of the data folder; nothing in it lets anybody in
who reads it: of passwords there are argon2id's hashes, of tokens sha256's."""

import asyncio
import re
import time
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, ValidationError

from bots.web.door.secrets import digest, new_secret
from bots.web.visitors import Person, Role
from core.errors import QuestionError, SettingsError
from core.file_locks import alone
from core.messages import Value
from core.whole_files import write_whole

FILE = "web-people.json"
TOKEN = "lorelens_"  # noqa: S105 - what all tokens begin with, so that one that leaked is recognized
_NAME = re.compile(r"[\w.@+-]{1,64}")
_LOCK_PAUSE = 0.02


class KeptPerson(Value):
    """Somebody, under their name in small letters. `stamp` is another one after each change of the password, which
    ends what was begun before; without a password they have tokens alone."""

    name: str
    role: Role = "member"
    principals: tuple[str, ...] = ()
    password: str = ""
    stamp: str = ""
    added_at: float = 0.0


class KeptToken(Value):
    """A token of somebody's, under its public id. Times are seconds since 1970; `until` 0 is never over."""

    person: str
    name: str = ""
    sha256: str
    added_at: float = 0.0
    until: float = 0.0

    def is_over(self) -> bool:
        """Whether its time has passed."""
        return bool(self.until) and time.time() >= self.until


class People(Value):
    """All of them."""

    people: dict[str, KeptPerson] = Field(default_factory=dict[str, KeptPerson])
    tokens: dict[str, KeptToken] = Field(default_factory=dict[str, KeptToken])

    def person(self, id_: str) -> Person | None:
        """Somebody, as a visitor; None if they are not (any more) among them."""
        kept = self.people.get(id_)
        return kept and Person(id=id_, name=kept.name, role=kept.role, principals=kept.principals)

    def bearer(self, token: str) -> Person | None:
        """Whose token this is; None for one that is none, is over, or was revoked."""
        kept = self._by_digest.get(digest(token))
        return None if kept is None or kept.is_over() else self.person(kept.person)

    @property
    def _by_digest(self) -> dict[str, KeptToken]:
        return {one.sha256: one for one in self.tokens.values()}


@dataclass
class Change:
    """The people while they are changed."""

    people: dict[str, KeptPerson]
    tokens: dict[str, KeptToken]

    def known(self, name: str) -> tuple[str, KeptPerson]:
        """Somebody by their name.

        Raises:
            QuestionError: there is nobody of that name.
        """
        id_ = person_id(name)
        if id_ not in self.people:
            raise QuestionError(f'There is nobody called "{name}".', hint="See `lorelens web people list`.")
        return id_, self.people[id_]

    def remove(self, name: str) -> None:
        """Somebody, and their tokens. Raises as `known` does."""
        id_, _ = self.known(name)
        del self.people[id_]
        self.tokens = {key: one for key, one in self.tokens.items() if one.person != id_}


@dataclass
class PeopleFile:
    """The file of one data folder."""

    data: Path
    _read: tuple[tuple[int, int, int] | None, People] = field(default=(None, People()))

    @property
    def file(self) -> Path:
        """Where it is."""
        return self.data / FILE

    async def people(self) -> People:
        """As it is now; read anew when it has changed.

        Raises:
            SettingsError: it can't be read; then nobody is let in.
        """
        seen = self._seen()
        if seen is None:
            return People()
        if self._read[0] != seen:
            # What was seen before reading: what changes in between is read the next time.
            self._read = (seen, await asyncio.to_thread(self._content))
        return self._read[1]

    @asynccontextmanager
    async def changing(self) -> AsyncGenerator[Change]:
        """Change it, alone among all processes; it is written at the end, unless by an error.

        Raises:
            SettingsError: it can't be read or written.
        """
        async with alone(self.data / "web-people.lock", _LOCK_PAUSE):
            before = await self.people()
            change = Change(dict(before.people), dict(before.tokens))
            yield change
            after = People(people=change.people, tokens=change.tokens)
            try:
                await asyncio.to_thread(write_whole, self.file, after.model_dump_json(indent=1).encode() + b"\n")
            except OSError as error:
                raise SettingsError(
                    f"{self.file} can't be written: {error.strerror or error}.",
                    hint="Check who may write to the data folder, and that the disk is not full.",
                ) from error

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _content(self) -> People:
        try:
            return People.model_validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return People()
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        except ValidationError:  # not chained: it quotes what is in the file
            raise self._unreadable("it does not hold what Lorelens writes") from None

    def _unreadable(self, why: str) -> SettingsError:
        return SettingsError(
            f"{self.file} can't be read: {why}.",
            hint="Until it can, nobody gets in; restore it, or move it away and add the people anew.",
        )


def person_id(name: str) -> str:
    """How somebody is kept: two names that differ in capital letters alone are one."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def new_name(name: str) -> str:
    """A name for somebody who is added.

    Raises:
        QuestionError: it can't be one.
    """
    name = unicodedata.normalize("NFKC", name.strip())
    if not _NAME.fullmatch(name):
        raise QuestionError(
            f'"{name}" can\'t be a name.',
            hint="Use up to 64 letters and digits of any language, and . _ - + @ between them.",
        )
    if name.casefold() == "local" or name.casefold().startswith("local-"):
        raise QuestionError(
            f'"{name}" is what whoever is at this machine is called.', hint="Choose a name that begins otherwise."
        )
    return name


def new_token() -> str:
    """A token; it is shown once, and kept as its sha256."""
    return TOKEN + new_secret()
