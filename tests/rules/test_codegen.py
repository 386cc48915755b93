"""What generated functions fetch, and how often."""

from __future__ import annotations

from collections import Counter

import pytest

from lanner.rules import codegen
from lanner.rules.codegen import generate_all, generate_first
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


def test_alternatives_about_one_value_are_one_test(oracle_events):
    texts = [
        "ka.verb = get or ka.verb = create or ka.verb in (list, watch)",
        "ka.uri startswith /x or ka.uri startswith /api",
        " or ".join(f"ka.uri contains {word}" for word in ["pods", *"bcdfghjk"]),
        "ka.uri regex /apis/.* or ka.uri regex /api/v1/.*",
        "tolower(ka.verb) = a or tolower(ka.verb) = create",
    ]
    match = generate_all(list(enumerate(map(parse_condition, texts))))
    assert match(oracle_events[0]) == [0, 1, 2, 3, 4]
