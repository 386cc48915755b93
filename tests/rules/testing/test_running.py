"""Tests of rules run: what they find, and how they tell it."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.rules.testing.events import SKELETON
from lanner.rules.testing.files import TestFile
from lanner.rules.testing.junit import details_text
from lanner.rules.testing.running import Runner

FAILURES = Path(__file__).parents[2] / "data" / "rules_testing" / "failures.txt"


def told(outcome):
    """Give each problem as its kind, message and details in one text."""
    return [f"{problem.kind}: {problem.message}\n{details_text(problem)}".strip() for problem in outcome.problems]


PASSING = """
bases:
  pod: {objectRef: {resource: pods, namespace: payments, name: p}}
tests:
- {name: bare, event: {}, fires: [Reads], silent: [Sleeps, Gets]}
- name: base alone
  base: pod
  fires: [{rule: Reads, output: alice@example.com reads p}, Gets]
- {name: changed, base: pod, event: {user: {username: bob}}, fires: [{rule: Reads, output: bob reads p, times: 1}]}
- name: three
  base: pod
  events: [{}, {verb: list}, {}]
  fires: [{rule: Reads, times: 3}, {rule: Gets, times: 2}]
  alerts: 5
- {name: a disabled rule that is named takes part, event: {verb: delete}, fires: [Sleeps], only: true}
- {name: a disabled rule that is not named does not, event: {verb: delete}, only: true, alerts: 0}
- {name: first, base: pod, matching: first, fires: [Reads], only: true, alerts: 1}
- name: objects
  base: pod
  events: [{}, {objectRef: {name: q}}, {objectRef: null, requestURI: /api?x}]
  fires:
    - {rule: Reads, objects: [payments/pods/q, {namespace: payments, resource: pods, name: p}, "uri:/api"]}
  silent: [{rule: Gets, objects: ["/nodes/n", "uri:/api"]}]
- name: what it says
  base: pod
  fires:
    - rule: Gets
      output_contains: [get, system]
      output_fields: {ka.verb: get, ka.user.groups: ["system:authenticated"]}
      priority: notice
    - {rule: Reads, output_contains: reads, tags: [a, b], priority: INFO}
- name: with a longer list
  base: pod
  with:
    - {list: quiet, items: [payments], override: {items: append}}
  fires: [Gets]
  only: true
- name: with another rule
  base: pod
  with:
    - {rule: Gets, condition: and ka.verb = list, override: {condition: append}}
    - {rule: Mine, desc: d, condition: ka.verb = get, output: x, priority: INFO, source: k8s_audit}
  fires: [Mine]
  silent: [Gets]
