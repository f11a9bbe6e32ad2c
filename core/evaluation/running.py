"""One evaluation from its questions to its report: what was done is kept while it goes on, and as it is when it ends.

A run that is broken off leaves a partial report, and beside the reports what it had come to, so that `resume` goes on
from there. A kill loses at most `KEPT_EVERY` seconds.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.errors import QuestionError
from core.evaluation.evaluating import Evaluating, Only, Outcome
from core.evaluation.measures import metrics_of
from core.evaluation.questions import EvaluationQuestion, QuestionFile
from core.evaluation.report import FOLDER, EvaluationReport, QuestionScores, Setup, keep_report, read_report
from core.whole_files import write_whole

_log = logging.getLogger(__name__)

KEPT_EVERY = 10.0
"""Seconds between two times that what was done is kept."""
UNFINISHED = "unfinished"


@dataclass
class EvaluationRun:
    """One evaluation. `done` is told of each question, in the order in which they end."""

    file: QuestionFile
    setup: Setup
    data: Path
    only: Only = ""
    limit: int | None = None
    missing: tuple[str, ...] = ()
    done: Callable[[Outcome], None] = lambda outcome: None
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _scores: list[QuestionScores] = field(default_factory=list[QuestionScores])
    _begun: float = field(default_factory=time.monotonic)
    _before: float = 0.0
    _kept: float = field(default_factory=time.monotonic)

    @property
    def questions(self) -> Sequence[tuple[str, EvaluationQuestion]]:
        """The questions that are to be asked in all, with their keys."""
        return list(zip(self.file.keys, self.file.questions, strict=True))[: self.limit]

    @property
    def waiting(self) -> Sequence[tuple[str, EvaluationQuestion]]:
        """Those that are not asked yet, or got no answer."""
        asked = {one.key for one in self._scores}
        return [(key, question) for key, question in self.questions if key not in asked]

    @property
    def asked(self) -> int:
        """How many were asked by now."""
        return len(self._scores)

    def resume(self) -> int:
        """Go on with the run that was broken off; answers how many questions need not be asked again.

        Raises:
            QuestionError: there is none, or it was of other questions or other settings.
        """
        before = read_report(self._unfinished) if self._unfinished.is_file() else None
        if before is None:
            raise QuestionError("No evaluation was broken off here.", hint="Leave out --resume.")
        changed = [
            name
            for name, was, now in (
                ("questions", before.file_sha256, self.file.sha256),
                ("settings", before.setup, self.setup),
                ("--only", before.only, self.only),
            )
            if was != now
        ]
        if changed:
            raise QuestionError(
                f"The evaluation that was broken off had other {' and other '.join(changed)}.",
                hint="Leave out --resume to begin anew.",
            )
        keys = {key for key, _ in self.questions}
        self._scores = [one for one in before.scores if one.key in keys and not one.failed]
        self._before = before.seconds
        return len(self._scores)

    async def go(self, evaluating: Evaluating, *, at_once: int = 1) -> EvaluationReport:
        """Ask what waits, keep the report, and answer it.

        However it ends, a report of what was done is kept; an error or a cancellation goes on after that.

        Raises:
            UnavailableError: see `Evaluating.ask_all`.
            SettingsError: the report can't be written.
        """
        try:
            await evaluating.ask_all(self.waiting, self._take, at_once=at_once)
        except BaseException:
            if self._scores:
                self._keep()
                keep_report(self.report(complete=False), self.data)
            raise
        report = self.report()
        keep_report(report, self.data)
        self._unfinished.unlink(missing_ok=True)
        return report

    def report(self, *, complete: bool = True) -> EvaluationReport:
        """The report of what was done by now."""
        return self._plain(complete=complete).model_copy(update={"metrics": metrics_of(self._in_order)})

    def _plain(self, *, complete: bool) -> EvaluationReport:
        return EvaluationReport(
            made_at=self.made_at,
            seconds=self._before + time.monotonic() - self._begun,
            file=self.file.path.name,
            file_sha256=self.file.sha256,
            questions=len(self.file.questions),
            asked=len(self._scores),
            failed=sum(one.failed for one in self._scores),
            complete=complete,
            only=self.only,
            setup=self.setup,
            missing=self.missing,
            scores=tuple(self._in_order),
        )

    @property
    def _in_order(self) -> list[QuestionScores]:
        """As they stand in the file, for what draws from them draws by their places."""
        return sorted(self._scores, key=lambda one: one.line)

    @property
    def _unfinished(self) -> Path:
        return self.data / FOLDER / UNFINISHED

    def _take(self, outcome: Outcome) -> None:
        self._scores.append(
            QuestionScores(
                key=outcome.key,
                line=outcome.question.line,
                language=outcome.question.spoken,
                tags=outcome.question.tags,
                scores=outcome.scores,
                failed=bool(outcome.problem),
            )
        )
        if time.monotonic() - self._kept > KEPT_EVERY:
            self._keep()
        self.done(outcome)

    def _keep(self) -> None:
        """Keep what was done; what can't be written is logged, for the questions are still being asked."""
        self._kept = time.monotonic()
        try:
            write_whole(self._unfinished, self._plain(complete=False).model_dump_json().encode())
        except OSError as error:
            _log.warning("What was evaluated by now could not be kept in %s: %s", self._unfinished, error.strerror)
