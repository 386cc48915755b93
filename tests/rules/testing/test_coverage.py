"""What tests leave out."""

import pytest

from lanner.rules.falco.documents import link_texts
from lanner.rules.testing.coverage import Coverage, percent
from lanner.rules.testing.rulesets import RuleSets


@pytest.fixture
def measured(outcomes, coverage):
    """Run a text of tests; gives the rows by rule."""

    def run(text):
        outcomes(text)
        return {row.rule: row for row in coverage.report()}

    return run


def test_a_rule_without_a_test_is_wholly_untested(measured):
    row = measured("tests: [{name: t, event: {}, silent: [Sleeps]}]")["Gets"]
    assert (row.fires, row.silent, row.tested, row.parts, row.branches, row.percent) == (0, 0, False, 2, 0, 0.0)
    assert [(part.missing, part.text) for part in row.untested] == [
        ("fires", "ka.verb = get"),
        ("fires", "ka.target.resource = pods"),
        ("silent", "ka.verb = get"),
        ("silent", "ka.target.resource = pods"),
    ]
    assert (row.file, row.untested[0].file, row.untested[0].line, row.untested[0].column) == (
        "rules.yaml", "rules.yaml", 22, 14,
    )  # fmt: skip


def test_what_decides_is_tested(measured):
    row = measured("""tests:
- {name: t, event: {objectRef: {resource: pods}}, fires: [Gets]}
- {name: u, event: {verb: list, objectRef: {resource: pods}}, silent: [Gets]}
- {name: both differ and hide each other, event: {verb: list}, silent: [Gets]}
""")["Gets"]
    assert (row.fires, row.silent, row.tested, row.branches, row.percent) == (1, 2, True, 3, 75.0)
    assert [(part.missing, part.text) for part in row.untested] == [("silent", "ka.target.resource = pods")]


def test_macros_stand_for_their_parts_where_none_is_tested(outcomes, tmp_path):
    text = """
- macro: m
  condition: ka.verb = a or ka.verb = b
- rule: R
  desc: d
  condition: m and not m and ka.uri = x
  output: o
  priority: INFO
  source: k8s_audit
"""
    loaded, linker = link_texts([("r.yaml", text)])
    tally = Coverage()
    tally.register(RuleSets(loaded.rules, linker))
    (row,) = tally.report()
    assert [part.text for part in row.untested[:3]] == ["macro m (2 parts)", "macro m (2 parts)", "ka.uri = x"]


def test_tests_that_fail_and_those_of_other_conditions_count_for_nothing(measured):
    rows = measured("""tests:
- {name: fails, event: {objectRef: {resource: pods}}, fires: [Gets], alerts: 9}
- name: another condition
  event: {objectRef: {resource: pods}}
  with: [{rule: Gets, condition: and ka.uri exists, override: {condition: append}}]
  fires: [Gets]
- name: another rule
  event: {}
  with: [{rule: Mine, desc: d, condition: ka.verb = get, output: x, priority: INFO, source: k8s_audit}]
  fires: [Mine]
""")
    assert rows["Gets"].branches == 0
    assert "Mine" not in rows


def test_a_longer_list_tests_the_same_part(measured):
    row = measured("""tests:
- name: quiet
  event: {objectRef: {namespace: dev}}
  with: [{list: quiet, items: [dev], override: {items: append}}]
  silent: [Reads]
""")["Reads"]
    assert [part.text for part in row.untested if part.missing == "silent"] == ["ka.verb in (get, list)"]


def test_rules_are_registered_once(rules, coverage):
    coverage.register(rules)
    assert [row.rule for row in coverage.report()] == ["Reads", "Sleeps", "Gets"]


@pytest.mark.parametrize(("part", "whole", "shown"), [(2, 2, 100.0), (1999, 2000, 99.9), (0, 3, 0.0), (0, 0, 100.0)])
def test_only_all_is_a_hundred_percent(part, whole, shown):
    assert percent(part, whole) == shown
