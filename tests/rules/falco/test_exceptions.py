"""Exceptions: the forms of fields, comps and values, and the text they become."""

import json

import pytest

from lanner.audit.decode import decode
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.documents import load_texts

NO_LIST_OPERATOR = (
    "When fields is a single value, comps must be one of (in, pmatch, intersects)"
    " or a modifier operator (e.g. startswith oneof)"
)
EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-01-01T00:00:00.000000Z",
    "verb": "create",
    "requestURI": "/api/v1/pods",
}

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


def _condition_of(text):
    rule = RULE.removesuffix("  exceptions:\n").replace("condition: ka.verb = create", f"condition: >\n    {text}")
    return load_texts([("a.yaml", rule)])


def _condition(text):
    (condition,) = _conditions(_condition_of(text))
    return condition


def _conditions(loaded):
    return [rule.condition for rule in loaded.rules]


def _messages(loaded):
    return [error.message for result in loaded.results for error in result.errors]


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
        ("- {name: e, fields: ka.user.name, comps: = anyof, values: [a]}", "(ka.user.name = anyof (a))"),
        (
            "- {name: e, fields: ka.user.name, comps: contains allof, values: [a, 'b c']}",
            '(ka.user.name contains allof (a, "b c"))',
        ),
        (
            "- {name: e, fields: [ka.user.name], comps: [endswith oneof], values: [[[a, 'b c']], ['(d, e)'], [f]]}",
            """((ka.user.name endswith oneof (a, "b c")) or (ka.user.name endswith oneof (d, e))
                or (ka.user.name endswith oneof (f)))""",
        ),
        (
            "- {name: e, fields: [ka.user.name, ka.uri], comps: [glob anyof, =], values: [[a, c], [[d*, e*], f]]}",
            "((ka.user.name glob anyof (a) and ka.uri = c) or (ka.user.name glob anyof (d*, e*) and ka.uri = f))",
        ),
        (
            '- {name: e, fields: [ka.user.name, ka.uri], comps: [" startswith anyof\\t", "\\r\\n="], values: [[a, b]]}',
            "((ka.user.name startswith anyof (a) and ka.uri = b))",
        ),
        ('- {name: e, fields: ka.user.name, comps: "\\tin ", values: [a]}', "(ka.user.name in (a))"),
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


@pytest.mark.parametrize("modifier", lex.MODIFIERS)
@pytest.mark.parametrize("operator", [*lex.SYMBOLS, *lex.WORD_OPERATORS])
def test_every_comparison_of_texts_takes_every_modifier(operator, modifier):
    compared = f"{operator} {modifier}"
    single = _load(f"- {{name: e, fields: ka.user.name, comps: '{compared}', values: [abcd, efff]}}")
    listed = _load(f"- {{name: e, fields: [ka.user.name], comps: ['{compared}'], values: [[[abcd, efff]]]}}")
    written = _condition_of(f"(ka.verb = create) and not (ka.user.name {compared} (abcd, efff))")
    assert _messages(single) == _messages(listed) == _messages(written)
    assert _conditions(single) == _conditions(listed) == _conditions(written)


@pytest.mark.parametrize(
    "operator", ["in", "pmatch", "intersects", "exists", "<", "<=", ">", ">=", "is", "not =", "", "anyof"]
)
@pytest.mark.parametrize("modifier", ["oneof", "anyof", "allof"])
def test_no_other_comparison_takes_a_modifier(operator, modifier):
    compared = f"{operator} {modifier}".strip()
    single = _load(f"- {{name: e, fields: ka.user.name, comps: '{compared}', values: [a]}}")
    listed = _load(f"- {{name: e, fields: [ka.user.name], comps: ['{compared}'], values: [[a]]}}")
    assert _messages(single) == [NO_LIST_OPERATOR]
    assert _messages(listed) == [f"'{compared}' is not a supported comparison operator"]


@pytest.mark.parametrize(
    ("name", "fires"), [("system:node:a", False), ("admin", False), ("alice", True), ("my-admin", True)]
)
def test_an_exception_with_a_modifier_keeps_a_rule_silent(name, fires):
    loaded = _load("- {name: e, fields: ka.user.name, comps: startswith anyof, values: ['system:', admin]}")
    text = json.dumps({**EVENT, "user": {"username": name}})
    (event,) = decode(text.encode()).events
    assert Evaluator(loaded.rules[0].condition).holds(event) is fires


def test_values_are_appended_to_an_exception_with_a_modifier():
    text = RULE + "  - {name: e, fields: ka.uri, comps: ' endswith oneof ', values: [a, b]}\n"
    text += "- rule: A\n  exceptions: [{name: e, values: [c]}, {name: f, fields: [ka.user.name], "
    text += "comps: [contains allof], values: [[[d, e]]]}]\n  override: {exceptions: append}\n"
    (rule,) = load_texts([("a.yaml", text)]).rules
    wanted = "(ka.uri endswith oneof (a, b, c)) and not ((ka.user.name contains allof (d, e)))"
    assert rule.condition == _condition(f"(ka.verb = create) and not {wanted}")


def test_an_exception_is_replaced_by_one_with_a_modifier():
    text = RULE + "  - {name: e, fields: ka.uri, values: [a]}\n- rule: A\n  override: {exceptions: replace}\n"
    text += "  exceptions: [{name: e, fields: ka.uri, comps: ' != allof', values: [b, c]}]\n"
    (rule,) = load_texts([("a.yaml", text)]).rules
    assert rule.condition == _condition("(ka.verb = create) and not (ka.uri != allof (b, c))")


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
        ("- {name: e, fields: ka.verb, comps: '='}", NO_LIST_OPERATOR),
        ("- {name: e, fields: ka.verb, comps: '  '}", NO_LIST_OPERATOR),
        ("- {name: e, fields: ka.verb, comps: 'startswith  anyof'}", NO_LIST_OPERATOR),
        ("- {name: e, fields: [ka.verb], comps: [= anyof], values: [[a b]]}", "expected a ')' token"),
        ("- {name: e, fields: [ka.verb], comps: [' like ']}", "'like' is not a supported comparison operator"),
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
