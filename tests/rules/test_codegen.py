"""What generated functions fetch, and how often."""

from __future__ import annotations

from collections import Counter

import pytest

from lanner.rules import codegen
from lanner.rules.codegen import cost, generate_all, generate_first
from lanner.rules.falco.condition import parse_condition


@pytest.fixture
def asked(monkeypatch):
    """Count the calls of every extractor."""
    counts = Counter()
    real = codegen.lookup

    def counting(name, argument):
        extract = real(name, argument)

        def ask(event):
            counts[name] += 1
            return extract(event)

        return ask

    monkeypatch.setattr(codegen, "lookup", counting)
    return counts


def test_a_field_is_fetched_at_most_once_in_an_event(asked, oracle_events):
    texts = [
        "ka.verb = nope and ka.response.code = 1",
        "ka.response.code = 200 or ka.response.code = 201",
        "not ka.response.code exists or ka.response.code startswith 2",
    ]
    match = generate_all(list(enumerate(map(parse_condition, texts))))
    assert match(oracle_events[0]) == [1, 2]
    assert asked["ka.response.code"] == 1


def test_first_stops_at_the_first_condition_that_holds(asked, oracle_events):
    group = [(4, parse_condition("ka.verb = create")), (7, parse_condition("ka.response.code exists"))]
    assert generate_first(group)(oracle_events[0]) == 4
    assert asked["ka.response.code"] == 0
    assert generate_first([])(oracle_events[0]) is None


def test_conditions_already_decided_need_no_test(oracle_events):
    assert generate_all([(1, True), (2, parse_condition("ka.verb = nope"))])(oracle_events[0]) == [1]


def test_the_head_costs_less_than_a_body_and_a_body_less_than_a_pattern_in_it():
    ranked = [
        "ka.verb = get",
        "ka.verb regex g.*",
        "ka.req.pod.host_network = true",
        "tolower(ka.req.pod.host_network) glob a",
    ]
    costs = [cost(parse_condition(text)) for text in ranked]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)
