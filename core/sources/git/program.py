"""Git, run as a program on a store of its own: what it may do, for how long, and what its errors mean.

No hooks, no prompts, no protocols but those that a location names, no submodules. Credentials come from the environment
and from git's own helpers; none is written anywhere or stands in an error.
"""

import asyncio
import base64
import os
import re
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import MissingPartError, SettingsError, SiteUnavailableError, UnavailableError

MOST_SECONDS = 1800.0
"""For which one call of git may take; a clone of much text takes minutes."""

_OFF = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand="),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false"),
    *("-c", "submodule.recurse=false", "-c", "credential.interactive=false", "-c", "advice.detachedHead=false"),
    *("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120"),
)
_NOT_INHERITED = frozenset(
    f"GIT_{one}"
    for one in (
        *("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "NAMESPACE"),
        *("COMMON_DIR", "CEILING_DIRECTORIES", "PREFIX", "QUARANTINE_PATH", "EXTERNAL_DIFF", "TRACE", "CURL_VERBOSE"),
    )
)
_AWAY = re.compile(
    r"could not resolve|couldn't (connect|resolve)|failed to connect|connection (refused|reset|timed out|closed)|"
    r"timed? out|network is unreachable|early eof|hung up|returned error: (429|5\d\d)|temporary failure|"
    r"no route to host|rpc failed|kex_exchange",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(r"://[^/@\s]+@")


class Git:
    """Git for one location. `token` signs in over HTTP, and is sent to that location alone."""

    def __init__(self, store: Path, location: str, *, token: str = "") -> None:
        self.store = store
        self.location = location
        self._is_local = location.startswith("/")
        self._token = token

    async def make(self) -> None:
        """Make the store where there is none; what a killed run has locked is free again: one run is at it at once."""
        if (self.store / "HEAD").is_file():
            for lock in self.store.rglob("*.lock"):
                lock.unlink(missing_ok=True)
            return
        shutil.rmtree(self.store, ignore_errors=True)
        await asyncio.to_thread(self.store.mkdir, parents=True, exist_ok=True)
        await self.run(["init", "--quiet", "--bare", "--template=", "."])

    async def run(self, arguments: Sequence[str], *, given: bytes | None = None, limit: float = MOST_SECONDS) -> bytes:
        """What git prints on its standard output.

        Raises:
            UnavailableError: the location can't be reached now, or takes too long.
            SettingsError: it refuses us, or is none.
            MissingPartError: there is no git.
        """
        folder = self.store if self.store.is_dir() else Path("/")
        try:
            process = await asyncio.create_subprocess_exec(
                "git",
                *_OFF,
                *arguments,
                stdin=PIPE if given is not None else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                cwd=folder,
                env=self._environment(),
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise MissingPartError("git is not installed.", hint="Install git, and try again.") from error
        try:
            async with asyncio.timeout(limit):
                printed, said = await process.communicate(given)
        except TimeoutError as error:
            raise UnavailableError(
                f"{self._shown()} takes longer than {limit / 60:.0f} minutes.",
                hint="It goes on at the next sync; with --option folder=PATH less is fetched.",
            ) from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            raise self._error(said.decode(errors="replace"))
        return printed

    def _environment(self) -> Mapping[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        kept |= {
            "GIT_ALLOW_PROTOCOL": "file" if self._is_local else "https:http:ssh:git",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": kept.get("GIT_ASKPASS", "true"),
            "SSH_ASKPASS": kept.get("SSH_ASKPASS", "true"),
            "GCM_INTERACTIVE": "never",
            "GIT_SSH_COMMAND": kept.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=20"),
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        if self._token:
            said = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
            count = int(kept.get("GIT_CONFIG_COUNT", "0") or 0)
            settings = (
                (f"http.{self.location}.extraHeader", f"Authorization: Basic {said}"),
                ("http.followRedirects", "false"),  # they would take the token along
            )
            for at, (key, value) in enumerate(settings, count):
                kept |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
            kept["GIT_CONFIG_COUNT"] = str(count + len(settings))
        return kept

    def _error(self, said: str) -> SettingsError | UnavailableError:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        told = (
            [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:"))]
            or lines
            or ["no reason"]
        )
        why = _SIGN_IN.sub("://", next((one for one in told if one.startswith("fatal:")), told[0])).removeprefix(
            "fatal: "
        )
        if self._token:
            why = why.replace(self._token, "…")
        why = why[:300].rstrip(".")
        if _AWAY.search(said):
            return SiteUnavailableError(f"{self._shown()} can't be reached: {why}.", hint="It is tried again later.")
        return SettingsError(
            f"{self._shown()} can't be read: {why}.",
            hint="Check the location and the branch, and that git may read it without asking: by SSH keys, a "
            "credential helper, or --option token_env=NAME with the token in that variable.",
        )

    def _shown(self) -> str:
        return _SIGN_IN.sub("://", self.location)
