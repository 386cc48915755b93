"""Linking: the order of Falco's work, and what stays when something is broken."""

import pytest

from lanner.rules.falco.documents import load_texts

RULE = (
    "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: '{output}'\n  priority: INFO\n  source: k8s_audit\n"
)


def _rule(name, condition, output="x"):
    return RULE.format(name=name, condition=condition, output=output)


def _errors(text):
    (result,) = load_texts([("a.yaml", text)]).results
    return [(error.item, error.code) for error in [*result.errors, *result.further]]


def test_the_output_is_judged_before_the_condition():
    assert _errors(_rule("A", "ka.nope = 1", "%nope")) == [("A", "LOAD_ERR_COMPILE_OUTPUT")]


def test_macros_are_judged_before_rules():
    assert _errors(_rule("A", "ka.nope = 1") + "- macro: m\n  condition: (\n")[0][0] == "m"


def test_an_appended_macro_that_names_itself_is_a_loop():
    text = "- macro: m\n  condition: ka.verb exists\n- macro: m\n  condition: or m\n  override: {condition: append}\n"
    (result,) = load_texts([("a.yaml", text)]).results
    assert result.errors[0].message == "reference loop in macro 'm'"


@pytest.mark.parametrize("source", ["nope", "aws_cloudtrail"])
def test_rules_of_unknown_sources_are_skipped_unread(source):
    """With Falco's warning; not even their conditions are parsed."""
    loaded = load_texts([("a.yaml", _rule("A", "(((").replace("k8s_audit", source))])
    assert loaded.successful
    assert loaded.rules == []
    assert loaded.results[0].warnings[0].message == f"Unknown source {source}, skipping"


def test_a_rule_redefined_later_keeps_its_place_in_the_order():
    text = _rule("A", "ka.verb = get") + _rule("B", "ka.verb = get") + _rule("A", "ka.verb = list")
    rules = load_texts([("a.yaml", text)]).rules
    assert [(rule.name, rule.condition_text) for rule in rules] == [("A", "ka.verb = list"), ("B", "ka.verb = get")]


def test_disabled_rules_load_and_say_so():
    assert [
        rule.enabled for rule in load_texts([("a.yaml", _rule("A", "ka.verb = get") + "  enabled: false\n")]).rules
    ] == [False]
