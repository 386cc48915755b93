"""Explanations agree with the evaluator and the engine, and name the least that decides."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from lanner.audit.decode import decode
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.explain import Explainer, blockers, reasons
from lanner.rules.falco.condition import parse_condition
from lanner.rules.outline import Outline, outline_of

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parent / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


def explained(text, event):
    return Explainer(outline_of(parse_condition(text))).explain(event)


def parts_of(trace):
    yield trace
    for part in trace.parts:
        yield from parts_of(part)


def outcome(trace, known):
    """The truth of a part when only the checks in `known` may be used; None where they do not settle it."""
    if trace.kind == "check":
        return trace.truth if id(trace) in known else None
    found = [outcome(part, known) for part in trace.parts]
    if trace.kind == "not":
        return None if found[0] is None else not found[0]
    certain = trace.kind == "or"
    if certain in found:
        return certain
    return None if None in found else not certain


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strategies.conditions, strategies.event_lines())
def test_truths_are_the_evaluators_and_the_engines_and_the_reasons_suffice(condition, line):
    decoded = decode(line).events
    if not decoded:
        return
    (event,) = decoded
    trace = Explainer(outline_of(condition)).explain(event)
    assert trace.truth == Evaluator(condition).holds(event) == (compile_conditions([condition]).match(event) == [0])
    deciding = {id(reason.part) for reason in reasons(trace)}
    assert outcome(trace, deciding) is trace.truth
    assert all(outcome(trace, deciding - {one}) is None for one in deciding)
    assert {id(part) for part in parts_of(trace) if part.decisive and part.kind == "check"} == deciding
    reached = {id(part) for part in parts_of(trace) if part.reached and part.kind == "check"}
    assert outcome(trace, reached) is trace.truth
    assert deciding <= reached
    assert bool(blockers(trace)) is not trace.truth


def test_what_is_not_needed_is_shown_all_the_same(oracle_events):
    trace = explained("ka.verb = nope and (ka.stage exists or ka.uri exists)", oracle_events[0])
    first, second = trace.parts
    assert (first.reached, first.decisive, first.value) == (True, True, oracle_events[0].head.verb)
    assert (second.reached, second.truth, second.parts[0].reached) == (False, True, False)


@pytest.mark.parametrize(
    ("condition", "away"),
    [
        ("ka.verb = nope", 1),
        ("ka.verb = nope and ka.stage = nope and ka.uri exists", 2),
        ("ka.verb = nope or (ka.stage = nope and ka.uri = nope)", 1),
        ("not (ka.stage exists and ka.uri exists)", 1),
        ("not (ka.stage exists or ka.uri exists)", 2),
    ],
)
def test_how_far_a_condition_is_from_holding(condition, away, oracle_events):
    trace = explained(condition, oracle_events[0])
    assert (trace.truth, trace.away) == (False, away)


def test_blockers_are_all_parts_that_have_to_change(oracle_events):
    text = "ka.verb = nope and ka.stage exists and (ka.uri = a or ka.uri = b) and not ka.uri exists"
    trace = explained(text, oracle_events[0])
    assert [reason.part.kind for reason in blockers(trace)] == ["check", "or", "not"]
    assert blockers(trace.parts[1]) == []


def test_reasons_name_the_macros_they_stand_in(oracle_events):
    body = outline_of(parse_condition("ka.verb = nope and ka.uri exists"))
    macro = Outline(kind="macro", condition=body.condition, name="m", parts=(body,))
    trace = Explainer(macro).explain(oracle_events[0])
    assert [(reason.part.text, reason.within) for reason in reasons(trace)] == [("ka.verb = nope", ("m",))]
    assert [(reason.part.text, reason.within) for reason in blockers(trace)] == [("ka.verb = nope", ("m",))]


def test_both_sides_of_a_comparison_of_fields_are_shown(oracle_events):
    event = oracle_events[0]
    trace = explained("ka.verb = val(ka.stage)", event)
    assert (trace.value, trace.other) == (event.head.verb, event.head.stage)
    trace = explained("ka.verb = val(jevt.value[/nothing])", event)
    assert trace.other is None


def test_explanations_end_where_falco_ended(oracle_events, oracle_conditions):
    for row in [row for row in oracle_conditions if "matches" in row][::8]:
        explainer = Explainer(outline_of(parse_condition(row["condition"])))
        found = [event.head.audit_id for event in oracle_events if explainer.explain(event).truth]
        assert found == row["matches"], row["condition"]
