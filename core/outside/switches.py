"""Which outside sources a workspace turned on: a file in the data folder, read anew for every question."""

import fcntl
import json
from pathlib import Path
from typing import Any, cast

from core.errors import SettingsError
from core.messages import Place

_FILE = "outside.json"


class Switches:
    """The switches of one data folder. A workspace is `PLATFORM/ID`; what was never turned on is off."""

    def __init__(self, data: Path) -> None:
        self._file = data / _FILE

    def on(self, workspace: str) -> frozenset[str]:
        """The names that are on in a workspace. A file that can't be read turns everything off."""
        return self.all().get(workspace, frozenset())

    def all(self) -> dict[str, frozenset[str]]:
        """All workspaces where something is on."""
        try:
            found: Any = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {
            workspace: frozenset(map(str, cast(list[Any], names)))
            for workspace, names in cast(dict[str, Any], found).items()
            if isinstance(names, list) and names
        }

    def turn(self, name: str, workspace: str, *, on: bool) -> bool:
        """Turn a source on or off in a workspace; answer whether that changed anything.

        Raises:
            SettingsError: the data folder can't be written.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                switches = self.all()
                before = switches.get(workspace, frozenset())
                after = before | {name} if on else before - {name}
                switches[workspace] = after
                whole = self._file.with_suffix(".new")
                kept = {one: sorted(names) for one, names in sorted(switches.items()) if names}
                whole.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
                whole.replace(self._file)
        except OSError as error:
            raise SettingsError(
                f"The switches in {self._file} can't be written: {error.strerror or error}.",
                hint="Check who may write to the data folder.",
            ) from error
        return before != after


def workspace_of(place: Place) -> str:
    """The workspace of a place, as the switches name it."""
    return f"{place.platform}/{place.workspace}"
