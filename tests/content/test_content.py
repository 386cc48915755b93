"""The rules lanner ships: they load, each is tested, and on a real log they see the attacks and little else."""

import re
from pathlib import Path

import pytest
from attack_order import reordered
from bench.attacks import Asked, judge, judge_moved, judge_renamed, read_labels

from lanner import content
from lanner.audit.decode import decode
from lanner.cli.rules.correlating import Correlating
from lanner.rules.attack import seen_techniques
from lanner.rules.compile import compile_conditions
from lanner.rules.guidance import load_guidance
from lanner.rules.loading import load_files
from lanner.rules.matrices import kubernetes
from lanner.rules.testing.coverage import Coverage
from lanner.rules.testing.files import TestFile, find_tests, rule_of
from lanner.rules.testing.rulesets import RuleSets
from lanner.rules.testing.running import Runner
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "audit"
FILES = find_tests([content.FOLDER])
SHOWN = ("user=", "verb=", "from=", "agent=", "decision=", "code=")
BENIGN = (
    "gitops-",
    "node-",
    "operator-",
    "new-",
    "token-",
    "own-",
    "portforward-",
    "admin-",
    "bind-",
    "delete-",
    "exec-",
)
"""Lookalikes, but for the emergency exec into a sensitive namespace, which must alert."""
_MANAGERS = "ka.user.name in (system:kube-controller-manager, s"
_NODES = "ka.user.name startswith system:node:"
_ASKED = "jevt.value[/responseObject/spec/username] exists"
UNREACHABLE = {
    # The rule is about names that begin with system:serviceaccount:, which these do not.
    ("Service account asks what it may do", "silent", _MANAGERS),
    ("Service account asks what it may do", "silent", _NODES),
    ("Session opened by a service account", "silent", _MANAGERS),
    ("Session opened by a service account", "silent", _NODES),
    # The rule leaves out names that end in :clusterrole-aggregation-controller, which these do not.
    ("Role allows everything", "silent", _MANAGERS),
    ("Role allows everything", "silent", _NODES),
    # Without a value the comparison beside it is false as well.
    ("Certificate request approved by hand", "fires", _ASKED),
}
"""Branches that no event of a real cluster decides."""


@pytest.fixture(scope="module")
def loaded():
    return load_files([content.FOLDER])


def test_the_rules_load_without_errors_and_warnings(loaded):
    """Macros that a later file uses are told by Falco, and by lanner as nothing to do."""
    found = [(result.file, finding) for result in loaded.results for finding in result.errors + result.warnings]
    assert [finding for finding in found if "a file loaded later uses it" not in finding[1].hint] == []
    assert [result.notes for result in loaded.results if result.notes] == []
    assert len(loaded.rules) >= 15


@pytest.fixture(scope="module")
def coverage(loaded):
    """What all tests beside the rules put to the test; they pass."""
    rules = RuleSets(loaded.rules, loaded.linker, loaded.correlations)
    tally = Coverage()
    tally.register(rules)
    runner = Runner(no_files, tally, Correlating)
    assert [outcome for path in FILES for outcome in runner.run(TestFile(path), rules) if not outcome.passed] == []
    return tally.report()


def no_files(path):
    """The tests beside the rules hold their events themselves."""
    raise AssertionError(path)


def test_each_rule_has_a_test_that_fires_it_and_one_that_does_not(coverage):
    assert [rule.rule for rule in coverage if not rule.tested] == []


@pytest.mark.parametrize("key", ["fires", "silent"])
def test_each_correlation_has_tests_of_both_kinds(loaded, key):
    """For each part of its meaning there is one; that all pass is shown by the coverage above."""
    cases = [test.case for path in FILES for test in TestFile(path).tests]
    tested = {rule_of(entry) for case in cases for entry in getattr(case, key)}
    assert [each.name for each in loaded.correlations if each.name not in tested] == []


def test_every_branch_of_the_conditions_that_an_event_can_reach_is_tested(coverage):
    assert {(rule.rule, part.missing, part.text[:50]) for rule in coverage for part in rule.untested} == UNREACHABLE


def test_each_rule_says_what_it_is_about(loaded):
    """A description, a MITRE technique, a tactic, and in the output who did what from where."""
    for rule in loaded.rules:
        assert len(rule.description) > 30
        assert any(re.fullmatch(r"T\d{4}(\.\d{3})?", tag) for tag in rule.tags), rule.name
        assert any(not tag.startswith("T") for tag in rule.tags), rule.name
        missing = [part for part in SHOWN if part not in rule.output]
        assert missing in ([], ["user="]), rule.name


