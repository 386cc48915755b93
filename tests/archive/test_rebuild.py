"""The columns give each line back byte for byte."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.auditids import shown_rows
from lanner.archive.codec import encode_rows
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.record import Record
from lanner.archive.row import Row
from lanner.archive.wire import go_escape
from lanner.sources.history import read_lines

AUDIT = Path(__file__).parents[2].parent / "shared" / "data" / "audit"
KEYS = [*Record.__struct_encode_fields__, "unknown", "later&"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
times = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "Z")
texts = st.text(max_size=12)
users = st.fixed_dictionaries(
    {},
    optional={
        "username": texts,
        "uid": texts,
        "groups": st.lists(texts, max_size=2),
        "extra": st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2),
    },
)
usual_events = st.fixed_dictionaries(
    {"kind": st.just("Event"), "apiVersion": st.just("audit.k8s.io/v1"), "auditID": texts, "user": users},
    optional={
        "impersonatedUser": users,
        "sourceIPs": st.lists(texts, max_size=2),
        "objectRef": st.fixed_dictionaries({}, optional={"resource": texts, "name": texts, "subresource": texts}),
        "responseStatus": json_values,
        "requestObject": json_values,
        "stageTimestamp": times,
        "annotations": st.dictionaries(texts, texts, max_size=2),
    },
)


def round_trip(line):
    values = shown_rows(encode_rows([Row(raw=line, source="s")], "c")).select(REBUILD).to_pylist()[0]
    return rebuild_line(values), values


@given(st.dictionaries(st.sampled_from(KEYS), json_values | texts | times | users, max_size=8), st.booleans())
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_any_json_event_comes_back(document, ascii_only):
    """Whatever the keys hold, in any order, with any escapes: the bytes are the same."""
    text = json.dumps(document, ensure_ascii=ascii_only)
    line = text.encode("utf-8", "surrogatepass")
    assert round_trip(line)[0] == line


@given(usual_events)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_usual_events_come_back_with_go_s_escapes(document):
    """Events of the usual types come back however their keys are ordered."""
    line = go_escape(json.dumps(document, separators=(",", ":")).encode())
    assert round_trip(line)[0] == line


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (b'{"kind":"Event","apiVersion":"v1","user":{},"new":{"x":[1, 2]}}', '["kind","apiVersion","user","new"]'),
        (b'{"user":{},"verb":"get","level":"None"}', '["user","verb","level"]'),
        (b'{"user":{},"annotations":null}', '["user","annotations"]'),
        (b'{"level":"None","user":{},"verb":"\\u003c"}', '["level","user","verb"]'),
        (b'{"level":"None","verb":"\\u003c","user":{}}', None),
    ],
)
def test_unknown_keys_and_other_orders_need_no_line(line, shape):
    """The order of the keys and the keys without a column are kept apart from the line."""
    rebuilt, values = round_trip(line)
    assert rebuilt == line
    assert values["line"] is None
    assert values["shape"] == shape


@pytest.mark.parametrize(
    "line",
    [b'{"verb":"get"}', b'{"user":{}, "verb":"get"}', b'{"user":{},"objectRef":{}}', b'{"kind":"Event","user":{}}'],
)
def test_what_the_columns_cannot_say_keeps_its_line(line):
    """Spaces, absent users and empty objects have no column."""
    rebuilt, values = round_trip(line)
    assert rebuilt == line
    assert values["line"] == line


@pytest.mark.shared
@pytest.mark.parametrize("name", ["full", "recommended_policy", "seed_policy"])
def test_real_events_never_need_their_line(name):
    """kube-apiserver's own lines are rebuilt from the columns alone."""
    path = AUDIT / f"{name}.jsonl.zst"
    if not path.is_file():
        pytest.skip("../shared/data/audit is absent")
    lines = [line.data for line in read_lines(path)][:: 5 if name == "full" else 1]
    columns = shown_rows(encode_rows([Row(raw=line, source="s") for line in lines], "c")).select(REBUILD)
    assert columns["line"].null_count == columns["shape"].null_count == len(lines)
    assert [rebuild_line(values) for values in columns.to_pylist()] == lines
