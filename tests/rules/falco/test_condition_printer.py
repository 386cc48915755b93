"""What the printer writes."""

from __future__ import annotations

import pytest

from lanner.rules import ir
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.condition_printer import print_condition, quote

VERB = ir.Field("ka.verb")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(a)and(b or not(c and d))", "a and (b or not (c and d))"),
        ("a or (b and c)", "a or b and c"),
        ("ka.verb   in (get,'li st')", 'ka.verb in ("get", "li st")'),
        ("ka.verb >= 5", "ka.verb >= 5"),
        ("ka.uri.param['a b'] exists", 'ka.uri.param["a b"] exists'),
        ("tolower(ka.verb) = val(ka.uri)", "tolower(ka.verb) = val(ka.uri)"),
    ],
)
def test_conditions_print_in_one_form(text, printed):
    assert print_condition(parse_condition(text)) == printed


@pytest.mark.parametrize(
    ("tree", "printed"),
    [
        (ir.Compare(VERB, "=", ir.Text("a\\")), r'ka.verb = "a\ "'),
        (ir.Compare(VERB, "=", ir.Text("a b\\\\")), r'ka.verb = "a b\\\ "'),
        (ir.Compare(VERB, "=", ir.Text("a\0")), "ka.verb = a\0"),
        (ir.Compare(VERB, "in", ir.Text("names")), "ka.verb in names"),
        (ir.Compare(VERB, "in", ir.Values((ir.Text("names"),))), 'ka.verb in ("names")'),
        (ir.Exists(ir.Field("ka.uri.param", "]")), 'ka.uri.param["]"] exists'),
        (ir.Not(ir.Not(ir.Macro("a"))), "not (not a)"),
        (ir.And((ir.And((ir.Macro("a"), ir.Macro("b"))), ir.Macro("c"))), "(a and b) and c"),
    ],
)
def test_what_is_hard_to_write_parses_to_the_same_tree(tree, printed):
    assert print_condition(tree) == printed
    assert parse_condition(printed) == tree


def test_a_text_that_falcos_quoting_cannot_say_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        quote("a b\0")
