"""The log of a process that serves: lines of JSON, or plain ones on a terminal; what people say stays out of it."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from bots.turn_handling import Outcome, Watcher
from core.mailbox import Turn
from core.reply import Failure, ReplyPart, Text

_OURS = ("bots", "core", "adapters")
_log = logging.getLogger(__name__)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure_logs(*, with_text: bool) -> None:
    """Log to standard error; `with_text` says whether the texts of messages and of foreign errors may stand there."""
    handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():
        handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s", with_text=with_text))
    else:
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        handler.setFormatter(
            _Json("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=names, with_text=with_text)
        )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class _Plain(logging.Formatter):
    def __init__(self, form: str, *, with_text: bool) -> None:
        super().__init__(form)
        self._with_text = with_text

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        return super().formatException(ei) if self._with_text else _without_words(ei)


class _Json(JsonFormatter):
    def __init__(self, *args: Any, with_text: bool, **options: Any) -> None:
        super().__init__(*args, json_ensure_ascii=False, **options)  # pyright: ignore[reportUnknownMemberType]
        self._with_text = with_text

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        return logging.Formatter.formatException(self, ei) if self._with_text else _without_words(ei)


def _without_words(ei: _ExcInfo) -> str:
    """Where it happened and of what kind it is; an exception's own words may quote a message or a key."""
    kind, _, trace = ei
    return "".join(traceback.format_tb(trace)) + (kind.__name__ if kind else "")


class TextLog(Watcher):
    """Logs what was asked and answered: for those who asked for it."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def took(self, turn: Turn) -> None:
        """A turn begins."""
        asked = [question.message.text for question in turn.questions]
        _log.info("Asked", extra={"conversation": turn.conversation, "texts": asked})

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""
        if isinstance(part, Text | Failure):
            text = part.text if isinstance(part, Text) else part.message
            self._said[turn.conversation] = self._said.get(turn.conversation, "") + text

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended."""
        said = self._said.pop(turn.conversation, "")
        _log.info("Answered", extra={"conversation": turn.conversation, "texts": [said], "outcome": outcome})
