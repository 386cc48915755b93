"""The metrics page: the statuses of all parts in Prometheus' text form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from lanner.metrics import METRICS, Metric
from lanner.web.feed import Feed, Snapshot
from lanner.web.health import answers

LONGEST_LABELS = 200
"""Samples of one metric; what is beyond is left out, as each label value is a series in Prometheus."""

Sample = tuple[tuple[str, ...], float]
Family = CounterMetricFamily | GaugeMetricFamily


class StatusCollector(Collector):
    """Turns the feed's newest snapshot into metric families."""

    def __init__(self, feed: Feed, expected: tuple[str, ...]) -> None:
        self._feed = feed
        self._expected = expected

    def collect(self) -> Iterator[Family]:
        snapshot = self._feed.snapshot
        computed: dict[str, list[Sample]] = {
            **_parts(snapshot, self._expected),
            **_stored(snapshot),
            "lanner_web_pages": [((), self._feed.pages)],
        }
        for metric in METRICS:
            yield _family(metric, list(_figures(snapshot, metric)) if metric.key else computed[metric.name])


def exposition(feed: Feed, expected: tuple[str, ...]) -> bytes:
    """Return the metrics in the text form, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(feed, expected))
    return generate_latest(registry)


def _family(metric: Metric, samples: list[Sample]) -> Family:
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = make(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples[:LONGEST_LABELS]:
        family.add_metric(labels, value)
    return family


def _figures(snapshot: Snapshot, metric: Metric) -> Iterator[Sample]:
    """Look a metric's key up in its part's status; what is missing or not a number gives no sample."""
    before, star, after = metric.key.partition("*")
    found = _walk(snapshot.statuses.get(metric.part), before)
    entries = found.items() if star and isinstance(found, dict) else ((None, found),)
    for name, entry in entries:
        value = _walk(entry, after)
        if isinstance(value, int | float):
            yield (() if name is None else (str(name),)), float(value)


def _walk(value: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _parts(snapshot: Snapshot, expected: tuple[str, ...]) -> dict[str, list[Sample]]:
    statuses = snapshot.statuses
    names = sorted({*expected, *statuses})
    return {
        "lanner_up": [((name,), float(answers(statuses.get(name)))) for name in names],
        "lanner_status_age_seconds": [((name,), status["age"]) for name, status in sorted(statuses.items())],
        "lanner_problem": [((name,), float(bool(status.get("problem")))) for name, status in sorted(statuses.items())],
    }


def _stored(snapshot: Snapshot) -> dict[str, list[Sample]]:
    deliveries = snapshot.deliveries
    return {
        "lanner_stored_alerts": [((rule, priority), number) for rule, priority, number in snapshot.alert_counts],
        "lanner_quarantined": [((reason,), number) for reason, number in snapshot.quarantine_counts.items()],
        "lanner_delivery_sent_total": [((entry.output,), entry.sent) for entry in deliveries],
        "lanner_delivery_refused_total": [((entry.output,), entry.refused) for entry in deliveries],
        "lanner_delivery_waiting": [
            ((entry.output,), max(snapshot.newest - entry.alert_id, 0)) for entry in deliveries
        ],
        "lanner_delivery_failing": [((entry.output,), float(bool(entry.error))) for entry in deliveries],
    }
