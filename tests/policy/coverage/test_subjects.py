"""Correlations are asked about by the kinds of events that they look at."""

from __future__ import annotations

import pytest

from lanner.policy.coverage import Coverage
from lanner.policy.coverage.subjects import subjects
from lanner.rules.loading import load_texts

TEXT = """
title: {title}
description: d
level: high
correlation:
  type: {type}
  events:
    made: ka.stage = ResponseComplete and ka.verb = create and ka.target.resource = pods
    gone: ka.stage = ResponseComplete and ka.verb = delete and ka.target.resource = pods
  aliases:
    name: {{made: ka.resp.name, gone: ka.target.name}}
  group-by: [name]
  timespan: 1h
  {more}
output: o
"""


@pytest.fixture
def loaded():
    """Return a join, of which both events must come, and a count, of which each counts."""
    texts = [("j.yaml", TEXT.format(title="Join", type="join", more="")),
             ("c.yaml", TEXT.format(title="Count", type="event_count", more="condition: {gte: 3}"))]  # fmt: skip
    return load_texts(texts).require()


def test_an_event_counts_only_with_the_values_that_bind_it(loaded):
    """So what the key reads must be logged as well."""
    join, count = subjects(loaded.rules, loaded.correlations)
    assert ([alias for alias, _ in join.conditions], join.together, count.together) == (["made", "gone"], True, False)


@pytest.mark.parametrize(
    ("line", "verdicts"),
    [
        ("level: RequestResponse", ["sighted", "sighted"]),
        ("level: Metadata", ["blind", "partly"]),
        ("{level: RequestResponse, verbs: [create]}", ["blind", "partly"]),
        ("{level: None, namespaces: [dev]}", ["blind", "blind"]),
    ],
)
def test_a_correlation_is_blind_without_one_kind_of_its_events(loaded, policy_of, line, verdicts):
    """Where it takes all of them; else it is partly sighted."""
    sights = Coverage(loaded.rules, loaded.correlations).of(policy_of(line), examples=True)
    assert [sight.verdict for sight in sights] == verdicts


def test_what_is_told_names_the_kind_of_event(loaded, policy_of):
    """By its alias in the correlation."""
    [join, _] = Coverage(loaded.rules, loaded.correlations).of(policy_of("level: Metadata"), examples=True)
    assert [blinding.reason for blinding in join.blinded_by] == [
        "made: level Metadata is too low, it takes RequestResponse"
    ]
    assert join.counterexample.words.startswith("made: mallory@example.com create pods")
    assert {need.verbs for need in join.needs} == {("create",), ("delete",)}
