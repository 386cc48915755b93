"""What the type check refuses, in Falco's words."""

from __future__ import annotations

import pytest

from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.falco.condition import ConditionError, parse_condition


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("ka.verb = get and ka.nope = 1", "filter_check called with nonexistent field ka.nope", 18),
        ("tolower(ka.verb[0]) = get", "filter 'ka.verb[0]': ka.verb does not allow nor require an argument", 8),
        ("getopt(ka.verb) exists", "unknown field transfomer 'getopt'", 0),
        ("evt.num contains 1", "filter error: 'contains' operator not supported for numeric filters", 0),
        ("len(ka.verb) startswith 1", "filter error: 'startswith' operator not supported for numeric filters", 0),
        ("ka.verb bcontains 61", "filter error: 'bcontains' operator not supported for string filters", 0),
        ("ka.user.groups == a", "filter error: '=' operator not supported list filters", 0),
        ("evt.num = many", "filter error: many is not a valid number", 0),
        ("toupper(evt.num) = 1", "can't add field transformer: type 'UINT64' is not supported by 'toupper'", 0),
        ("ka.verb regex '('", "invalid regex pattern: missing ): (", 0),
        ("ka.verb pmatch val(ka.uri)", "filter error: operator 'PMATCH' doesn't support right-hand side fields", 0),
        ("ka.verb = val(ka.user.groups)", "filter error: field 'ka.verb' has type 'CHARBUF' while the right-hand", 0),
        ("ka.verb in val(evt.num)", "filter error: field 'ka.verb' has type 'CHARBUF' while the right-hand", 0),
        ("join(ka.verb, ka.uri) exists", "transformer 'join' takes a separator and a list", 0),
        ("concat(ka.verb) exists", "transformer 'concat' takes two or more values", 0),
        ("tolower('a') exists", "transformer 'tolower' takes one field", 0),
        ("join(',', (ka.verb, ka.nope)) exists", "filter_check called with nonexistent field ka.nope", 20),
    ],
)
def test_a_condition_that_falco_refuses_is_refused(text, message, offset):
    with pytest.raises(ConditionError) as caught:
        check_condition(parse_condition(text))
    assert caught.value.message.startswith(message)
    assert (caught.value.offset, caught.value.code) == (offset, "LOAD_ERR_COMPILE_CONDITION")


@pytest.mark.parametrize(
    "text",
    [
        "evt.num in (1, 2) or evt.rawtime > 0x10",
        "tolower(ka.user.groups) intersects (a)",
        "ka.user.groups intersects val(ka.req.role.rules.verbs)",
        "len(ka.user.groups) = 2 and join(',', ka.user.groups) contains a",
        "toupper(tolower(ka.verb)) = GET",
    ],
)
def test_a_condition_that_falco_takes_passes(text):
    check_condition(parse_condition(text))


def test_nesting_beyond_the_limit_is_refused():
    condition = parse_condition("ka.verb exists")
    for _ in range(ir.DEPTH + 1):
        condition = ir.Not(condition)
    with pytest.raises(ConditionError, match="split it into macros"):
        check_condition(condition)
