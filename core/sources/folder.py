"""A folder of documents as a source: read where it lies, nothing is copied."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from core.errors import QuestionError, UnavailableError
from core.knowledge.addresses import checked_base
from core.sources.connector import Part, SourceSpec, Watch, check_options
from core.sources.mirror import Mirror


class FolderKind:
    """`core.sources.connector.ConnectorKind` for folders."""

    summary = "A folder on this machine, or on a share that is mounted here."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with its folder's whole path. Raises `QuestionError`."""
        check_options(spec.options, (), "A folder")
        if not spec.location.strip():
            raise QuestionError("Which folder?", hint="Write `lorelens sources add folder PATH`.")
        path = Path(os.path.realpath(Path(spec.location).expanduser()))
        if path.exists() and not path.is_dir():
            raise QuestionError(f"{path} is no folder.", hint="Name the folder that it lies in.")
        return spec.model_copy(update={"location": str(path), "url": checked_base(spec.url)})

    def open(self, spec: SourceSpec, given: Any) -> "FolderConnector":
        """Its connector."""
        return FolderConnector(spec)


class FolderConnector:
    """`core.sources.connector.Connector` for one folder."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec

    async def parts(self) -> AsyncIterator[Part]:
        """The whole folder.

        Raises:
            UnavailableError: it is not there, or empty, as an unmounted share is: nothing is forgotten.
        """
        folder = self._spec.location
        try:
            with os.scandir(folder) as found:
                is_empty = next(found, None) is None
        except OSError as error:
            raise UnavailableError(
                f"The folder {folder} can't be read now: {error.strerror or error}.",
                hint="Is it mounted? What was read of it is kept until then.",
            ) from error
        if is_empty:
            raise UnavailableError(
                f"The folder {folder} is empty, as a share is that is not mounted.",
                hint="What was read of it is kept; `lorelens sources remove` forgets it.",
            )
        yield Part(audience=self._spec.audience, url=self._spec.url, folder=folder)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Nothing is fetched."""

    async def close(self) -> None:
        """Nothing is open."""


folder = FolderKind()
