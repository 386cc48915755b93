"""What the type check refuses, in Falco's words, and what it takes.

Tables follow libsinsp: filter.cpp, sinsp_filtercheck.cpp, plugin_filtercheck.cpp, filter_compare.cpp, value_parser.cpp.
"""

from __future__ import annotations

import pytest

from lanner.rules import ir
from lanner.rules.check import check_condition, kind_of
from lanner.rules.falco.condition import ConditionError, parse_condition

FIELD = ir.Field("ka.verb")
GROUPS = ir.Field("ka.user.groups")
LONG = "x" * 256
REFUSED = "can't add field transformer: type '{}' is not supported by '{}' transformer applied on field '{}'"
UNLIKE = "field '{}' has type '{}' while the right-hand side field '{}' has incompatible type '{}'"

OPERATORS = [
    # An operator is refused by the type of the left side before the right side is looked at.
    ("evt.num contains 1", "filter error: 'contains' operator not supported for numeric filters", 0),
    ("evt.num regex '('", "filter error: 'regex' operator not supported for numeric filters", 0),
    ("evt.num pmatch (x)", "filter error: 'pmatch' operator not supported for numeric filters", 0),
    ("evt.rawtime glob 1*", "filter error: 'glob' operator not supported for numeric filters", 0),
    ("len(ka.verb) startswith 1", "filter error: 'startswith' operator not supported for numeric filters", 0),
    ("evt.is_async < 1", "filter error: '<' operator not supported for numeric filters", 0),
    ("ka.verb bcontains 61", "filter error: 'bcontains' operator not supported for string filters", 0),
    ("ka.verb bstartswith zz", "filter error: 'bstartswith' operator not supported for string filters", 0),
    ("ka.user.groups == a", "filter error: '=' operator not supported list filters", 0),
    ("ka.user.groups regex '('", "filter error: 'regex' operator not supported list filters", 0),
    ("tolower(ka.user.groups) = a", "filter error: '=' operator not supported list filters", 0),
    ("getopt(ka.req.pod.containers.args, 'x') = a", "filter error: '=' operator not supported list filters", 0),
]
NAMES = [
    # Name and brackets are one text to libsinsp: the message has both, and the longest known beginning counts.
    ("ka.verb = get and ka.nope = 1", "filter_check called with nonexistent field ka.nope", 18),
    ("ka.nope[1] = 1", "filter_check called with nonexistent field ka.nope[1]", 0),
    ("ka.verbs = 1", "filter_check called with nonexistent field ka.verbs", 0),
    ("evt.num[0] = 1", "filter_check called with nonexistent field evt.num[0]", 0),
    ("ka.uri.params = 1", "filter 'ka.uri.params': ka.uri.param requires an argument but none provided", 0),
    ("ka.uri.params[x] = 1", "filter_check called with nonexistent field ka.uri.params[x]", 0),
    ("json.value = 1", "filter 'json.value': json.value requires an argument but none provided", 0),
    ("ka.user.groups[0] = 1", "filter 'ka.user.groups[0]': ka.user.groups does not allow nor require an argument", 0),
    ("ka.sourceips[01] exists", "filter ka.sourceips[01] ka.sourceips has an invalid index argument starting with", 0),
    ("json.value['/a]b'] = 1", "filter_check called with nonexistent field json.value[/a]b]", 0),
    ("json.value['/a b'] = 1", "filter 'json.value[/a b]': json.value has unbalanced argument brackets", 0),
    ("tolower(ka.verb[0]) = get", "filter 'ka.verb[0]': ka.verb does not allow nor require an argument but one", 0),
]
TRANSFORMERS = [
    # A transformer of one value needs text; len also takes a list of anything. Those of many need two or more.
    ("getopt(ka.verb) exists", "unknown field transfomer 'getopt'", 0),
    ("concat(ka.verb) exists", "unknown field transfomer 'concat'", 0),
    ("join(ka.user.groups) exists", "unknown field transfomer 'join'", 0),
    ("tolower(ka.verb, ka.uri) exists", "unknown multivalue transformer", 0),
    (
        "toupper(evt.num) = 1",
        REFUSED.format("UINT64", "toupper", "evt.num"),
        0,
    ),
    (
        "len(evt.rawtime) = 1",
        REFUSED.format("ABSTIME", "len", "evt.rawtime"),
        0,
    ),
    (
        "basename(len(join(',', ka.user.groups))) = 1",
        "can't add field transformer: type 'UINT64' is not supported by 'basename' transformer applied on field 'NA'",
        0,
    ),
    ("join(ka.verb, ka.uri) exists", "join() second argument must be a list", 0),
    ("join(ka.user.groups, ('a')) exists", "join() first argument (separator) must be a single value, not a list", 0),
    ("join(',', ('a'), ('b')) exists", "join() requires exactly 2 arguments: separator and list", 0),
    ("concat(evt.num, ka.verb) exists", "concat() arguments must be strings", 0),
    ("concat(tolower(ka.user.groups), 'a') exists", "concat() arguments must be strings", 0),
    ("getopt('a', 'b') exists", "getopt() first argument must be a list", 0),
    ("getopt(('a'), ('b')) exists", "getopt() second argument (optstring) must be a single value", 0),
    ("getopt(('a'), 'b', 'c') exists", "getopt() requires exactly 2 arguments: args list and optstring", 0),
    ("getopt(('a'), evt.num) exists", "getopt() arguments must be strings", 0),
    ("join(',', (ka.verb, ka.nope)) exists", "filter_check called with nonexistent field ka.nope", 0),
]
LITERALS = [
    # Numbers are what sscanf reads to the end; texts have at most 255 bytes; a pattern is RE2's in POSIX syntax.
    ("evt.num = many", "many is not a valid number", 0),
    ("evt.num > 0x1F", "0x1F is not a valid number", 0),
    ("evt.num > 5.0", "5.0 is not a valid number", 0),
    ("evt.num > 1e+3", "1e+3 is not a valid number", 0),
    ("evt.num in (1, '')", " is not a valid number", 0),
    ("evt.num in ('5 ')", "5  is not a valid number", 0),
    ("evt.is_async = yes", "filter error: unrecognized boolean value yes", 0),
    (f"ka.verb in (a, {LONG})", f"filter parameter too long:{LONG}", 0),
    ("ka.verb regex '('", "invalid regex pattern: missing ): (", 0),
    ("ka.verb regex '[[:foo:]]'", "invalid regex pattern: invalid character class range: [:foo:]", 0),
    ("ka.verb regex '(?i)get'", "invalid regex pattern: no argument for repetition operator: ?", 0),
    ("ka.verb regex 'a{1001}'", "invalid regex pattern: invalid repetition size: {1001}", 0),
    ("ka.verb regex '*'", "invalid regex pattern: no argument for repetition operator: *", 0),
]
RIGHT_FIELDS = [
    # The right field's name is looked up first, then the operator, then both types and whether they are lists.
    ("ka.verb pmatch val(ka.nope)", "filter_check called with nonexistent field ka.nope", 0),
    ("ka.verb pmatch val(ka.uri)", "operator 'PMATCH' doesn't support right-hand side fields", 0),
    ("ka.verb regex val(ka.uri)", "operator 'REGEX' doesn't support right-hand side fields", 0),
    (
        "ka.verb = val(ka.user.groups)",
        UNLIKE.format("ka.verb", "CHARBUF", "ka.user.groups", "CHARBUF (list)"),
        0,
    ),
    (
        "ka.verb in val(evt.num)",
        UNLIKE.format("ka.verb", "CHARBUF", "evt.num", "UINT64"),
        0,
    ),
    (
        "len(ka.verb) = val(evt.rawtime)",
        UNLIKE.format("ka.verb", "UINT64", "evt.rawtime", "ABSTIME"),
        0,
    ),
]


