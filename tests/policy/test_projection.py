"""What is left of an event equals what an own model of kube-apiserver's writing makes of it, byte for byte."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.policy.attributes import of_event
from lanner.policy.evaluate import decide
from lanner.policy.loading import load_policy
from lanner.policy.model import LEVELS, STAGES, Decision, Level
from lanner.policy.projection import level_of, line_of, managed_bytes_of, project, without_managed_fields
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

texts = st.sampled_from(["", "x", '"quoted"', ',"managedFields":', "ü", "requestObject", '{"managedFields":[]}'])
managed = st.lists(st.fixed_dictionaries({"manager": texts, "fieldsV1": st.dictionaries(texts, texts)}), max_size=2)
metadata = st.fixed_dictionaries(
    {}, optional={"name": texts, "managedFields": managed, "labels": st.dictionaries(texts, texts), "z": texts}
)
things = st.fixed_dictionaries(
    {}, optional={"kind": texts, "metadata": metadata, "spec": st.dictionaries(texts, texts)}
)
bodies = st.one_of(
    things,
    st.fixed_dictionaries({"items": st.lists(things, max_size=3)}, optional={"metadata": metadata}),
    st.fixed_dictionaries(
        {"rows": st.lists(st.fixed_dictionaries({"cells": st.lists(texts)}, optional={"object": things}), max_size=3)}
    ),
    st.just([{"op": "add", "path": "/metadata/managedFields", "value": []}]),
    st.just("text"),
    st.just({"metadata": "no object"}),
)
decisions = st.builds(
    Decision,
    st.sampled_from(Level),
    st.lists(st.sampled_from(STAGES), unique=True, max_size=1).map(tuple),
    st.booleans(),
    st.just(0),
)


def written(document: dict) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def event_of(document: dict):
    return decode(written(document)).events[0]


def document(level="RequestResponse", stage="ResponseComplete", verb="update", **keys) -> dict:
    """Make an event in the order of Go's keys."""
    first = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": "a", "stage": stage}
    first |= {"requestURI": "/api/v1/pods", "verb": verb, "user": {"username": "me"}}
    last = {"stageTimestamp": "2026-01-01T00:00:00.000000Z", "annotations": {"a": "b"}}
    return first | {"objectRef": {"resource": "pods"}} | keys | last


def strip(thing) -> None:
    if isinstance(thing, dict) and isinstance(thing.get("metadata"), dict):
        thing["metadata"].pop("managedFields", None)


def model(found: dict, decision: Decision) -> dict | None:
    """Say what kube-apiserver would have written, on the decoded event."""
    if decision.level is Level.NONE or found["stage"] in decision.omit_stages:
        return None
    found = copy.deepcopy(found)
    found["level"] = decision.level.text
    if decision.level < Level.REQUEST:
        found.pop("requestObject", None)
    if decision.level < Level.REQUEST_RESPONSE:
        found.pop("responseObject", None)
    if decision.omit_managed_fields:
        for key in ("requestObject", "responseObject"):
            body = found.get(key)
            if isinstance(body, dict) and not (key == "requestObject" and found["verb"] == "patch"):
                strip(body)
                for part in body.get("items", []):
                    strip(part)
                for row in body.get("rows", []):
                    strip(row.get("object"))
    return found


@given(
    keys=st.fixed_dictionaries({}, optional={"requestObject": bodies, "responseObject": bodies}),
    decision=decisions,
    verb=st.sampled_from(["update", "patch"]),
    stage=st.sampled_from(STAGES),
)
def test_line_and_length_are_those_of_the_model(keys, decision, verb, stage):
    found = document(verb=verb, stage=stage, **keys)
    expected = model(found, decision)
    line, projection = line_of(event_of(found), decision), project(event_of(found), decision)
    if expected is None:
        assert line is None
        assert projection.bytes == 0
        assert projection.cause
    else:
        assert line is not None
        assert projection.bytes == len(line) + 1
        assert json.loads(line) == expected
        assert line == written(expected)


