"""The report of one evaluation, and the folder of the data folder in which reports are kept.

A report holds figures and no text of a question or an answer. The scores of its questions are kept beside the figures
under keys that say nothing, so that two runs can be compared question by question.
"""

import logging
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from core.errors import SettingsError
from core.messages import Value
from core.whole_files import write_whole

SCHEMA = 1
FOLDER = "evaluations"

Group = Literal["retrieval", "pictures", "declining", "answers", "citations", "perplexity", "speed"]
Better = Literal["higher", "lower"]

_log = logging.getLogger(__name__)


class Metric(Value):
    """One figure. `low` and `high` bound its 95% bootstrap interval; None where one question alone was measured.

    `n` is the number of questions that it was measured on; `part` is empty for all of them, or "language:zh",
    "tag:deploys" for some. `unit` is "share" (0 to 1), "points" (0 to 100), "seconds", "tokens" or "perplexity".
    """

    group: Group
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int
    part: str = ""
    unit: Literal["share", "points", "seconds", "tokens", "perplexity"] = "share"
    better: Better = "higher"


class Setup(Value):
    """What decides about the figures, and with `at_once` about speed; an empty name: there is none of the kind."""

    model: str
    encoder: str = ""
    picture_encoder: str = ""
    reranker: str = ""
    late_interaction: str = ""
    index: Literal["lancedb", "weaviate"] = "lancedb"
    documents: int = 0
    audience: tuple[str, ...] = ()
    at_once: int = 1
    lorelens: str = ""


class QuestionScores(Value):
    """What one question came to: a score for each "group/name" that it has. `key` is a hash of what the line says."""

    key: str
    line: int
    language: str = ""
    tags: tuple[str, ...] = ()
    scores: dict[str, float] = Field(default_factory=dict[str, float])
    failed: bool = False


class EvaluationReport(Value):
    """One evaluation. `questions` stand in the file, `asked` of them were evaluated, `failed` got no answer at all.

    `complete` is False for a run that was broken off; `only` says whether one half alone was measured; `missing` names
    what could not be measured, and why.
    """

    schema_number: int = SCHEMA
    made_at: AwareDatetime
    seconds: float = 0.0
    file: str
    file_sha256: str
    questions: int
    asked: int
    failed: int = 0
    complete: bool = True
    only: Literal["", "retrieval", "answers"] = ""
    setup: Setup
    metrics: tuple[Metric, ...] = ()
    missing: tuple[str, ...] = ()
    scores: tuple[QuestionScores, ...] = ()

    def figure(self, group: str, name: str, part: str = "") -> Metric | None:
        """One figure, or None where it was not measured."""
        return next((one for one in self.metrics if (one.group, one.name, one.part) == (group, name, part)), None)

    @property
    def parts(self) -> tuple[str, ...]:
        """The languages and tags that have figures of their own, in order."""
        return tuple(dict.fromkeys(one.part for one in self.metrics if one.part))


def keep_report(report: EvaluationReport, data: Path) -> Path:
    """Keep a report in the data folder, whole, and say where.

    Raises:
        SettingsError: it can't be written.
    """
    made = report.made_at.astimezone(UTC)
    file = data / FOLDER / f"{made:%Y-%m-%dT%H-%M-%S.%fZ}.json"
    try:
        write_whole(file, report.model_dump_json().encode())
    except OSError as error:
        raise SettingsError(
            f"The report can't be written to {file}: {error.strerror}.",
            hint="Make room, or name another data folder with --data.",
        ) from error
    return file


def reports(data: Path) -> Iterator[EvaluationReport]:
    """The reports of a data folder, newest first, each read when it is asked for.

    One that can't be read is passed over, with a line in the log. Reads files: call it in a thread.
    """
    for file in sorted((data / FOLDER).glob("*.json"), key=lambda one: one.name, reverse=True):
        report = read_report(file)
        if report is not None:
            yield report


def read_report(file: Path) -> EvaluationReport | None:
    """A report that was kept; None, with a line in the log, for one that can't be read."""
    try:
        report = EvaluationReport.model_validate_json(file.read_bytes())
    except OSError as error:
        _log.warning("The report %s is passed over: %s", file, error.strerror)
    except ValidationError as error:
        wrong = sorted({".".join(map(str, one["loc"])) for one in error.errors(include_input=False)})
        _log.warning("The report %s is passed over: %s can't be read", file, ", ".join(wrong[:5]) or "it")
    else:
        if report.schema_number == SCHEMA:
            return report
        _log.warning("The report %s is passed over: was it written by a newer Lorelens?", file)
    return None
