"""What the printer writes."""

from __future__ import annotations

import pytest

from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.condition_printer import print_condition, quote


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


def test_a_text_that_falcos_quoting_cannot_say_is_refused():
    with pytest.raises(ValueError, match="backslash"):
        quote("a\\")
