"""What fields read of an event, found by trying."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import FIELDS, lookup
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.coverage.sources import LATE, LEVEL, MANAGED, REQUEST, RESPONSE, WHOLE, sources_in, sources_of
from lanner.policy.model import Level, Policy, PolicyRule
from lanner.policy.projection import line_of
from lanner.rules import ir
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
CHANGING = frozenset({WHOLE, LEVEL, MANAGED})


@pytest.mark.parametrize(
    ("condition", "sources"),
    [
        ("ka.verb = get", set()),
        ("ka.user.name = x", set()),
        ("ka.response.code = 200", {LATE}),
        ("ka.impuser.name exists", {LATE}),
        ("ka.auth.decision = allow", {LATE}),
        ("ka.req.pod.host_network = true", {REQUEST, LATE}),
        ("ka.resp.name = x", {RESPONSE, LATE}),
        ("jevt.value[/requestObject/spec] exists", {REQUEST, LATE}),
        ("jevt.value[/requestObject] contains x", {REQUEST, LATE, MANAGED}),
        ("jevt.value[/responseObject/metadata/managedFields/0/manager] = x", {RESPONSE, LATE, MANAGED}),
        ("jevt.value[/level] = Metadata", {LEVEL}),
        ("lanner.issued exists", {WHOLE, LATE}),
        ("lanner.credential exists", set()),
        ("jevt.obj contains x", {WHOLE, LEVEL, LATE}),
        ("ka.user.name = val(jevt.value[/responseObject/x])", {RESPONSE, LATE}),
    ],
)
def test_sources_of_a_check(parse, condition, sources):
    """Bodies, managedFields, the level, the whole event, and what is not there yet when a request comes."""
    assert sources_in(parse(condition)) == sources


def _fields():
    plain = [ir.Field(name) for name, info in FIELDS.items() if not info.required]
    pointers = ("/requestObject", "/responseObject/metadata", "/requestObject/spec", "/user", "/annotations")
    return [*plain, *(ir.Field("jevt.value", pointer) for pointer in pointers)]


@pytest.mark.shared
@pytest.mark.parametrize(("level", "taken"), [(Level.METADATA, {REQUEST, RESPONSE}), (Level.REQUEST, {RESPONSE})])
def test_on_real_events_fields_read_what_is_said_and_nothing_else(level, taken):
    """What a policy takes makes a field absent, or was said to change it; all other fields stay as they are."""
    log = SHARED / "audit" / "full.jsonl.zst"
    if not log.exists():
        pytest.skip("no shared data beside the checkout")
    fields = [(field, lookup(field.name, field.argument), sources_of(field)) for field in _fields()]
    policy = CompiledPolicy(Policy(rules=(PolicyRule(level=level),), omit_managed_fields=True))
    for number, line in enumerate(read_lines(log)):
        if number % 23 and b'"secrets"' not in line.data:
            continue
        [event] = decode(line.data).events
        left = decode(line_of(event, policy.decide(of_event(event.head))) or b"").events[0]
        for field, extract, sources in fields:
            if sources & taken:
                assert extract(left) is None, field
            elif not sources & CHANGING:
                assert extract(left) == extract(event), field
