"""Correlations are asked about by the kinds of events that they look at."""

from __future__ import annotations

import pytest

from lanner.policy.coverage import Coverage
from lanner.policy.coverage.subjects import subjects
from lanner.rules import ir
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


def test_a_correlation_of_correlations_is_asked_about_by_all_events_below(loaded):
    """Those of a join by themselves, those of a count together: any of them will do."""
    text = """
title: Upper
correlation:
  type: temporal
  rules: [Join, Count, other]
  events: {other: ka.verb = list}
  timespan: 1h
"""
    texts = [
        ("j.yaml", TEXT.format(title="Join", type="join", more="")),
        ("c.yaml", TEXT.format(title="Count", type="event_count", more="condition: {gte: 3}")),
        ("u.yaml", text),
    ]
    (upper,) = subjects([], load_texts(texts).require().correlations)
    assert upper.together
    assert [alias for alias, _ in upper.conditions] == ["Join: made", "Join: gone", "Count", "other"]
    assert upper.conditions[2][1] == ir.Or(tuple(condition for _, condition in upper.conditions[:2]))
