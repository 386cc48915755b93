"""Files of tests are read; each mistake is told with its place, and hides no other test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.errors import GroundError, SourceError
from lanner.rules.testing.files import TestFile, find_tests, priority_name, rule_of, spoken_of


@pytest.fixture
def read(tmp_path):
    """Read a text as a file of tests."""

    def from_text(text):
        path = tmp_path / "a.test.yaml"
        path.write_text(text)
        return TestFile(path)

    return from_text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[]", "1:1: a file of tests is one map"),
        ("", "1:1: a file of tests is one map"),
        ("tests: 1", "1:8: tests: Expected `array`"),
        ("rules: []", "1:1: Object missing required field `tests`"),
        ("tests: []\ntest: 1", "2:1: unknown key 'test'; did you mean 'tests'?"),
        ("tests: []\nmatching: frist", "2:11: matching: Invalid enum value 'frist'; did you mean 'first'?"),
        ("tests: []\ntests: []", "2:1: the key 'tests' is given twice"),
        ("tests: []\nbases: {a: {verbs: get}}", "2:20: 'verbs' is no key of an audit event; did you mean 'verb'?"),
        ('tests: []\nrules: [a, "b\\0"]', "2:12: no file's name has a NUL in it"),
        ("a: b: c", "1:5: mapping values are not allowed"),
        ("tests: []\nbases: {a: &a {verb: get}, b: {<<: *a}}", "2:32: YAML's merge keys (<<) are not read"),
    ],
)
def test_a_file_that_is_no_file_of_tests_is_refused(read, text, error):
    with pytest.raises(SourceError) as caught:
        read(text)
    assert f"a.test.yaml:{error}" in str(caught.value)


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ("1", "3:3: Expected `object`, got `int`"),
        ("{event: {}, fires: [A]}", "3:3: Object missing required field `name`"),
        ("{name: t, event: {}, fire: [A]}", "3:24: unknown key 'fire'; did you mean 'fires'?"),
        ("{name: t, event: {}, fires: [{rule: A, time: 1}]}", "3:42: unknown key 'time'; did you mean 'times'?"),
        ("{name: t, event: {}, fires: [A, {rule: A, times: 0}]}", "3:52: fires[1].times: Expected `int` >= 1"),
        ("{name: t, event: {}, silent: [{rule: A, times: 1}]}", "3:43: unknown key 'times'; known here: objects, rule"),
        ("{name: t, event: [], fires: [A]}", "3:20: event: Expected `object | null`, got `array`"),
        ("{name: t, fires: [A]}", "3:3: a test has one of event, events, file, or a base alone"),
        ("{name: t, event: {}, file: x, fires: [A]}", "3:30: a test has one of event, events, file, or a base alone"),
        ("{name: t, base: pdo, fires: [A]}", "3:19: no base 'pdo'; did you mean 'pod'?"),
        ("{name: t, base: zzz, fires: [A]}", "3:19: no base 'zzz'; define it under bases"),
        ("{name: t, base: pod, file: x, fires: [A]}", "3:19: the events of a file are whole"),
        ("{name: t, event: {}}", "3:3: nothing is expected"),
        ("{name: t, event: {vreb: x}, fires: [A]}", "3:27: 'vreb' is no key of an audit event; did you mean 'verb'?"),
        (
            "{name: t, events: [{}, {user: {usrname: x}}], fires: [A]}",
            "3:43: 'usrname' is no key of an audit event; did you mean 'username'?",
        ),
        ("{name: t, event: {}, fires: [{rule: A, objects: [x, y]}]}", "3:52: 'x' is no object: write NAMESPACE/"),
        ("{name: t, event: {}, silent: [{rule: A, objects: [{name: y}]}]}", "3:53: an object has a resource"),
        ("{name: t, event: {}, fires: [{rule: A, priority: LOW}]}", "3:52: 'LOW' is no priority; known are Emergency,"),
        ('{name: t, file: "a\\0b", only: true}', "3:19: no file's name has a NUL in it"),
        ('{name: t, file: "-", only: true}', "3:19: a test does not read standard input"),
        ("{name: t, event: {}, fires: [A], with: {list: a}}", "3:42: with: Expected `array`"),
        ("{name: t, event: {<<: {verb: get}}, fires: [A]}", "3:21: YAML's merge keys (<<) are not read: put what"),
    ],
)
def test_a_mistaken_test_is_kept_with_its_mistake_beside_the_good_one(read, test, error):
    file = read(f"bases: {{pod: {{}}}}\ntests:\n- {test}\n- {{name: good, base: pod, fires: [A]}}\n")
    bad, good = file.tests
    assert good.mistake is None
    assert good.case is not None
    assert bad.case is None
    assert f"a.test.yaml:{error}" in str(bad.mistake)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(GroundError):
        TestFile(tmp_path / "a.test.yaml")


def test_files_name_their_rules_and_lie_beside_them(read, tmp_path):
    (tmp_path / "a.yaml").write_text("")
    file = read("rules: [a.yaml]\ntests: [{name: t, event: {}, fires: [A, {rule: B}], silent: [C]}]")
    assert find_tests([tmp_path]) == [file.path]
    assert find_tests([file.path]) == [file.path]
    assert file.rule_paths() == [tmp_path / "a.yaml"]
    (test,) = file.tests
    assert list(spoken_of(test.case)) == [(("fires", 0), "A"), (("fires", 1, "rule"), "B"), (("silent", 0), "C")]
    assert [rule_of(entry) for entry in test.case.fires] == ["A", "B"]


def test_bases_are_whole_events(read):
    file = read("bases: {p: {verb: list}}\ntests: [{name: t, base: p, only: true}, {name: u, event: {}, alerts: 0}]")
    assert [file.base(test.case)["verb"] for test in file.tests] == ["list", "get"]


def test_priorities_are_known_in_any_case():
    assert [priority_name(name) for name in ("info", "WARNING", "Low")] == ["Informational", "Warning", None]


WORDS = st.sampled_from(
    [
        "name",
        "tests",
        "event",
        "events",
        "base",
        "bases",
        "fires",
        "silent",
        "rule",
        "objects",
        "with",
        "times",
        "x",
        "1",
    ]
)
VALUES = st.recursive(
    WORDS,
    lambda below: (
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(WORDS, below), max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


@given(VALUES | st.text(max_size=40), VALUES)
def test_whatever_is_written_gives_tests_or_an_error_with_its_place(tmp_path_factory, text, value):
    """No traceback for any text."""
    path = tmp_path_factory.getbasetemp() / "any.test.yaml"
    for whole in (text, f"tests: [{value}]", f"tests: [{{name: t, event: {{}}, fires: {value}}}]"):
        path.write_text(whole, encoding="utf-8", errors="replace")
        assert mistakes(path) or whole


def mistakes(path):
    """Give the places of all mistakes in a file of tests; one without a place fails."""
    try:
        found = [test.mistake for test in TestFile(path).tests if test.mistake is not None]
    except SourceError as error:
        found = [error]
    assert all(mistake.file == str(path) for mistake in found)
    return [(mistake.line, mistake.column) for mistake in found]
