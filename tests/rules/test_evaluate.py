"""The reference evaluator against Falco's recorded answers and a table of small cases."""

from __future__ import annotations

import json

import pytest

from lanner.audit.decode import decode
from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator, ordered
from lanner.rules.falco.condition import parse_condition

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-01-01T00:00:00.000000Z",
    "verb": "get",
    "user": {"username": "Zo\u00cb", "groups": ["One", "Two"]},
    "requestURI": "/api/v1/pods?empty=&a=a&nul=YQBi&end=YQAA&bad=Yf8",
    "responseStatus": {"code": 200},
    "objectRef": {"resource": "pods", "name": "get"},
}


@pytest.fixture(scope="module")
def event():
    return decode(json.dumps(EVENT).encode()).events[0]


def test_all_recorded_conditions_hold_for_the_events_that_falco_matched(oracle_events, oracle_conditions):
    for row in oracle_conditions:
        if "matches" in row:
            evaluator = Evaluator(parse_condition(row["condition"]))
            matches = [event.head.audit_id for event in oracle_events if evaluator.holds(event)]
            assert matches == row["matches"], row["condition"]


# The event above against conditions; what each group rests on is said beside it (libsinsp's sources).
MISSING = [
    # compare() is false when extraction fails, whatever the operator; only not turns that round.
    ("ka.target.namespace != x", False),
    ("ka.target.namespace < 9", False),
    ("ka.target.namespace exists", False),
    ("not ka.target.namespace = x", True),
    ("ka.target.namespace != val(ka.verb)", False),
    ("ka.verb != val(ka.target.namespace)", False),
    ("ka.target.namespace = val(ka.target.namespace)", False),
    ("len(ka.target.namespace) = 0", False),
    ("concat(ka.verb, ka.target.namespace) exists", False),
    ("join('-', (ka.verb, ka.target.namespace)) exists", False),
    # An absent value is not the text <NA>.
    ("ka.target.namespace = <NA>", False),
    # A list that extraction left empty is absent.
    ("ka.req.role.rules.verbs exists", False),
    ("ka.req.role.rules.verbs in (a)", False),
    # An empty text is a value.
    ("ka.uri.param[empty] exists", True),
    ("ka.uri.param[empty] = ''", True),
    ("len(ka.uri.param[empty]) = 0", True),
]
TEXT = [
    ("ka.verb == get", True),
    ("ka.verb contains ''", True),
    ("ka.verb startswith ''", True),
    ("ka.verb endswith ''", True),
    ("ka.verb icontains GE", True),
    # Case is that of the C locale: ASCII letters only.
    ("tolower(ka.user.name) = zo\u00cb", True),
    ("tolower(ka.user.name) = zo\u00eb", False),
    ("ka.user.name icontains \u00eb", False),
    ("ka.user.name iglob ZO\u00cb", True),
    # A byte, not a character, is what ? and a set take: \u00cb has two.
    ("ka.user.name glob Zo?", False),
    ("ka.user.name glob Zo??", True),
    # Texts are compared as texts by <, even where they look like numbers (strcmp).
    ("ka.response.code > 99", False),
    ("ka.response.code < 3", True),
    # regex must fit the whole text; in POSIX syntax ^ and $ may stand at lines.
    ("ka.uri regex pods", False),
    ("ka.uri regex '.*/pods.*'", True),
    ("ka.verb regex '^get$'", True),
    # in takes each value whole; duplicates change nothing; nothing is in an empty list.
    ("ka.verb in (get, get)", True),
    ("ka.verb intersects (get)", True),
    ("ka.verb in ()", False),
    ("ka.verb pmatch ()", False),
    # pmatch goes part by part; slashes at the ends and doubled ones do not count; / holds for all.
    ("ka.uri pmatch (/healthz, /api/*)", True),
    ("ka.uri pmatch (api/v1/)", True),
    ("ka.uri pmatch (/ap)", False),
    ("ka.verb pmatch (/)", True),
    ("ka.verb pmatch (get)", True),
]
LISTS = [
    # in: every item is one of them; intersects: some item is.
    ("ka.user.groups in (One, Two, Three)", True),
    ("ka.user.groups in (One)", False),
    ("ka.user.groups intersects (Two, x)", True),
    ("ka.user.groups intersects ()", False),
    ("ka.user.groups in ()", False),
    ("len(ka.user.groups) = 2", True),
    ("join(',', ka.user.groups) = 'One,Two'", True),
    # Lists are compared as bytes, and transformed items end in a NUL that literals and plain items lack.
    ("tolower(ka.user.groups) in (one, two)", False),
    ("tolower(ka.user.groups) intersects (one)", False),
    ("not tolower(ka.user.groups) in (one, two)", True),
    ("tolower(ka.user.groups) in tolower(ka.user.groups)", True),
    ("tolower(ka.user.groups) intersects val(ka.user.groups)", False),
    ("basename(ka.user.groups) exists", True),
    ("join(',', tolower(ka.user.groups)) = 'one,two'", True),
    ("b64(ka.user.groups) exists", False),
    # The same holds of the right side of in beside a single value; the left side loses its NUL.
    ("tolower(ka.verb) in (get)", True),
    ("tolower(ka.verb) in val(ka.target.name)", True),
    ("ka.verb in tolower(ka.target.name)", False),
    ("ka.verb = tolower(ka.target.name)", True),
    # getopt may give an empty list, which exists and is in anything.
    ("getopt(ka.user.groups, 'n') exists", True),
    ("getopt(ka.user.groups, 'n') in (x)", True),
    ("tolower(getopt(ka.user.groups, 'n')) in (x)", True),
    ("getopt(ka.user.groups, 'n') intersects (x)", False),
    ("getopt(('-n', '-t', 'v'), 'nt:') in (n, t, v)", True),
]
TRANSFORMED = [
    ("len(ka.user.name) = 4", True),
    ("concat(ka.verb, '-', ka.target.name) = get-get", True),
    ("join('-', (ka.verb, ka.user.groups)) = get-One-Two", True),
    ("join(',', (evt.num, '7')) = '0,7'", True),
    ("join('', ()) = ''", True),
    ("toupper('a') = A", True),
    # C's functions see text up to a NUL that Base64 decoded; in, regex and pmatch see all of it.
    ("b64(ka.uri.param[nul]) = a", True),
    ("b64(ka.uri.param[nul]) in (a)", False),
    ("b64(ka.uri.param[nul]) regex 'a.b'", True),
    ("b64(ka.uri.param[nul]) endswith a", True),
    ("tolower(b64(ka.uri.param[nul])) != a", False),
    ("len(b64(ka.uri.param[nul])) = 1", True),
    ("b64(ka.uri.param[nul]) = val(ka.uri.param[a])", True),
    ("b64(ka.uri.param[nul]) in val(ka.uri.param[a])", False),
    # NULs at the end are lost.
    ("b64(ka.uri.param[end]) in (a)", True),
    # What is no UTF-8 stops neither pattern nor glob.
    ("b64(ka.uri.param[bad]) regex 'a.'", True),
    ("b64(ka.uri.param[bad]) glob a?", True),
    ("b64(ka.uri.param[bad]) pmatch (a*)", True),
    ("len(b64(ka.uri.param[bad])) = 2", True),
]
RIGHT_FIELDS = [
    ("ka.verb = val(ka.target.name)", True),
    ("ka.verb in val(ka.target.name)", True),
    ("ka.verb contains val(ka.uri.param[empty])", True),
    ("ka.user.groups intersects val(ka.user.groups)", True),
    ("ka.user.groups in val(ka.user.groups)", True),
    ("len(ka.verb) <= len(ka.target.name)", True),
    ("len(ka.verb) in len(ka.target.name)", True),
]
NUMBERS = [
    # sscanf reads decimal digits after blanks and a sign; less than zero wraps, too much is the most.
    ("evt.num in (0, 7) and evt.rawtime > 16", True),
    ("evt.num in (' 0')", True),
    ("evt.num in ('-1')", False),
    ("evt.num < -1", True),
    ("evt.num < 99999999999999999999999999", True),
    ("len(ka.user.groups) in ('02')", True),
    ("len(ka.user.groups) intersects (2)", True),
    ("evt.num in ()", False),
    # A boolean equals true or false.
    ("evt.is_async = false and not evt.is_async = true", True),
    ("evt.is_async != true and evt.is_async in (true, false)", True),
    ("evt.asynctype exists", False),
]


@pytest.mark.parametrize(
    ("text", "holds"),
    [*MISSING, *TEXT, *LISTS, *TRANSFORMED, *RIGHT_FIELDS, *NUMBERS],
)
def test_conditions_hold_as_libsinsp_has_it(text, holds, event):
    condition = parse_condition(text)
    check_condition(condition)
    assert Evaluator(condition).holds(event) is holds
    assert compile_conditions([condition]).match(event) == [0] * holds


@pytest.mark.parametrize("operator", ["=", "==", "!=", "<", "<=", ">", ">="])
def test_numbers_compare_as_numbers(operator):
    python = {"=": "=="}.get(operator, operator)
    for left, right in ((1, 2), (2, 2), (10, 9)):
        assert ordered(operator, left, right) is eval(f"{left} {python} {right}")


def test_a_macro_that_was_not_resolved_is_an_error(event):
    with pytest.raises(ValueError, match="macro m was not resolved"):
        Evaluator(ir.Macro("m")).holds(event)
