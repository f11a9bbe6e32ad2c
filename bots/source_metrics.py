"""What Prometheus is told of the sources of knowledge: when each was last brought up to date, and what failed."""

import logging
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import LorelensError
from core.knowledge.ledger import Ledger
from core.sources.configured import ConfiguredSources

_SOURCE = ("source",)
_log = logging.getLogger(__name__)


class SourceMetrics(Collector):
    """Reads how the configured sources of a data folder stand whenever it is asked; every process tells the same."""

    def __init__(self, sources: ConfiguredSources, ledger: Ledger) -> None:
        self._sources = sources
        self._ledger = ledger

    def describe(self) -> Iterable[Metric]:
        """The metrics without their values."""
        return self._families()

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        succeeded, failures, documents = families = self._families()
        try:
            counts = self._ledger.document_counts()
            for configured in self._sources.all():
                name = configured.spec.name
                state = self._sources.state(name)
                read = sum(counts.get(part.source, 0) for part in self._sources.parts(name))
                succeeded.add_metric([name], state.succeeded_at)
                failures.add_metric([name], state.failed_ever)
                documents.add_metric([name], read)
        except LorelensError as error:  # the other metrics are told all the same
            _log.warning("How the sources stand can't be told: %s", error)
        return families

    def _families(self) -> tuple[GaugeMetricFamily, CounterMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "lorelens_source_success_timestamp_seconds",
                "When a source was last brought up to date, in seconds since 1970; 0 for never.",
                labels=_SOURCE,
            ),
            CounterMetricFamily("lorelens_source_failures", "Syncs of a source that failed.", labels=_SOURCE),
            GaugeMetricFamily("lorelens_source_documents", "Documents that were read of a source.", labels=_SOURCE),
        )
