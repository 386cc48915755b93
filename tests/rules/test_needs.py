"""A condition never holds where one of its needs is not met."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.rules import ir
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.needs import MOST_TEXTS, VALUE, Place, conjuncts, needs_of, without

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parent / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


def is_met(place, texts, event):
    value = lookup(place.name, place.argument)(event)
    if place.operator == VALUE:
        return not texts.isdisjoint(value if isinstance(value, list) else [value])
    tests = (Evaluator(ir.Compare(place.field, place.operator, ir.Text(text))) for text in texts)
    return any(test.holds(event) for test in tests)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strategies.conditions, strategies.event_lines())
def test_what_holds_has_what_it_needs(condition, line):
    for event in decode(line).events:
        if Evaluator(condition).holds(event):
            assert all(is_met(place, texts, event) for place, texts in needs_of(condition).items())


VERB, NAME = Place("ka.verb", None, VALUE), Place("ka.target.name", None, VALUE)
TEXTS = {
    "ka.verb = get": {VERB: {"get"}},
    "ka.verb in (get, list) and ka.verb = get": {VERB: {"get"}},
    "ka.verb = get and ka.target.name in (a, b)": {VERB: {"get"}, NAME: {"a", "b"}},
    "ka.verb = get or ka.verb = list": {VERB: {"get", "list"}},
    "(ka.verb = get and ka.target.name = a) or ka.verb = list": {VERB: {"get", "list"}},
    "ka.verb = get or ka.target.name = a": {},
    "not ka.verb = get": {},
    "ka.verb != get": {},
    "ka.uri startswith /api": {Place("ka.uri", None, "startswith"): {"/api"}},
    "ka.user.groups intersects (a)": {Place("ka.user.groups", None, VALUE): {"a"}},
    "ka.user.groups in (a)": {},
    "evt.num = 1": {},
    "tolower(ka.verb) = get": {},
    f"ka.verb in ({', '.join(f'v{number}' for number in range(MOST_TEXTS + 1))})": {},
}


@pytest.mark.parametrize(("text", "needs"), TEXTS.items())
def test_needs_are_read_from_conjunctions_and_alternatives(text, needs):
    assert needs_of(parse_condition(text)) == needs


def test_a_conjunct_that_is_known_is_left_out():
    condition = parse_condition("ka.verb = get and ka.uri exists and ka.user.name = a")
    first, second, third = conjuncts(condition)
    assert without(condition, second) == ir.And((first, third))
    assert without(ir.And((first, third)), third) == first
    assert without(first, first) is True
    assert conjuncts(True) == ()