def test_each_rule_and_correlation_has_guidance(loaded):
    """False positives and what to do for all; a place in the Kubernetes matrix where it has one that fits."""
    guidance, known = load_guidance([content.FOLDER]), {each.id for each in kubernetes()}
    every = [*loaded.rules, *loaded.correlations]
    assert {each.name for each in every} == guidance.keys()
    for name, found in guidance.items():
        assert len(found.false_positives) > 10, name
        assert found.response, name
        assert set(found.matrix) <= known, name
    assert len([name for name, found in guidance.items() if not found.matrix]) <= 2


def test_each_technique_that_a_rule_names_is_in_the_table(loaded):
    assert [row.id for row in seen_techniques([*loaded.rules, *loaded.correlations], {}) if not row.name] == []


def test_users_append_to_the_list_of_sensitive_namespaces(tmp_path):
    """As the head of the common file shows."""
    own = tmp_path / "own.yaml"
    own.write_text("- list: lanner_sensitive_namespaces\n  items: [billing]\n  override: {items: append}\n")
    both = load_files([content.FOLDER, own])
    rules = RuleSets(both.rules, both.linker)
    tests = tmp_path / "own.test.yaml"
    tests.write_text(
        "tests:\n- name: t\n  event:\n    objectRef: {resource: pods, subresource: exec, namespace: billing}\n"
        "    responseStatus: {code: 403}\n  fires: [Shell opened in a sensitive namespace]\n"
    )
    assert [outcome.problems for outcome in Runner(no_files).run(TestFile(tests), rules)] == [()]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/audit is not there")
def test_on_a_real_log_the_attacks_are_seen_once_and_benign_work_is_quiet(loaded):
    """What controllers do because of an attacker's object is no alert; no attempt is told twice by one rule."""
    labels = read_labels(SHARED / "labels.jsonl")
    matcher = compile_conditions([rule.condition for rule in loaded.rules])
    seen = set()
    for line in read_lines(SHARED / "full.jsonl.zst"):
        for event in decode(line.data).events:
            for index in matcher.match(event):
                label = labels.get((event.head.audit_id, event.head.stage), {"kind": "unlabelled"})
                assert label["kind"] != "consequence"
                assert (index, event.head.audit_id) not in seen
                seen.add((index, event.head.audit_id))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/audit is not there")
@pytest.mark.parametrize("reading", [judge, judge_renamed], ids=["own names", "other names"])
def test_every_step_of_the_attacks_is_seen_and_benign_work_makes_a_handful_of_alerts(reading):
    """Whatever people, teams, tools and addresses are called: bounds of the issue, not what was measured."""
    found = reading(SHARED / "full.jsonl.zst", SHARED / "labels.jsonl")
    assert (len(found.seen), found.missed) == (26, [])
    assert found.alerts["unlabelled"] <= 25
    assert sum(count for what, count in found.noise.items() if what.startswith(BENIGN)) <= 6
    assert "consequence" not in found.alerts
    assert sorted(place for chain in found.chains.values() for place in chain["places"]) == [1, 2, 3]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/audit is not there")
@pytest.mark.parametrize("order", ["reversed", "together", "early", "slow"])
def test_attacks_are_seen_whenever_they_come_and_are_three_incidents(order):
    """One after the other or all at once, before most of the benign work or over hours."""
    found = judge_moved(SHARED / "full.jsonl.zst", SHARED / "labels.jsonl", Asked(order=order))
    assert (len(found.seen), found.missed) == (26, [])
    assert found.alerts["unlabelled"] <= 25
    assert sorted(place for chain in found.chains.values() for place in chain["places"]) == [1, 2, 3]
    assert found.chains["contractor-escalates"]["actors"][0] == "mallory@example.com"
    assert found.chains["stolen-ci-token"]["actors"][0] == "system:serviceaccount:ci:ci-deployer"
    assert found.chains["anonymous-admin"]["actors"][0] == "system:anonymous"


def test_moved_attacks_keep_their_order_and_all_else_stays():
    def line(number, second, address):
        return (
            f'{{"auditID":"{number}","stage":"Panic","sourceIPs":["{address}"],'
            f'"stageTimestamp":"2026-01-01T00:00:{second:02d}.000000Z"}}'
        ).encode()

    lines = [line(n, 3 * n, f"192.0.2.{n // 3}") for n in range(12)]
    labels = {(str(n), "Panic"): {"chain": f"c{n // 3}", "kind": "attack"} for n in (3, 4, 6, 7)}
    moved = [one.split(b'"')[3].decode() for one in reordered(lines, labels, "reversed")]
    assert moved != sorted(moved, key=int)
    for chain in ("345", "678", ("0", "1", "2", "9", "10", "11")):
        assert [each for each in moved if each in chain] == list(chain)
    assert moved.index("6") < moved.index("3")
