"""Inline expressions give what the extractors give."""

from __future__ import annotations

import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.rules import ir
from lanner.rules.access import INLINE, time_guard, twin
from lanner.rules.codegen import generate_all
from lanner.rules.falco.condition import parse_condition


@pytest.mark.parametrize("name", sorted(INLINE))
def test_an_inline_expression_equals_its_extractor_on_every_recorded_event(name, oracle_events):
    for event in oracle_events:
        assert eval(INLINE[name], {"h": event.head, "r": event.head.object_ref}) == lookup(name, None)(event)


@pytest.mark.parametrize(
    ("field", "same"),
    [
        (ir.Field("jevt.value", "/stage"), "ka.stage"),
        (ir.Field("json.value", "/objectRef/name"), "ka.target.name"),
        (ir.Field("json.value", "/level"), None),
        (ir.Field("ka.verb"), None),
    ],
)
def test_a_pointer_to_a_key_of_the_head_has_a_twin(field, same, oracle_events):
    assert twin(field) == same
    for event in oracle_events:
        value = lookup(same, None)(event) if same else None
        assert value is None or value == lookup(field.name, field.argument)(event)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("jevt.rawtime = 0", ["", "1969", "1970", "1971"]),
        ("evt.rawtime = 1795428001000037000", ["", "2025", "2026", "2027"]),
        ("jevt.rawtime = 99999999999999999999", None),
        ("jevt.rawtime = x", None),
        ("jevt.rawtime != 0", None),
        ("jevt.rawtime in (0)", None),
        ("jevt.rawtime = val(json.rawtime)", None),
        ("ka.verb = 0", None),
    ],
)
def test_only_equality_with_one_time_is_guarded_by_its_year(text, years):
    guard = time_guard(parse_condition(text))
    assert guard == (None if years is None else f"(h.stage_timestamp or '')[:4] in {tuple(years)!r}")


def test_a_guarded_check_holds_for_its_time_in_any_offset():
    match = generate_all([(0, parse_condition("jevt.rawtime = 0"))])
    for text, found in [
        ("1970-01-01T00:00:00Z", [0]),
        ("1969-12-31T23:00:00-01:00", [0]),
        ("2026-01-01T00:00:00Z", []),
    ]:
        (event,) = decode(f'{{"kind": "Event", "stageTimestamp": "{text}"}}'.encode()).events
        assert match(event) == found
    (event,) = decode(b'{"kind": "Event", "requestReceivedTimestamp": "1970-01-01T00:00:00Z"}').events
    assert match(event) == [0]