"""


CORRELATED = """
tests:
- {name: two, events: [{}, {}], fires: [{rule: Reads in a row, times: 1, related: 2, output: 2 reads}]}
- {name: late, events: [{}, {at: 61s}], silent: [Reads in a row]}
- {name: on its object, events: [{}, {objectRef: {resource: pods}}], fires: [{rule: Reads in a row, objects: [/pods]}]}
- {name: one, event: {}, fires: [Reads in a row]}
- {name: other, events: [{}, {at: 1m}], fires: [{rule: Reads in a row, related: 3}], silent: [Reads in a row]}
- {name: no time, event: {at: soon}, silent: [Reads in a row]}
"""


def test_correlations_see_the_events_of_a_test_in_their_time(outcomes):
    *passed, one, other, no_time = outcomes(CORRELATED)
    assert [told(outcome) for outcome in passed] == [[], [], []]
    assert told(one) == ["missing: 'Reads in a row' did not fire; fired: Reads\nread: event 1"]
    assert [problem.kind for problem in other.problems] == ["related", "unexpected"]
    assert other.problems[0].message == "'Reads in a row' has 2 events behind it, not 3"
    assert no_time.problems[0].message.startswith("at: 'soon' is no time after the first event; write 5s")


def test_without_one_who_correlates_a_test_of_a_correlation_is_a_mistake(tmp_path, rules):
    (tmp_path / "a.test.yaml").write_text("tests: [{name: t, event: {}, fires: [Reads in a row]}]")
    (outcome,) = Runner(lambda _path: []).run(TestFile(tmp_path / "a.test.yaml"), rules)
    assert (outcome.status, outcome.problems[0].message[:24]) == ("mistaken", "no rule 'Reads in a row'")


def test_what_tests_may_say(outcomes):
    assert [(outcome.test, told(outcome)) for outcome in outcomes(PASSING) if not outcome.passed] == []


@pytest.mark.parametrize("block", FAILURES.read_text().split("\n\n"), ids=lambda block: block.splitlines()[0])
def test_a_failure_says_what_was_found(outcomes, block):
    """Each block of the golden file is a test in its first line, and what is told of it below."""
    test, problem = block.strip().split("\n", 1)
    (outcome,) = outcomes(f"tests:\n- {{name: t, {test}}}\n")
    assert told(outcome) == [problem]
    assert {(problem.file[-11:], problem.line) for problem in outcome.problems} == {("a.test.yaml", 2)}
    assert all(problem.column > 3 for problem in outcome.problems)


@pytest.mark.parametrize(
    ("snippet", "problem"),
    [
        ("list: quiet, items: [a], append: maybe", "2:65: Can't decode"),
        ("list: stranger, items: [a], override: {items: append}", "2:31: List uses"),
        ("rule: Mine", "2:31: Item has no mapping"),
        (
            "rule: Reads, condition: and ka.vreb = x, override: {condition: append}",
            "2:60: filter_check called with nonexistent field",
        ),
    ],
)
def test_rules_of_a_test_that_do_not_load_are_told_in_their_place(outcomes, snippet, problem):
    (outcome,) = outcomes(f"tests:\n- {{name: t, event: {{}}, with: [{{{snippet}}}], fires: [Reads]}}\n")
    (found,) = outcome.problems
    assert outcome.status == "mistaken"
    assert f"{found.line}:{found.column}: {found.message}".startswith(problem)


def test_long_lists_are_cut(outcomes):
    events = ", ".join(f"{{objectRef: {{resource: pods, name: p{n}}}}}" for n in range(30))
    test = f"events: [{events}], silent: [Gets], fires: [{{rule: Reads, objects: []}}]"
    objects, unexpected = outcomes(f"tests:\n- {{name: t, {test}}}\n")[0].problems
    assert details_text(objects).endswith("and 20 more")
    assert details_text(unexpected).endswith("and 20 more")
    assert unexpected.message == "'Gets' fired 30 times and should not"


def test_mistakes_of_a_file_hide_no_other_test(outcomes):
    bad, good = outcomes("tests:\n- {name: bad, event: {}, fire: [Reads]}\n- {name: good, event: {}, fires: [Reads]}\n")
    assert (bad.status, bad.test, bad.line, good.status, good.test) == ("mistaken", "bad", 2, "passed", "good")


def test_events_come_from_a_file_of_them(outcomes, tmp_path):
    lines = [msgspec.json.encode(SKELETON), msgspec.json.encode(SKELETON | {"verb": "list"}), b""]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "bad.jsonl").write_bytes(b"{}\n")
    text = """tests:
- {name: t, file: log.jsonl, fires: [Reads], alerts: 2}
- {name: u, file: bad.jsonl, fires: [Reads]}
- {name: v, file: log.jsonl, fires: [Gets]}
"""
    good, bad, missing = outcomes(text)
    assert (good.passed, good.fired, good.events) == (True, {"Reads": 2}, 2)
    assert told(bad)[0].startswith("mistake: bad.jsonl:1: ")
    assert bad.problems[0].column == 19
    assert "closest: log.jsonl:1, where" in told(missing)[0]
    assert told(missing)[0].endswith(f"more: lanner rules explain Gets --event {tmp_path / 'log.jsonl'}:1")


VALUES = st.recursive(
    st.sampled_from(["Reads", "x", "1", "null", "quiet", "[]", "{}"]),
    lambda below: (
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(st.sampled_from(["list", "rule", "macro", "items", "condition", "objectRef"]), below).map(
            lambda pair: f"{{{pair[0]}: {pair[1]}}}"
        )
    ),
    max_leaves=8,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_whatever_a_test_says_has_an_outcome(outcomes, value):
    """No traceback for any events, rules or objects in a test."""
    tests = (f"event: {{user: {value}}}", f"event: {{}}, with: [{value}]", f"events: [{{requestObject: {value}}}]")
    text = "".join(f"- {{name: t, {test}, fires: [{{rule: Reads, objects: [{value}]}}]}}\n" for test in tests)
    assert len(outcomes(f"tests:\n{text}")) == 3
