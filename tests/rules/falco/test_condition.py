"""The parser against Falco's recorded errors, and against its printer."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings

from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.falco.condition import NESTING, ConditionError, parse_condition, print_condition

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parents[1] / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)

# Falco's columns count from the item for a missing macro and from the condition's value for all else.
ITEM_COLUMN, CONDITION_COLUMN = 3, 14


def error_of(text):
    try:
        check_condition(parse_condition(text))
    except ConditionError as error:
        start = ITEM_COLUMN if error.code == "LOAD_ERR_VALIDATE" else CONDITION_COLUMN
        return {"code": error.code, "message": error.message, "column": start + error.offset}
    return None


def test_recorded_conditions_give_falcos_code_message_and_column(oracle_conditions):
    wrong = [
        (row["condition"], got) for row in oracle_conditions if (got := error_of(row["condition"])) != row.get("error")
    ]
    assert wrong == []


def test_recorded_conditions_survive_printing_and_parsing(oracle_conditions):
    for row in oracle_conditions:
        if "matches" in row:
            condition = parse_condition(row["condition"])
            assert parse_condition(print_condition(condition)) == condition


@settings(max_examples=100, deadline=None)
@given(strategies.conditions)
def test_a_printed_condition_parses_to_the_same_tree(condition):
    assert parse_condition(print_condition(condition)) == condition


VERB = ir.Field("ka.verb")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("not not ka.verb exists", ir.Exists(VERB)),
        ("not(ka.verb exists)", ir.Not(ir.Exists(VERB))),
        ("a or b and not c", ir.Or((ir.Macro("a"), ir.And((ir.Macro("b"), ir.Not(ir.Macro("c"))))))),
        ("a and(b or c)", ir.And((ir.Macro("a"), ir.Or((ir.Macro("b"), ir.Macro("c")))))),
        ("ka.verb=get", ir.Compare(VERB, "=", ir.Text("get"))),
        ("ka.verb in list", ir.Compare(VERB, "in", ir.Text("list"))),
        ("ka.verb in ()", ir.Compare(VERB, "in", ir.Values(()))),
        ("ka.verb < 0x1F", ir.Compare(VERB, "<", ir.Text("0x1F"))),
        ("ka.verb = val( ka.uri )", ir.Compare(VERB, "=", ir.Call("val", (ir.Field("ka.uri"),)))),
        ("ka.uri.param['a b'] exists", ir.Exists(ir.Field("ka.uri.param", "a b"))),
        (
            "join('-', (ka.verb, tolower(ka.uri))) exists",
            ir.Exists(ir.Call("join", (ir.Text("-"), ir.Values((VERB, ir.Call("tolower", (ir.Field("ka.uri"),))))))),
        ),
    ],
)
def test_text_parses_to_tree(text, tree):
    assert parse_condition(text) == tree


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "filter input string is empty", 0),
        ("ka.uri.param[", "expected a valid field argument: a quoted string or a bare string", 13),
        ("ka.uri.param[a", "expected a ']' token", 14),
        ("(ka.verb = get", "expected a ')' token", 14),
        ("tolower(ka.verb = get", "expected a ')' token closing the transformer", 16),
        ("tolower(7)", "expected a field or a nested valid transformer: 'val'", 8),
        ("join(',', (ka.verb ka.uri)) exists", "expected a ')' token", 19),
        ("ka.verb is get", "expected a valid check operator: one of 'exists', '<='", 8),
        ("ka.verb < x", "expected a number value or a field", 10),
        ("ka.verb in 7", "expected a list, an identifier, or a field", 11),
        ("ka.verb = val(verb)", "expected a field within 'val' transformer", 14),
        ("ka.verb = val(ka.uri", "expected a ')' token closing the transformer", 20),
        ("ka.verb = 'a\\\"b'", "invalid \\\" escape in '-quoted string", 16),
        ('ka.verb = "open', "expected a string value or a field", 10),
        ("7", "expected a '(' token, a field check, or an identifier", 0),
        ("a or", "expected blank or '(' after 'or'", 4),
        ("(" * (NESTING + 1), f"exceeded max depth limit of {NESTING}", NESTING + 1),
    ],
)
def test_a_bad_condition_is_refused_where_it_goes_wrong(text, message, offset):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert caught.value.message.startswith(message)
    assert caught.value.offset == offset
