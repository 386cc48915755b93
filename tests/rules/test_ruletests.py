"""Tests of rules: how they are written, what they say when they fail."""

import msgspec
import pytest

from lanner.errors import GroundError, SourceError
from lanner.rules.falco.documents import load_texts
from lanner.rules.ruletests import SKELETON, TestFile, find_tests, merge

RULES = load_texts(
    [
        (
            "a.yaml",
            """
- rule: Reads
  desc: d
  condition: ka.verb = get
  output: "%ka.user.name reads %ka.target.name"
  priority: INFO
  source: k8s_audit
- rule: Sleeps
  desc: d
  condition: ka.verb = delete
  output: x
  priority: INFO
  source: k8s_audit
  enabled: false
""",
        )
    ]
).rules


@pytest.fixture
def outcomes(tmp_path):
    """Run a text of tests; yields (problems, fired) a test."""

    def run(text):
        path = tmp_path / "a.test.yaml"
        path.write_text(text)
        return [(outcome.problems, outcome.fired) for outcome in TestFile(path).run(RULES)]

    return run


def test_events_are_laid_over_a_whole_event(outcomes):
    """A test says only what matters to it."""
    text = """
bases:
  pod: {objectRef: {resource: pods, name: p}}
tests:
- {name: bare, event: {}, fires: [Reads], silent: [Sleeps]}
- {name: base alone, base: pod, fires: [{rule: Reads, output: alice@example.com reads p}]}
- {name: changed, base: pod, event: {user: {username: bob}}, fires: [{rule: Reads, output: bob reads p, times: 1}]}
- {name: two, base: pod, events: [{}, {verb: list}, {}], fires: [{rule: Reads, times: 2}]}
- {name: disabled rules are tested too, event: {verb: delete}, fires: [Sleeps], silent: [Reads]}
"""
    assert [problems for problems, _fired in outcomes(text)] == [[]] * 5


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("event: {verb: list}, fires: [Reads]", "'Reads' did not fire; fired: nothing"),
        ("event: {}, fires: [Sleeps]", "'Sleeps' did not fire; fired: Reads"),
        ("event: {}, silent: [Reads]", "'Reads' fired and should not"),
        ("event: {}, fires: [Raeds]", "no rule 'Raeds'; did you mean 'Reads'?"),
        ("event: {}, silent: [Zzz]", "no rule 'Zzz'"),
        ("event: {}, fires: [{rule: Reads, times: 2}]", "'Reads' fired 1 times, not 2"),
        (
            "event: {}, fires: [{rule: Reads, output: y}]",
            "'Reads' said\n    alice@example.com reads <NA>\n  not\n    y",
        ),
        ("base: no, fires: [Reads]", "no base 'no'; see bases"),
        ("fires: [Reads]", "a test has one of event, events, file, or a base alone"),
        ("event: {}, events: [], fires: [Reads]", "a test has one of event, events, file, or a base alone"),
        ("event: {verb: [1]}, fires: [Reads]", None),
    ],
)
def test_a_failure_says_what_was_found(outcomes, test, problem):
    (((found,), _fired),) = outcomes(f"tests:\n- {{name: t, {test}}}\n")
    assert problem is None or found == problem


def test_events_come_from_a_file_of_them(outcomes, tmp_path):
    lines = [msgspec.json.encode(SKELETON), msgspec.json.encode(SKELETON | {"verb": "list"}), b""]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "bad.jsonl").write_bytes(b"{}\n")
    ((problems, fired), (bad, _none)) = outcomes(
        "tests:\n- {name: t, file: log.jsonl, fires: [Reads]}\n- {name: u, file: bad.jsonl, fires: [Reads]}\n"
    )
    assert (problems, fired) == ([], {"Reads": 1})
    assert bad[0].startswith("bad.jsonl: ")


@pytest.mark.parametrize(
    "text", ["[]", "tests: 1", "tests: []\nx: 1", "tests: [{}]", "tests: [{name: a, fire: []}]", "a: b: c"]
)
def test_a_file_that_is_no_file_of_tests_is_refused(tmp_path, text):
    path = tmp_path / "a.test.yaml"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"a\.test\.yaml"):
        TestFile(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(GroundError):
        TestFile(tmp_path / "a.test.yaml")


def test_files_name_their_rules_and_lie_beside_them(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    path = tmp_path / "a.test.yaml"
    path.write_text("rules: [a.yaml]\ntests: [{name: t, event: {}, fires: [A, {rule: B}], silent: [C]}]")
    tests = TestFile(path)
    assert find_tests([tmp_path]) == [path]
    assert tests.rule_paths() == [tmp_path / "a.yaml"]
    assert tests.rule_names() == {"A", "B", "C"}


def test_maps_merge_key_by_key_and_all_else_is_replaced():
    assert merge({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"c": [2]}, "d": {"e": 1}, "f": None}) == {
        "a": {"b": 1, "c": [2]},
        "d": {"e": 1},
        "f": None,
    }
