"""What was found out about served models, kept in the data folder so that it is asked once and not at every start."""

import json
import time
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from core.messages import Value
from core.models.served.capabilities import Capabilities
from core.whole_files import write_whole

FILE = "model_capabilities.json"
KEPT_SECONDS = 7 * 24 * 3600.0
"""After so long it is asked again: behind the same name another model may stand."""
TRIAL = 1
"""Goes up when the questions that a model is tried with change."""


class _Found(Value):
    """What was found out, and when (seconds since 1970)."""

    capabilities: Capabilities
    at: float


class CapabilityMemory:
    """A small file of JSON, and where there is no folder for it, this process's memory."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / FILE if folder is not None else None
        self._found: dict[str, Any] = {}

    def get(self, key: str) -> Capabilities | None:
        """What was found out about a model, unless that is too long ago."""
        try:
            found = _Found.model_validate(self._read().get(key))
        except ValidationError:
            return None  # nothing, or written by another version
        return found.capabilities if 0 <= time.time() - found.at < KEPT_SECONDS else None

    def put(self, key: str, capabilities: Capabilities) -> None:
        """Keep what was found out. Where it can't be written, it is asked again at the next start."""
        self._found = {**self._read(), key: _Found(capabilities=capabilities, at=time.time()).model_dump(mode="json")}
        if self._file is None:
            return
        try:
            write_whole(self._file, json.dumps(self._found, indent=1, ensure_ascii=False).encode())
        except OSError:
            self._file = None

    def _read(self) -> dict[str, Any]:
        if self._file is None:
            return self._found
        try:
            kept: object = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self._found
        return cast(dict[str, Any], kept) if isinstance(kept, dict) else {}


def memory_key(provider: str, base_url: str, model: str, build: str) -> str:
    """The name under which something is kept; it holds no key and no password."""
    from core.models.served.redaction import shown_url

    return " ".join((f"v{TRIAL}", provider, shown_url(base_url) or "-", model, build or "-"))
