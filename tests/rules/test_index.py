"""The index never loses a match and does leave rules out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.index import DIMENSIONS, Class, Index, dimensions_in, simplify

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parent / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


def known_of(index, event):
    return {name: index.classify(name, lookup(name, None)(event)) for name in DIMENSIONS}


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(strategies.conditions, min_size=1, max_size=6), strategies.event_lines())
def test_every_condition_that_holds_is_a_candidate_and_folds_to_what_it_is(conditions, line):
    index = Index(conditions)
    for event in decode(line).events:
        known = known_of(index, event)
        candidates = list(index.candidates(known))
        for number, condition in enumerate(conditions):
            holds = Evaluator(condition).holds(event)
            assert not holds or number in candidates
            folded = simplify(condition, known)
            assert (folded if isinstance(folded, bool) else Evaluator(folded).holds(event)) is holds


KNOWN = {"ka.stage": Class.OTHER, "ka.verb": "get", "ka.target.resource": Class.OTHER, "ka.target.subresource": None}


@pytest.mark.parametrize(
    ("text", "candidate"),
    [
        ("ka.verb = get", True),
        ("ka.verb in (create, delete)", False),
        ("not ka.verb = get", False),
        ("not (ka.verb = get and ka.uri exists)", True),
        ("ka.verb = create and ka.target.resource = pods", False),
        ("ka.verb = create or ka.user.name = x", True),
        ("ka.target.resource != pods", True),
        ("ka.target.resource startswith po", True),
        ("ka.target.subresource exists", False),
        ("jevt.value[/verb] = create", False),
        ("json.value[/objectRef/subresource] = null", True),
        ("ka.uri exists and not jevt.rawtime exists", False),
        ("jevt.rawtime exists", True),
    ],
)
def test_a_rule_is_a_candidate_only_where_it_may_match(text, candidate):
    index = Index(
        [parse_condition(text), parse_condition("ka.verb in (get, create, delete) and ka.target.resource = pods")]
    )
    assert (0 in index.candidates(KNOWN)) is candidate


def test_the_dimensions_of_a_condition_are_those_its_checks_look_at():
    assert dimensions_in(parse_condition("not ka.verb = x or ka.uri = y and jevt.value[/stage] exists")) == (
        "ka.stage",
        "ka.verb",
    )
