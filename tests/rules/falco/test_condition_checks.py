"""Checks: fields, transformers, operators, values, and each way in which they go wrong."""

from __future__ import annotations

import pytest

from lanner.rules import ir
from lanner.rules.falco.condition_checks import NESTING, parse_check
from lanner.rules.falco.condition_lexer import RECURSION, Lexer
from lanner.rules.ir import ConditionError

VERB, URI = ir.Field("ka.verb"), ir.Field("ka.uri")
TRANSFORMERS = "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'"
ARGUMENT = "expected field transformer argument: field, transformer, quoted string, number, or transformer list"
ITEM = "expected transformer list argument: field, transformer, quoted string, or number"
OPERATOR = (
    "expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', '!=', 'glob', 'iglob', "
    "'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', 'regex', "
    "'intersects', 'in', 'pmatch'"
)
STRING = f"expected a string value or a field with a valid transformer: {TRANSFORMERS}"
NUMBER = f"expected a number value or a field with a valid transformer: {TRANSFORMERS}"
TOO_DEEP = f"exceeded max depth limit of {RECURSION}"
LIST = f"expected a list, an identifier, or a field with a valid transformer: {TRANSFORMERS}"


def parse(text, depth=4):
    return parse_check(Lexer(text), depth)


def equals(text):
    return ir.Compare(VERB, "=", ir.Text(text))


def listed(*texts):
    return ir.Compare(VERB, "in", ir.Values(tuple(map(ir.Text, texts))))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("kevt", ir.Macro("kevt")),
        ("not_a_word", ir.Macro("not_a_word")),
        ("ka.1 exists", ir.Macro("ka")),
        ("val(ka.verb) exists", ir.Macro("val")),
        ("ka.verb exists", ir.Exists(VERB)),
        ("ka.verb existsand", ir.Exists(VERB)),
        ("ka.verb=get", equals("get")),
        ("ka.verb = not", equals("not")),
        ("ka.verb = a.b[0]{};!@#", equals("a.b[0]{};!@#")),
        ("ka.verb = back\\", equals("back\\")),
        ("ka.verb = ''", equals("")),
        ("ka.verb = valx", equals("valx")),
        ("ka.verb = oneof", equals("oneof")),
        ("ka.verb ==get", ir.Compare(VERB, "==", ir.Text("get"))),
        ("ka.verb glob\tg*", ir.Compare(VERB, "glob", ir.Text("g*"))),
        ("ka.verb contains\n\n'g'", ir.Compare(VERB, "contains", ir.Text("g"))),
        ("ka.verb >=-1.5e+3", ir.Compare(VERB, ">=", ir.Text("-1.5e+3"))),
        ("ka.verb < 0x1fG", ir.Compare(VERB, "<", ir.Text("0x1f"))),
        ("ka.verb < 0xG", ir.Compare(VERB, "<", ir.Text("0"))),
        ("ka.verb < len(ka.uri)", ir.Compare(VERB, "<", ir.Call("len", (URI,)))),
        ("ka.verb in names", ir.Compare(VERB, "in", ir.Text("names"))),
        ("ka.verb inverse", ir.Compare(VERB, "in", ir.Text("verse"))),
        ("ka.verb containsin(a)", listed("a")),
        ("ka.verb in ( )", listed()),
        ('ka.verb in(get,\t"li st" , \'a,b\',"q\\"", 7)', listed("get", "li st", "a,b", 'q"', "7")),
        ('ka.verb in ("", a)', listed("", "a")),
        (r'ka.verb in ("wrong\x")', listed()),
        ("ka.verb pmatch tolower(ka.uri)", ir.Compare(VERB, "pmatch", ir.Call("tolower", (URI,)))),
        ("ka.verb = val( ka.uri )", ir.Compare(VERB, "=", ir.Call("val", (URI,)))),
        ("ka.uri.param[a=(b),c] exists", ir.Exists(ir.Field("ka.uri.param", "a=(b),c"))),
        ("ka.uri.param['a]b'] exists", ir.Exists(ir.Field("ka.uri.param", "a]b"))),
        ('ka.verb[""] exists', ir.Exists(VERB)),
        ("b64( toupper( ka.verb ) ) exists", ir.Exists(ir.Call("b64", (ir.Call("toupper", (VERB,)),)))),
        ("join('-', ()) exists", ir.Exists(ir.Call("join", (ir.Text("-"), ir.Values(()))))),
        (
            "concat(0x1F, -2 ,'a', ka.verb) exists",
            ir.Exists(ir.Call("concat", (ir.Text("0x1F"), ir.Text("-2"), ir.Text("a"), VERB))),
        ),
        (
            "join( '-' , ( ka.verb , 'a',7, tolower(ka.uri) ) ) exists",
            ir.Exists(
                ir.Call(
                    "join",
                    (ir.Text("-"), ir.Values((VERB, ir.Text("a"), ir.Text("7"), ir.Call("tolower", (URI,))))),
                )
            ),
        ),
        ("ka.verb = anyof (a, b)", ir.Or((equals("a"), equals("b")))),
        ("ka.verb != allof( a)", ir.Compare(VERB, "!=", ir.Text("a"))),
        ("ka.verb = oneof ()", listed()),
    ],
)
def test_text_parses_to_tree(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("7", "expected a '(' token, a field check, or an identifier", 0),
        ("'a'", "expected a '(' token, a field check, or an identifier", 0),
        ("ka.verb[", "expected a valid field argument: a quoted string or a bare string", 8),
        ("ka.verb[]", "expected a valid field argument: a quoted string or a bare string", 8),
        ("ka.verb[ a]", "expected a valid field argument: a quoted string or a bare string", 8),
        ("ka.verb['a]", "expected a valid field argument: a quoted string or a bare string", 8),
        ("ka.verb[a", "expected a ']' token", 9),
        ("ka.verb[a b]", "expected a ']' token", 9),
        ("ka.verb[a[0]]", "expected a ']' token", 9),
        ("ka.verb['a' ]", "expected a ']' token", 11),
        ("ka.verb is get", OPERATOR, 8),
        ("ka.verb [0] = a", OPERATOR, 8),
        ("ka.verb ExIsTs", OPERATOR, 8),
        ("ka.verb", OPERATOR, 7),
        ("ka.verb containsx", OPERATOR, 16),
        ("ka.verb regex", OPERATOR, 13),
        ("ka.verb glob(a)", OPERATOR, 12),
        ("ka.verb =", STRING, 9),
        ("ka.verb === a", STRING, 10),
        ("ka.verb = \n (a)", STRING, 12),
        ('ka.verb = "open', STRING, 10),
        ('ka.verb = "nul\0"', STRING, 10),
        ("ka.verb < x", NUMBER, 10),
        ("ka.verb > (1)", NUMBER, 10),
        ("ka.verb in 7", LIST, 11),
        ("ka.verb in", LIST, 10),
        ("ka.verb in (a", "expected a ')' token", 13),
        ("ka.verb in (a b)", "expected a ')' token", 14),
        ("ka.verb in (a=b)", "expected a ')' token", 13),
        ("ka.verb in ((a))", "expected a ')' token", 12),
        ("ka.verb in (,a)", "expected a ')' token", 12),
        (r'ka.verb in ("wrong\x", a)', "expected a ')' token", 21),
        ("ka.verb in (a,)", "expected a string value", 14),
        ("ka.verb in (a, b,,)", "expected a string value", 17),
        (r"ka.verb in (a, 'wrong\x')", "unsupported string escape sequence: \\x", 24),
        ("ka.verb in (a, tolower(ka.uri))", "expected a ')' token", 22),
        ("ka.verb = 'a\\\"b'", "invalid \\\" escape in '-quoted string", 16),
        ('ka.verb = "a\\\'b"', "invalid \\' escape in \"-quoted string", 16),
        ('ka.verb = "\\u0061"', "unsupported string escape sequence: \\u", 18),
        ("ka.verb = val(verb)", "expected a field within 'val' transformer", 14),
        ("ka.verb = val(val(ka.uri))", "expected a field within 'val' transformer", 14),
        ("ka.verb = val( ka.uri", "expected a ')' token closing the transformer", 21),
        ("ka.verb = tolower(ka.uri", "expected a ')' token closing the transformer", 24),
        ("tolower(ka.verb = get", "expected a ')' token closing the transformer", 16),
        ("tolower(7a) exists", "expected a ')' token closing the transformer", 9),
        ("tolower()", ARGUMENT, 8),
        ("tolower( x)", ARGUMENT, 9),
        ("concat(ka.verb, )", ARGUMENT, 16),
        ("tolower(val(ka.verb))", ARGUMENT, 8),
        ("join('-', (x))", ITEM, 11),
        ("join('-', (ka.verb,))", ITEM, 19),
        ("join('-', ((ka.verb)))", ITEM, 11),
        ("join('-', (val(ka.verb)))", ITEM, 11),
        ("join('-', (ka.verb ka.uri))", "expected ')'", 19),
        ("ka.verb = anyof (a", "expected a ')' token", 18),
        ("ka.verb = anyof (a,)", "expected a string value", 19),
    ],
)
def test_a_bad_check_is_refused_where_it_goes_wrong(text, message, offset):
    """Each message of Falco's parser, with the place behind the last token that it took and the blanks after it."""
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.offset) == (message, offset)


