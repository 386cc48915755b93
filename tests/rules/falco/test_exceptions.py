"""Exceptions: the forms of fields, comps and values, and the text they become."""

import pytest

from lanner.rules.falco.documents import load_texts

RULE = """
- rule: A
  desc: d
  condition: ka.verb = create
  output: x
  priority: INFO
  source: k8s_audit
  exceptions:
"""


def _load(exceptions):
    indented = "".join(f"  {line}\n" for line in exceptions.splitlines())
    return load_texts([("a.yaml", RULE + indented)])


def _condition(text):
    rule = RULE.removesuffix("  exceptions:\n").replace("ka.verb = create", text)
    (loaded,) = load_texts([("a.yaml", rule)]).rules
    return loaded.condition


@pytest.mark.parametrize(
    ("exceptions", "clause"),
    [
        (
            "- {name: e, fields: [ka.user.name], values: [[alice], [bob]]}",
            "((ka.user.name = alice) or (ka.user.name = bob))",
        ),
        ("- {name: e, fields: [ka.user.name], values: [['a b']]}", '((ka.user.name = "a b"))'),
        ("- {name: e, fields: [ka.user.name], comps: [in], values: [[[a, 'b c']]]}", '((ka.user.name in (a, "b c")))'),
        ("- {name: e, fields: [ka.user.name], comps: [in], values: [['(a, b)']]}", "((ka.user.name in (a, b)))"),
        ("- {name: e, fields: [ka.user.name], comps: [in], values: [[a]]}", "((ka.user.name in (a)))"),
        ("- {name: e, fields: ka.user.name, values: [a, 'b c']}", '(ka.user.name in (a, "b c"))'),
        ("- {name: e, fields: ka.user.name, comps: pmatch, values: [/a]}", "(ka.user.name pmatch (/a))"),
        (
            "- {name: e, fields: [ka.user.name, ka.uri], comps: [startswith, endswith], values: [[a, b]]}",
            "((ka.user.name startswith a and ka.uri endswith b))",
        ),
    ],
)
def test_an_exception_becomes_a_negated_clause(exceptions, clause):
    (rule,) = _load(exceptions).rules
    assert rule.condition == _condition(f"(ka.verb = create) and not {clause}")
    assert rule.condition_text == "ka.verb = create"


def test_exceptions_without_values_change_nothing():
    (rule,) = _load("- {name: e, fields: [ka.user.name]}\n- {name: f, fields: ka.verb, values: []}").rules
    assert rule.condition == _condition("ka.verb = create")


@pytest.mark.parametrize(
    ("exceptions", "message"),
    [
        ("- x", "Rule exception must be a mapping"),
        ("  x: y", "Rule exceptions must be a sequence"),
        ("- {fields: [a]}", "Item has no mapping for key 'name'"),
        ("- {name: e}", "Item has no mapping for key 'fields'"),
        ("- {name: e, fields: ''}", "Value must be non-empty"),
        ("- {name: e, fields: []}", "Rule exception item must have fields property with a list of fields"),
        ("- {name: e, fields: {a: b}}", "Rule exception item must have fields property with a list of fields"),
        ("- {name: e, fields: [ka.nope]}", "'ka.nope' is not a supported filter field"),
        ("- {name: e, fields: ka.nope}", "'ka.nope' is not a supported filter field"),
        ("- {name: e, fields: [ka.verb], comps: [is]}", "'is' is not a supported comparison operator"),
        ("- {name: e, fields: [ka.verb], comps: ['=', in]}", "Fields and comps lists must have equal length"),
        ("- {name: e, fields: ka.verb, comps: [in]}", "Fields and comps must both be strings"),
        (
            "- {name: e, fields: ka.verb, comps: '='}",
            "When fields is a single value, comps must be one of (in, pmatch, intersects)",
        ),
        ("- {name: e, fields: [ka.verb], values: x}", "Rule exception values must be a sequence"),
        ("- {name: e, fields: [ka.verb], values: [a]}", "Fields and values lists must have equal length"),
        ("- {name: e, fields: ka.verb, values: [[a]]}", "Expected values array to contain a list of strings"),
    ],
)
def test_wrong_exceptions_are_refused_in_falcos_words(exceptions, message):
    (result,) = _load(exceptions).results
    assert [error.message for error in result.errors] == [message]
    assert result.errors[0].line > 0


@pytest.mark.parametrize("exceptions", ["- {name: e, fields: ['jevt.value[/verb]'], values: [[get]]}", "~"])
def test_fields_may_have_arguments_and_exceptions_may_be_empty(exceptions):
    assert _load("  " + exceptions if exceptions == "~" else exceptions).successful


def test_an_exception_named_twice_is_warned_of():
    (result,) = _load("- {name: e, fields: [ka.verb]}\n- {name: e, fields: [ka.uri]}").results
    assert [found.code for found in result.warnings] == ["LOAD_EXCEPTION_NAME_NOT_UNIQUE"]


@pytest.mark.parametrize(
    ("appended", "message"),
    [
        (
            "{name: e, fields: [ka.verb], values: [[a]]}",
            "Can not append exception fields to existing exception, only values",
        ),
        ("{name: e, comps: ['='], values: [[a]]}", "Can not append exception comps to existing exception, only values"),
        ("{name: f, fields: [ka.verb]}", "Rule exception must have values property with a list of values"),
        ("{name: f, values: [[a]]}", "Rule exception must have fields property with a list of fields"),
    ],
)
def test_what_may_not_be_appended_to_exceptions(appended, message):
    text = RULE + "  - {name: e, fields: [ka.user.name]}\n"
    text += f"- rule: A\n  exceptions: [{appended}]\n  override: {{exceptions: append}}\n"
    (result,) = load_texts([("a.yaml", text)]).results
    assert [error.message for error in result.errors] == [message]


def test_a_new_exception_and_new_values_are_appended():
    text = RULE + "  - {name: e, fields: [ka.user.name], values: [[a]]}\n"
    text += "- rule: A\n  exceptions: [{name: e, values: [[b]]}, {name: f, fields: [ka.uri], values: [[c]]}]\n"
    text += "  override: {exceptions: append}\n- rule: A\n  exceptions: [{name: f}]\n  override: {exceptions: append}\n"
    loaded = load_texts([("a.yaml", text)])
    wanted = "(ka.verb = create) and not ((ka.user.name = a) or (ka.user.name = b)) and not ((ka.uri = c))"
    assert loaded.rules[0].condition == _condition(wanted)
    assert [found.code for found in loaded.results[0].warnings] == ["LOAD_APPEND_NO_VALUES"]
