"""Metrics from statuses."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lanner.metrics import METRICS
from lanner.web.exposition import LONGEST_LABELS, exposition
from lanner.web.feed import Feed


def read(state):
    feed = Feed(state.path)
    feed.poll()
    text = exposition(feed, ("ingest", "archiver")).decode()
    feed.close()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def samples(state, make):
    state.publish()
    state.store.register_output("siem")
    state.add(make.alert(), make.alert(), rejects=(make.reject(),))
    state.store.refused("siem", 1, "too long")
    return read(state)


def test_every_metric_has_a_sample_when_all_is_known(samples):
    assert {metric.name for metric in METRICS} == {key[0] for key in samples}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("lanner_up", "ingest"), 1),
        (("lanner_events_total",), 12_345),
        (("lanner_source_events_total", "audit"), 12_345),
        (("lanner_archive_dropped_total", "twin"), 300),
        (("lanner_stored_alerts", "Shell in a pod", "Warning"), 2),
        (("lanner_quarantined", "not JSON"), 1),
        (("lanner_delivery_refused_total", "siem"), 1),
        (("lanner_delivery_waiting", "siem"), 1),
        (("lanner_delivery_failing", "siem"), 1),
    ],
)
def test_samples_are_the_figures_of_the_statuses(samples, key, value):
    assert samples.get(key, samples.get((key[0], *reversed(key[1:])))) == value


def test_missing_and_odd_figures_give_no_sample(state):
    state.publish(ingest={"events": "many", "lag_seconds": None, "sources": [1]}, player={"written": 1})
    found = read(state)
    assert not {"lanner_events_total", "lanner_lag_seconds", "lanner_source_events_total"} & {key[0] for key in found}
    assert (found[("lanner_up", "archiver")], found[("lanner_up", "player")]) == (0, 1)


def test_the_number_of_label_values_is_bounded(state):
    sources = {f"s{number}": {"events": 1} for number in range(LONGEST_LABELS + 50)}
    state.publish(ingest={"sources": sources})
    assert sum(key[0] == "lanner_source_events_total" for key in read(state)) == LONGEST_LABELS
