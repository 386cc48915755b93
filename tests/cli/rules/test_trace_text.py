"""The words and lines of explanations."""

import pytest

from lanner.audit.decode import decode
from lanner.cli.rules.trace_text import event_text, hints, place, sentence, tree_lines, value_text
from lanner.rules.explain import Explainer, Reason, blockers
from lanner.rules.falco.documents import link_texts
from lanner.rules.falco.outlines import Outlines
from lanner.rules.outline import Spot

EVENT = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-1","stage":"ResponseComplete",'
    b'"verb":"create","requestURI":"/x","user":{"username":"bob\\u001b"},"objectRef":{"resource":"pods","namespace":'
    b'"dev","name":"p"},"responseStatus":{"code":201},"stageTimestamp":"2026-01-02T03:04:05.000000Z"}'
)
RULES = """- macro: done
  condition: ka.stage = ResponseComplete
- macro: quiet
  condition: ka.target.namespace in (dev, test) and not ka.impuser.name exists
- rule: R
  desc: d
  condition: >
    done and not quiet and (ka.verb = get or ka.req.pod.host_pid = true
      or ka.uri = a or ka.uri = b)
  output: x
  priority: INFO
  source: k8s_audit
  exceptions:
    - {name: calm, fields: ka.user.name, values: [alice]}
"""


@pytest.fixture
def trace():
    loaded, linker = link_texts([("r.yaml", RULES)])
    return Explainer(Outlines(linker).of(loaded.rules[0])).explain(decode(EVENT).events[0])


def test_the_tree_shows_truth_need_decision_value_and_place(trace):
    assert (
        "\n".join(line.plain for line in tree_lines(trace, "r.yaml"))
        == """\
▸  false  and
▸  false  ├─ and
    true  │  ├─ done: ka.stage = ResponseComplete   found "ResponseComplete"   :2
▸  false  │  ├─ not
▸   true  │  │  └─ quiet: and
▸   true  │  │     ├─ ka.target.namespace in (dev, test)   found "dev", one of 2   :4
▸   true  │  │     └─ not
▸  false  │  │        └─ ka.impuser.name exists   found <NA>   :4
 (false)  │  └─ or
 (false)  │     ├─ ka.verb = get   found "create"   :8
 (false)  │     ├─ ka.req.pod.host_pid = true   found <NA>, see note   :8
 (false)  │     ├─ ka.uri = a   found "/x"   :9
 (false)  │     └─ ka.uri = b   found "/x"   :9
  (true)  └─ not
 (false)     └─ exception calm: ka.user.name in (alice)   found "bob\\u001b"   :14"""
    )


def test_sentences_say_what_keeps_a_rule_from_firing(trace):
    first, second = (sentence(blocker) for blocker in blockers(trace))
    assert first == (
        'not quiet: ka.target.namespace in (dev, test) is true, found "dev", one of 2; '
        "ka.impuser.name exists is false, found <NA>"
    )
    assert second.endswith("; and 1 more")
    assert sentence(Reason(trace.parts[0].parts[0], ("outer",))).startswith("outer: ka.stage = ")


def test_hints_are_counted_once_each(trace):
    (hint,) = hints(trace)
    assert hint.startswith("requestObject is absent: the event was logged at level Metadata")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "<NA>"),
        (7, "7"),
        ('a"b\n\u202e', r'"a\"b\n\u202e"'),
        (["a", "b"], '("a", "b")'),
        (list("abcdef"), '("a", "b", "c", "d", … 6 values)'),
        ("x" * 2000, '"' + "x" * 120 + '"… 2,000 characters'),
        ("\udcff", '"?"'),
    ],
)
def test_values(value, shown):
    assert value_text(value) == shown


def test_places():
    assert place(Spot(), "r.yaml") == ""
    assert place(Spot("r.yaml", 3, 1), "r.yaml") == ":3"
    assert place(Spot("a/b.yaml", 3, 1), "r.yaml") == "b.yaml:3"


def test_an_event_in_one_line():
    (event,) = decode(EVENT).events
    shown = r"create  pods dev/p  by bob\x1b  -> 201  ResponseComplete, level Metadata  id-1"
    assert event_text(event) == shown
    (event,) = decode(b'{"kind":"Event","auditID":"a","stage":"Panic","stageTimestamp":"2026-01-02T03:04:05Z"}').events
    assert event_text(event) == "Panic, level unknown  a"
