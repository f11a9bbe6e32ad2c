"""What became of each question, one line of JSON each, in a file that only its owner can read.

It holds what was asked and answered, unlike the report. Lines are written as the questions end, so that a run that is
broken off leaves those that were asked.
"""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import SettingsError
from core.evaluation.evaluating import Outcome
from core.evaluation.wording import plain_answer


class DetailsFile:
    """Writes the details. Use it as `with DetailsFile(path) as details`."""

    def __init__(self, path: Path, *, go_on: bool = False) -> None:
        """`go_on` writes behind what is there.

        Raises:
            SettingsError: the file can't be written.
        """
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if go_on else os.O_TRUNC)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"The details can't be written to {path}: {error.strerror}.", hint="Name another file with --details."
            ) from error

    def __enter__(self) -> "DetailsFile":
        """Nothing more to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def write(self, outcome: Outcome) -> None:
        """Write the line of one question."""
        self._file.write(json.dumps(details_of(outcome), ensure_ascii=False) + "\n")
        self._file.flush()


def details_of(outcome: Outcome) -> dict[str, Any]:
    """The details of one question for a script; what was not measured is left out."""
    question, reply = outcome.question, outcome.reply
    fields: dict[str, Any] = {
        "line": question.line,
        "question": question.question,
        "language": question.spoken,
        "tags": list(question.tags),
        "expected": question.model_dump(
            mode="json",
            include={"answers", "documents", "quotes", "pictures", "unanswerable"},
            exclude_defaults=True,
        ),
        "found": list(outcome.found),
        "found_pictures": list(outcome.found_pictures),
        "scores": {name: round(score, 6) for name, score in outcome.scores.items() if "BLEU" not in name},
    }
    if reply is not None:
        fields |= {
            "answer": plain_answer(reply.text),
            "declined": reply.declined,
            "support": reply.support,
            "citations": [one.model_dump(include={"source", "heading", "page", "quote"}) for one in reply.citations],
            "shown": [one.source for one in reply.pictures],
        }
    if outcome.problem:
        fields["problem"] = outcome.problem
    return fields