@pytest.mark.parametrize(("text", "message", "offset"), [*OPERATORS, *NAMES, *TRANSFORMERS, *LITERALS, *RIGHT_FIELDS])
def test_a_condition_that_falco_refuses_is_refused(text, message, offset):
    with pytest.raises(ConditionError) as caught:
        check_condition(parse_condition(text))
    assert caught.value.message.startswith(message)
    assert (caught.value.offset, caught.value.code) == (offset, "LOAD_ERR_COMPILE_CONDITION")


@pytest.mark.parametrize(
    "text",
    [
        "evt.num in (1, 2) or evt.rawtime > 10",
        "evt.num in () and ka.verb in () and ka.verb pmatch ()",
        "evt.num in ('+5', ' 5', '080', '-1', '99999999999999999999999')",
        "tolower(ka.user.groups) intersects (a)",
        "ka.user.groups intersects val(ka.req.role.rules.verbs)",
        "ka.user.groups in getopt(ka.req.pod.containers.args, 'n')",
        "len(ka.user.groups) = 2 and join(',', ka.user.groups) contains a",
        "len(ka.verb) = len(ka.uri)",
        "toupper(tolower(ka.verb)) = GET",
        "tolower('A') = a",
        "join(',', ('1', evt.num, toupper(ka.verb))) exists",
        "join(evt.num, ka.user.groups) exists",
        f"ka.verb = {'x' * 255}",
        "json.value[/a] = 1",
    ],
)
def test_a_condition_that_falco_takes_passes(text):
    check_condition(parse_condition(text))


def test_kinds_say_what_bytes_a_value_may_have():
    """Text that a transformer made ends in a NUL; what Base64 gave may hold more of them."""
    assert kind_of(FIELD) == ("CHARBUF", False, "ka.verb", False, False)
    assert kind_of(ir.Call("tolower", (GROUPS,))) == ("CHARBUF", True, "ka.user.groups", True, False)
    assert kind_of(ir.Call("tolower", (ir.Call("b64", (FIELD,)),))) == ("CHARBUF", False, "ka.verb", True, True)
    assert kind_of(ir.Call("len", (ir.Call("b64", (FIELD,)),))) == ("UINT64", False, "ka.verb", False, False)


def test_nesting_beyond_the_limit_is_refused():
    condition = parse_condition("ka.verb exists")
    for _ in range(ir.DEPTH + 1):
        condition = ir.Not(condition)
    with pytest.raises(ConditionError, match="split it into macros"):
        check_condition(condition)


def test_a_macro_that_is_left_is_refused():
    with pytest.raises(ConditionError, match="Undefined macro 'm' used in filter"):
        check_condition(ir.Macro("m"))
