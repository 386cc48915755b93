"""What fields read of an event, found by trying."""

from __future__ import annotations

import pytest

from lanner.policy.coverage.sources import LATE, LEVEL, MANAGED, REQUEST, RESPONSE, WHOLE, sources_in


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
        ("jevt.obj contains x", {WHOLE, LEVEL, LATE}),
        ("ka.user.name = val(jevt.value[/responseObject/x])", {RESPONSE, LATE}),
    ],
)
def test_sources_of_a_check(parse, condition, sources):
    """Bodies, managedFields, the level, the whole event, and what is not there yet when a request comes."""
    assert sources_in(parse(condition)) == sources