FULL = Decision(Level.REQUEST_RESPONSE, (), False, 0)
OTHER = {"objectRef": None, "requestURI": "/version"}


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({"level": "Metadata"}, (True, True)),
        ({"level": "Request"}, (False, True)),
        ({"level": "RequestResponse"}, (False, False)),
        ({"level": "Metadata", "stage": "RequestReceived"}, (False, False)),
        ({"level": "Metadata", "stage": "Panic"}, (False, False)),
        ({"level": "Metadata", "verb": "get"}, (False, True)),
        ({"level": "Metadata", "verb": "watch"}, (False, False)),
        ({"level": "Metadata", "verb": "watch", "responseStatus": {"code": 403}}, (False, True)),
        ({"level": "Metadata", "stage": "ResponseStarted", "verb": "get"}, (False, False)),
        (
            {"level": "Metadata", "verb": "create", "objectRef": {"resource": "pods", "subresource": "exec"}},
            (False,) * 2,
        ),
        ({"level": "Metadata", "verb": "get", **OTHER}, (False, False)),
        ({"level": "Metadata", "verb": "get", "objectRef": None, "requestURI": "/apis/apps/v1"}, (False, True)),
        ({"level": "Metadata", "verb": "get", "responseStatus": {"code": 404}, **OTHER}, (False, True)),
        ({"level": "Metadata", "verb": "get", "responseStatus": {"code": 500}, **OTHER}, (False, False)),
    ],
)
def test_a_body_is_missing_only_where_kube_apiserver_would_have_one(keys, missing):
    found = project(event_of(document(**keys)), FULL)
    assert (found.no_request, found.no_response) == missing


def test_metadata_asks_for_no_body():
    found = project(event_of(document(level="Metadata")), Decision(Level.METADATA, (), False, 0))
    assert not found.no_request
    assert not found.no_response


def test_an_event_without_level_hides_nothing():
    found = document()
    del found["level"]
    event = event_of(found)
    assert level_of(event.head) is Level.REQUEST_RESPONSE
    assert line_of(event, FULL) == event.raw
    assert project(event, FULL).bytes == len(event.raw) + 1


def test_blanks_between_keys_hide_no_body():
    """Some shippers write JSON with blanks; kube-apiserver would have written none."""
    found = document(requestObject={"a": 1}, responseObject={"metadata": {"name": "b", "managedFields": [1]}})
    event = decode(json.dumps(found, indent=1).encode()).events[0]
    for level in (Level.METADATA, Level.REQUEST_RESPONSE):
        decision = Decision(level, (), True, 0)
        line = line_of(event, decision)
        assert line == written(model(found, decision) or {})
        assert project(event, decision).bytes == len(line) + 1


def test_a_body_that_is_no_unicode_falls_away_whole():
    line = written(document(verb="patch", requestObject={"a": "?" * 50})).replace(b"?", b"\xff")
    event = decode(line).events[0]
    metadata = Decision(Level.METADATA, (), False, 0)
    assert line_of(event, metadata) == written(document(verb="patch", level="Metadata"))
    assert project(event, metadata).bytes == len(written(document(verb="patch", level="Metadata"))) + 1


def test_a_body_that_does_not_decode_keeps_its_bytes():
    assert managed_bytes_of(b'{"managedFields":"\xff"') == 0
    assert without_managed_fields(b'{"metadata":1,"managedFields":[]}') == b'{"metadata":1,"managedFields":[]}'


@pytest.mark.shared
@pytest.mark.parametrize(("policy", "log"), [("seed", "seed_policy"), ("rec", "recommended_policy")])
def test_what_kube_apiserver_wrote_under_a_policy_is_left_as_it_is(policy, log):
    """A log's own policy changes no byte of it: level, stages and managed fields are all understood."""
    path = SHARED / "audit" / f"{log}.jsonl.zst"
    if not path.exists():
        pytest.skip("the shared data are not here")
    loaded = load_policy(SHARED / "policy_oracle" / "policies" / f"{policy}.yaml").policy
    assert loaded is not None
    for line in read_lines(path):
        event = decode(line.data).events[0]
        decision = decide(loaded, of_event(event.head))
        assert line_of(event, decision) == line.data
        assert decision.level.text == event.head.level
        assert LEVELS.index(event.head.level) == decision.level
