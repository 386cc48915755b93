"""Inline expressions give what the extractors give."""

from __future__ import annotations

import pytest

from lanner.audit.fields import lookup
from lanner.rules import ir
from lanner.rules.access import INLINE, twin


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
