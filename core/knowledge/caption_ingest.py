"""Captions of the pictures of a source: those that have none get one, several at a time, each kept as it comes.

Pictures are in the index before, found by their other words; a caption makes its picture's passage stale, and it is
written anew. So a run that is killed loses at most the captions under way, and a model that is away costs nothing but
its captions, which come with a later run.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import LorelensError, ModelFaultError, ModelUnavailableError
from core.knowledge.ingest_report import NotRead, Progress
from core.knowledge.ledger import Ledger, StalePicture
from core.knowledge.picture_files import PictureFiles
from core.models.ocr import VERSION as OCR_VERSION

if TYPE_CHECKING:  # it brings LangChain, which takes a second to import
    from core.captioning import Captioner, CaptionLanguage

CaptionerSource = Callable[[], Awaitable["Captioner | None"]]
"""Opens what writes captions when there is something to caption; None where no model that sees is configured."""

WRITTEN_TOGETHER = 32
FAILURES = 3
"""So many in a row say that it is the model that fails, and not a picture."""

_log = logging.getLogger(__name__)


class _AwayError(Exception):
    """The model does not answer any more."""


@dataclass
class CaptionIngest:
    """One run over the pictures of one source; `anew` also captions those that only another model has captioned."""

    source: str
    ledger: Ledger
    pictures: PictureFiles
    captioner: CaptionerSource
    progress: Progress
    anew: bool = False
    warnings: list[NotRead] = field(default_factory=list[NotRead])
    written: int = 0
    _failed: int = 0

    async def run(self) -> AsyncGenerator[list[str]]:
        """Write the captions that are missing; yields the hashes of pictures that got one, some at a time."""
        if not self.anew and not self.ledger.uncaptioned(self.source):
            return
        try:
            captioner = await self.captioner()
        except LorelensError as error:
            self._postpone(str(error))
            return
        if captioner is None:
            return
        waiting = deque(self.ledger.uncaptioned(self.source, captioner.model if self.anew else ""))
        self.progress.begin("captions", len(waiting))
        captioned: list[str] = []
        try:
            async with aclosing(self._captioned(captioner, waiting)) as hashes:
                async for sha256 in hashes:
                    captioned.append(sha256)
                    if len(captioned) >= WRITTEN_TOGETHER:
                        yield captioned
                        captioned = []
        except _AwayError as away:
            self._postpone(str(away))
        if captioned:
            yield captioned

    def _postpone(self, reason: str) -> None:
        reason = f"{reason.rstrip('.')}. Pictures without a caption get one with the next run."
        self.warnings.append(NotRead(path="captions", reason=reason))

    async def _captioned(self, captioner: "Captioner", waiting: deque[StalePicture]) -> AsyncGenerator[str]:
        """The hashes of pictures as they get their captions; as many are asked for at once as the model takes."""
        running: set[asyncio.Task[str | None]] = set()
        try:
            while waiting or running:
                while waiting and len(running) < captioner.at_once:
                    running.add(asyncio.create_task(self._caption(captioner, waiting.popleft())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                # Those that got theirs come before the news that the model is away.
                for task in sorted(done, key=lambda one: one.exception() is not None):
                    sha256 = task.result()
                    if sha256 is not None:
                        yield sha256
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _caption(self, captioner: "Captioner", stale: StalePicture) -> str | None:
        sha256, path = stale.picture.sha256, min(one.name for one in stale.mentions)
        data = await asyncio.to_thread(self.pictures.get, sha256)
        if data is None:
            return None
        lines = self.ledger.notes.reading(sha256, OCR_VERSION) or ()
        try:
            caption = await captioner.caption(data, lines, language=_language(stale))
        except Exception as error:  # providers raise errors of their own kinds
            self._failed += 1
            reason = _reason(error)
            _log.warning("No caption for %s: %s", path, reason)
            if _is_away(error):
                raise _AwayError(reason) from error
            if self._failed >= FAILURES:
                raise _AwayError(f"The model {captioner.model} describes no picture: {reason}") from error
            self.warnings.append(NotRead(path=path, reason=f"No caption could be written: {reason}"))
            return None
        self._failed = 0
        self.ledger.notes.keep_caption(sha256, captioner.model, caption)
        self.progress.advance("captions", path)
        if caption:
            self.written += 1
        else:
            self.warnings.append(NotRead(path=path, reason="The model had nothing to say about this picture."))
        return sha256


def _is_away(error: Exception) -> bool:
    """Whether it is the model that fails, not the picture that it was asked about."""
    if isinstance(error, ModelFaultError):
        from core.models.served.faults import LASTING

        return error.fault in LASTING
    return isinstance(error, ModelUnavailableError)


def _reason(error: Exception) -> str:
    said = error.message if isinstance(error, LorelensError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:300]


def _language(stale: StalePicture) -> "CaptionLanguage":
    """That of the pages that show a picture; English if they disagree, or there is only its file."""
    return "zh" if {one.language for one in stale.mentions if one.path != one.name} == {"zh"} else "en"
