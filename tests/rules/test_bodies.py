"""Which parts of an event fields decode."""

from __future__ import annotations

import pytest

from lanner.audit.fields import FIELDS
from lanner.rules import ir
from lanner.rules.bodies import fields_in, parts_read, watched


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        (ir.Field("ka.verb"), set()),
        (ir.Field("ka.req.configmap.name"), set()),
        (ir.Field("ka.req.pod.host_network"), {"request"}),
        (ir.Field("ka.target.pod.name"), {"response"}),
        (ir.Field("jevt.value", "/requestObject/spec"), {"request"}),
        (ir.Field("jevt.value", "/responseObject"), {"response"}),
    ],
)
def test_a_field_reads_these_parts(field, parts):
    assert parts_read(field) == parts


def test_all_fields_of_bodies_are_known_as_such():
    for name, info in FIELDS.items():
        if name.startswith(("ka.req.", "ka.resp.")) and name not in (
            "ka.req.configmap.name",
            "ka.req.binding.subject.has_name",
        ):
            argument = "0" if info.argument == "index" else "x" if info.argument == "key" else None
            expected = "request" if name.startswith("ka.req.") else "response"
            assert parts_read(ir.Field(name, argument)) == {expected}, name


def test_a_watched_event_gives_the_same_values_and_notes_who_asked(oracle_events):
    event = next(event for event in oracle_events if event.request)
    seen = watched(event)
    assert (seen.request, seen.document) == (event.request, event.document)
    assert seen.asked == {"request", "document"}
    assert set(seen.spent) == seen.asked
    seen.asked.clear()
    spent = dict(seen.spent)
    assert seen.request == event.request
    assert (seen.asked, seen.spent) == ({"request"}, spent)
    assert seen.response == event.response


def test_a_body_that_is_not_there_is_not_noted(oracle_events):
    event = next(event for event in oracle_events if event.response is None)
    seen = watched(event)
    assert seen.response is None
    assert seen.response is None
    assert not seen.asked


def test_fields_inside_operands():
    verb, stage = ir.Field("ka.verb"), ir.Field("ka.stage")
    operand = ir.Call("join", (ir.Text("-"), ir.Values((verb, ir.Call("tolower", (stage,))))))
    assert list(fields_in(operand)) == [verb, stage]
