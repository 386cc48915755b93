"""One validator for three engines: the stream's matcher, the plain evaluator, and SQL over imported events."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.auditids import shown_rows
from lanner.archive.codec import encode_rows
from lanner.archive.fieldcolumns import FieldColumns
from lanner.archive.rebuild import rebuild_line
from lanner.archive.row import Row
from lanner.audit.decode import decode
from lanner.rules import ir
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DuckDB

RULES_TESTS = Path(__file__).parents[1] / "rules"
_spec = importlib.util.spec_from_file_location("strategies", RULES_TESTS / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)


class Events:
    """Events as the archive holds them: as rows for DuckDB, and rebuilt for the matcher."""

    def __init__(self, lines):
        rows = [
            Row(raw=event.raw, source="s", ordinal=number)
            for number, event in enumerate(event for line in lines for event in decode(line).events)
        ]
        table = shown_rows(encode_rows(rows, "c"))
        self.events = [decode(rebuild_line(values)).events[0] for values in table.to_pylist()]
        self.odd = table["odd"].to_pylist()
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")
        moments = "time::TIMESTAMPTZ AS time"
        self.connection.register("rows", table)
        self.connection.execute(f"CREATE TABLE e AS SELECT * REPLACE ({moments}) FROM rows")

    def ask(self, conditions):
        """Return for each condition, by event, whether its SQL holds."""
        columns = ", ".join(f"coalesce({sql.sql(dialect='duckdb')}, false)" for sql in conditions)
        return list(zip(*self.connection.execute(f"SELECT {columns} FROM e ORDER BY ordinal").fetchall(), strict=True))


def translated(conditions, *, doubts):
    translator = Translator(FieldColumns(DuckDB()), DuckDB(), doubts=doubts)
    return [translator.translate(condition) for condition in conditions]


def mistakes(events, conditions):
    """Return where SQL misses an event, or gives one too many though it names nothing and has no doubt."""
    plain = translated(conditions, doubts=False)
    wide = translated([*conditions, *map(ir.Not, conditions)], doubts=True)
    said = events.ask([found.condition for found in plain])
    may = events.ask([found.condition for found in wide])
    wrong = []
    for number, condition in enumerate(conditions):
        evaluator = Evaluator(condition)
        may_not = may[number + len(conditions)]
        for place, event in enumerate(events.events):
            holds = evaluator.holds(event)
            missed = not (may[number] if holds else may_not)[place]
            doubted = may[number][place] and may_not[place]
            untrue = plain[number].exact and not doubted and said[number][place] != holds
            if not events.odd[place] and (missed or untrue):
                wrong.append((number, place, holds))
    return wrong


@pytest.fixture(scope="module")
def recorded():
    return Events(strategies.LINES)


def test_recorded_conditions_have_the_same_events_in_all_three_engines(recorded):
    """Each valid condition on the recorded events; what SQL leaves to the engine is counted and has a name."""
    packed = (strategies.ORACLE / "conditions.jsonl.zst").read_bytes()
    rows = [json.loads(line) for line in zstandard.ZstdDecompressor().decompress(packed).splitlines()]
    rows = [row for row in rows if "matches" in row]
    conditions = [parse_condition(row["condition"]) for row in rows]
    matcher = compile_conditions(conditions)
    found = [[] for _ in rows]
    for event in recorded.events:
        for number in matcher.match(event):
            found[number].append(event.head.audit_id)
    # evt.num is the place in the stream, which neither the matcher nor SQL knows here.
    told = [number for number, row in enumerate(rows) if "evt.num" not in row["condition"]]
    assert [rows[n]["condition"] for n in told if found[n] != rows[n]["matches"]] == []
    for start in range(0, len(rows), 50):
        part = conditions[start : start + 50]
        assert [(rows[start + n]["condition"], place) for n, place, _ in mistakes(recorded, part)] == []
    refused = Counter(
        name.partition(": ")[2] for found in translated(conditions, doubts=False) for name in found.refused
    )
    assert set(refused) <= {
        *("a list in a body", "the text of a number, list or object", "b64()", "join()"),
        *("no column tells it", "the text of a list", "a parameter that is written with % or +"),
        *("the text of an object", "a list of fields", "getopt()"),
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(strategies.conditions, min_size=1, max_size=6),
    st.lists(strategies.event_lines(), min_size=1, max_size=4),
)
def test_random_conditions_on_random_events(conditions, lines):
    """SQL never misses an event, and is right wherever it names nothing and doubts nothing."""
    events = Events(lines)
    if events.events:
        assert mistakes(events, conditions) == []


POD = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "verb": "create",
    "user": {"username": "u"},
    "stageTimestamp": "2026-01-01T00:00:00.000000Z",
}
BODIES = [
    '{"spec":{"hostNetwork":true}}',
    '{"spec":{"hostNetwork":null}}',
    '{"spec":{"hostNetwork":"true"}}',
    '{"spec":{"hostNetwork":1.50}}',
    '{"spec":{"hostNetwork":-0}}',
    '{"spec":{"hostNetwork":{"a":"\\u003c"}}}',
    '{"spec":{"hostNetwork":false,"hostNetwork":true}}',
    '{"spec":{"hostNetwork":true},"spec":{}}',
    '{"spec":{"hostNetwork":false,"host\\u004eetwork":true}}',
    '{"spec":{"hostNetwork":"\\ud800"}}',
    '{"spec":{"containers":[{"image":"nginx:1","securityContext":{"privileged":true}},{"image":"\\u006eginx"}]}}',
    '{"spec":{"containers":{"0":{"image":"x"}}}}',
    '{"spec": {"hostNetwork" : true }}',
    '{"spec":{"hostNetwork":123456789012345678901234567890}}',
    "[1,2]",
    '"text"',
    "null",
    "{" + '"a":{' * 300 + "}" * 301,
]
QUESTIONS = [
    *(f"ka.req.pod.host_network {check}" for check in ("= true", "!= true", "exists", "= null", "contains u")),
    *(f"ka.req.pod.host_network in {items}" for items in ("(true, x)", "(0, 1.50, 1.5)", "(-0)", "(7)")),
    *(f"not ka.req.pod.host_network {check}" for check in ("= true", "in (a, null)", "exists", "startswith t")),
    "ka.req.pod.containers.image intersects (nginx:1, nginx)",
    "ka.req.pod.containers.image in (nginx:1, nginx)",
    "ka.req.pod.containers.privileged intersects (true)",
    "jevt.value[/requestObject/spec/containers/0/image] = x",
    "jevt.value[/requestObject/spec/containers/0/image] startswith nginx",
    "jevt.value[/requestObject/spec/hostNetwork] = val(ka.verb)",
    "jevt.value[/requestObject] exists",
    "len(ka.req.pod.host_network) > 3",
]


def test_bodies_that_are_written_in_odd_ways():
    """Doubled and escaped keys, null, numbers, lists where an object is usual, texts that are no text."""
    lines = [json.dumps(POD).replace('"create"', f'"create","requestObject":{body}').encode() for body in BODIES]
    events = Events(lines)
    assert len(events.events) == len(BODIES)
    assert mistakes(events, [parse_condition(text) for text in QUESTIONS]) == []


HEADS = [
    '"verb":null',
    '"verb":7',
    '"responseStatus":{"code":"200"}',
    '"responseStatus":{"code":null,"reason":null}',
    '"responseStatus":{"code":99999999999}',
    '"responseStatus":null',
    '"annotations":{"authorization.k8s.io/decision":null}',
    '"objectRef":{"resource":null}',
    '"objectRef":{"unknown":"x"}',
    '"user":{"username":"\\ud800"}',
    '"stageTimestamp":"2026-01-01T00:00:00.0000001Z"',
    '"stageTimestamp":"2026-01-01T02:00:00.5+02:00"',
    '"verb":"get","requestURI":"/a?x=a%20b&y"',
    '"verb":"get","requestURI":"/a?x=1#&x=2"',
    '"verb":"get","unknown":{"x":1}',
    '"user":{"username":"system:serviceaccount:shop:api"},"sourceIPs":["1.2.3.4"]',
    '"user":{"username":"system:serviceaccount:shop"},"sourceIPs":[]',
    '"user":{"username":"system:serviceaccount:a:b","extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}}',
    '"user":{"username":"system:serviceaccount:a:b"},"annotations":{"authentication.k8s.io/legacy-token-manual-secret":"s"}',
    '"annotations":{"authorization.k8s.io/reason":"RBAC: allowed by RoleBinding \\"a\\" of Role \\"b\\" to U"}',
    '"objectRef":{"resource":"secrets","namespace":"n","name":"s"},"responseStatus":{"code":200},"verb":"get"',
]
HEAD_QUESTIONS = [
    *("ka.verb exists", "ka.verb = null", "ka.verb != get", "ka.response.code exists", "ka.response.code = 200"),
    *("ka.response.reason exists", "ka.auth.decision exists", "ka.target.resource = null", "ka.user.name exists"),
    *("evt.rawtime = 1767225600000000000", "jevt.rawtime exists", "jevt.value[/objectRef/unknown] = x"),
    *("lanner.home exists", "lanner.credential exists", "lanner.address exists", "lanner.issued exists"),
    *("lanner.role exists", "lanner.pod exists", "lanner.actor = u"),
    *("jevt.value[/unknown/x] = 1", "ka.uri.param[x] = 'a b'", "ka.uri.param[y] exists", "ka.uri.param[x] = 1"),
]


def test_heads_that_are_written_in_odd_ways_are_odd_or_told():
    """Of null, other types and lost digits of a time the columns tell less, so that the row is `odd`."""
    base = {key: value for key, value in POD.items() if key not in ("verb", "user", "stageTimestamp")}
    lines = []
    for head in HEADS:
        rest = {key: POD[key] for key in ("user", "stageTimestamp") if f'"{key}"' not in head}
        lines.append(f"{json.dumps({**base, **rest})[:-1]},{head}}}".encode())
    events = Events(lines)
    assert len(events.events) == len(HEADS)
    assert events.odd == [True] * 5 + [None] + [True] * 2 + [None] + [True] * 2 + [None] * 10
    assert mistakes(events, [parse_condition(text) for text in HEAD_QUESTIONS]) == []