def test_places_are_those_that_falco_reports():
    """An argument's place is behind the comma, blanks included; what is in a list of arguments has the list's place."""
    check = parse("concat(ka.verb,  ka.uri, (ka.stage, tolower(ka.auditid))) = val( ka.user.name)")
    verb, uri, inner = check.left.arguments
    stage, call = inner.items
    assert (verb.offset, uri.offset, stage.offset, call.offset) == (7, 15, 24, 24)
    assert (check.right.offset, check.right.arguments[0].offset) == (60, 65)


@pytest.mark.parametrize(
    ("text", "calls", "message"),
    [
        ("a.b exists", 1, TOO_DEEP),
        ("a.b < 1", 3, TOO_DEEP),
        ("a.b = x", 3, TOO_DEEP),
        ("a.b in x", 3, TOO_DEEP),
        ("a.b in ()", 2, TOO_DEEP),
        ("a.b in (x)", 3, "expected a ')' token"),
        ("a.b = val(c.d)", 4, TOO_DEEP),
        ("a.b = tolower(c.d)", 6, TOO_DEEP),
        ("tolower(c.d) exists", 3, TOO_DEEP),
        ("tolower(tolower('x')) exists", 4, TOO_DEEP),
    ],
)
def test_depth_is_counted_as_falcos_parser_calls_itself(text, calls, message):
    """So many calls below a check are within its limit, one more is not."""
    deepest = RECURSION - 1 - calls
    parse(text, deepest)
    with pytest.raises(ConditionError) as caught:
        parse(text, deepest + 1)
    assert caught.value.message == message


def test_transformers_nest_to_a_bound():
    parse("tolower(" * NESTING + "ka.verb" + ")" * NESTING + " exists")
    with pytest.raises(ConditionError, match="transformers are nested deeper than 40 levels"):
        parse("tolower(" * 100_000)
