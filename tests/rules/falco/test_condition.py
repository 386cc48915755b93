"""The parser against Falco's recorded errors, and against its printer."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.condition import ConditionError, parse_condition, print_condition

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


MODIFIERS = st.sampled_from(["oneof", "anyof", "allof"])
TEXT_OPERATORS = st.sampled_from([*lex.SYMBOLS, *lex.WORD_OPERATORS])
NUMBER_OPERATORS = st.sampled_from(lex.NUMBER_OPERATORS)
LIST_OPERATORS = st.sampled_from(lex.LIST_OPERATORS)
WORDS = st.sampled_from(["get", "a.b", "7", "0x1F", "-1.5e+3", "notx", "oneof", "back\\\\", "val"])
QUOTED = st.sampled_from([r'"a b"', "'\"'", r'"q\"\n\\x"', "''", r"'end\ '", '"(,)="', '"\u00e9\t"'])
FIELDS = st.sampled_from(["ka.verb", "ka.uri.param[a/b]", "json.value['/x y']", 'ka.a["]"]'])
BLANK = st.sampled_from([" ", "\n", "\t ", "  "])


def _written(template, **parts):
    return st.fixed_dictionaries(parts).map(lambda values: template.format(**values))


def _operands(inner):
    listed = st.lists(inner | QUOTED, max_size=3).map(", ".join)
    return st.one_of(
        _written("{name}({inner})", name=st.sampled_from(["tolower", "b64", "len"]), inner=inner),
        _written("concat({one} ,{two}, 7)", one=inner | QUOTED, two=inner),
        _written("join({text}, ( {items} ))", text=QUOTED, items=listed),
    )


OPERANDS = st.recursive(FIELDS, _operands, max_leaves=3)
ITEMS = st.lists(WORDS | QUOTED, max_size=4).map(" ,".join)
VALUES = st.one_of(WORDS, QUOTED, FIELDS.map("val( {} )".format), _written("{m} ({items})", m=MODIFIERS, items=ITEMS))
CHECKS = st.one_of(
    _written("{left}{blank}exists", left=OPERANDS, blank=BLANK),
    _written("{left} {op}{blank}{right}", left=OPERANDS, op=TEXT_OPERATORS, blank=BLANK, right=VALUES),
    _written("{left}{op}{right}", left=OPERANDS, op=NUMBER_OPERATORS, right=st.sampled_from(["7", "0xA", "-1.e+2"])),
    _written("{left} {op}({items})", left=OPERANDS, op=LIST_OPERATORS, items=ITEMS),
    _written("{left} {op} {name}", left=OPERANDS, op=LIST_OPERATORS, name=st.sampled_from(["names", "val", "n_1"])),
    st.sampled_from(["kevt", "not_x", "and1", "or_"]),
)


def _joined(inner):
    word = st.sampled_from(["and", "or"])
    return st.one_of(
        _written("not{blank}{inner}", blank=BLANK, inner=inner),
        _written("not({inner})", inner=inner),
        _written("({inner} )", inner=inner),
        _written("{one} {word}{blank}{two}", one=inner, word=word, blank=BLANK, two=inner),
        _written("{one} {word}({two})", one=inner, word=word, two=inner),
    )


TEXTS = st.recursive(CHECKS, _joined, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_what_parses_prints_as_a_text_of_the_same_tree(text):
    """Falco reads no `and` behind `or(...)`, the only text of this grammar that it refuses."""
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        assert "or(" in text
        assert text.startswith("and", error.offset)  # noqa: PT017 - refused is fine
        return
    assert parse_condition(print_condition(condition)) == condition


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.data())
def test_a_damaged_text_is_parsed_or_refused_at_a_place_in_it(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    damaged = (
        text[:start] + data.draw(st.sampled_from(["", "(", ")", "'", '"', "\\", ",", "\0", "not ", "."])) + text[end:]
    )
    try:
        parse_condition(damaged)
    except ConditionError as error:
        assert 0 <= error.offset <= len(damaged)  # noqa: PT017 - refused is fine


A, B, C = (ir.Macro(name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (" \t\b\r\n a ", A),
        ("not not a", A),
        ("not\v\fnot\nnot a", ir.Not(A)),
        ("not not(a)", A),
        ("not (not(a))", ir.Not(ir.Not(A))),
        ("not not not(a or not b)", ir.Not(ir.Or((A, ir.Not(B))))),
        ("((a))", A),
        ("a and b and c", ir.And((A, B, C))),
        ("a and (b and c)", ir.And((A, ir.And((B, C))))),
        ("a or b and not c", ir.Or((A, ir.And((B, ir.Not(C)))))),
        ("a and b or c", ir.Or((ir.And((A, B)), C))),
        ("(a)and(b)or(c)", ir.Or((ir.And((A, B)), C))),
        ("a and(b) and c", ir.And((A, B, C))),
        ("a or(b and c)or not a", ir.Or((A, ir.And((B, C)), ir.Not(A)))),
        ("notx and and_b", ir.And((ir.Macro("notx"), ir.Macro("and_b")))),
        ("not", ir.Macro("not")),
        ("NOT", ir.Macro("NOT")),
    ],
)
def test_text_parses_to_tree(text, tree):
    assert parse_condition(text) == tree


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "filter input string is empty", 0),
        (" \n", "expected a '(' token, a field check, or an identifier", 2),
        ("\va", "expected a '(' token, a field check, or an identifier", 0),
        ("not ", "expected a '(' token, a field check, or an identifier", 4),
        ("()", "expected a '(' token, a field check, or an identifier", 1),
        ("not()", "expected a '(' token, a field check, or an identifier", 4),
        ("a and ", "expected a '(' token, a field check, or an identifier", 6),
        ("a and", "expected blank or '(' after 'and'", 5),
        ("a andb", "expected blank or '(' after 'and'", 5),
        ("a or'b'", "expected blank or '(' after 'or'", 4),
        ("a orb", "expected blank or '(' after 'or'", 4),
        ("a AND b", "unexpected token after 'a', expecting 'or', 'and'", 2),
        ("and a", "unexpected token after 'and', expecting 'or', 'and'", 4),
        ("a b", "unexpected token after 'a', expecting 'or', 'and'", 2),
        ("a && b", "unexpected token after 'a', expecting 'or', 'and'", 2),
        ("a  )", "unexpected token after 'a', expecting 'or', 'and'", 3),
        ("(a) b", "unexpected token after ')', expecting 'or', 'and'", 4),
        ("a or(b) and c", "unexpected token after ')', expecting 'or', 'and'", 8),
        ("ka.verb = 'a b' c", "unexpected token after 'a b', expecting 'or', 'and'", 16),
        ("ka.verb existsx", "unexpected token after 'exists', expecting 'or', 'and'", 14),
        ("ka.verb < 0xG", "unexpected token after '0', expecting 'or', 'and'", 11),
        ("ka.verb = a,b", "unexpected token after 'a', expecting 'or', 'and'", 11),
        ("ka.verb = tolower (ka.uri)", "unexpected token after 'tolower', expecting 'or', 'and'", 18),
        ("ka.verb = anyof x", "unexpected token after 'anyof', expecting 'or', 'and'", 16),
        ("val(ka.uri) exists", "unexpected token after 'val', expecting 'or', 'and'", 3),
        ("# a", "expected a '(' token, a field check, or an identifier", 0),
        ("(a", "expected a ')' token", 2),
        ("(a  b)", "expected a ')' token", 4),
        ("not(a", "expected a ')' token", 5),
        ("a or (b and(c)", "expected a ')' token", 14),
        ("(a or(b) and c)", "expected a ')' token", 9),
    ],
)
def test_a_bad_condition_is_refused_where_it_goes_wrong(text, message, offset):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize(
    ("opening", "most", "place"),
    [("(", 199, 200), ("not(", 248, 1000), ("a and(", 331, 1992), ("a or(", 497, 2490)],
)
def test_as_many_parentheses_as_falco_takes_and_one_more(opening, most, place):
    """Falco's parser may call itself 999 deep; each kind of parenthesis takes another number of calls."""
    with pytest.raises(ConditionError) as caught:
        parse_condition(opening * most + "'")
    assert caught.value.message.startswith("expected a '(' token")
    with pytest.raises(ConditionError) as caught:
        parse_condition(opening * 100_000)
    assert (caught.value.message, caught.value.offset) == ("exceeded max depth limit of 1000", place)


def test_parentheses_alone_do_not_deepen_the_tree():
    assert parse_condition("(" * 199 + "a" + ")" * 199) == A


def test_a_tree_too_deep_for_the_engines_is_refused():
    text = "not(a and " * (ir.DEPTH // 2) + "b" + ")" * (ir.DEPTH // 2)
    assert parse_condition(print_condition(parse_condition(text))) == parse_condition(text)
    with pytest.raises(ConditionError, match="nested deeper than 150 levels"):
        parse_condition(f"not({text})")


LONG = {
    "identifier": "a" * 1_000_000,
    "nots": "not " * 100_000 + "a",
    "bare items": "ka.verb in (" + "x, " * 100_000 + "x)",
    "quoted items": "ka.verb in (" + "'x y' ,\n" * 100_000 + "x)",
    "field": "ka.verb." * 100_000 + "x exists",
    "text": "ka.verb = '" + "x" * 1_000_000 + "'",
    "blanks": "ka.verb = x" + " " * 1_000_000,
    "digits": "ka.verb < " + "1" * 1_000_000,
    "macros": "a or " * 20_000 + "a",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_takes_one_pass(name):
    """Quadratic patterns would need hours for these."""
    assert parse_condition(LONG[name]) is not None
