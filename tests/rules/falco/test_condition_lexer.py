"""Tokens: quoted texts and their escapes, blanks, what stands before a check, operators, items of lists."""

from __future__ import annotations

import pytest

from lanner.rules.falco.condition_lexer import Lexer, unescape
from lanner.rules.ir import ConditionError


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ('""', ""),
        ('"a b"', "a b"),
        ("'a\"b'", 'a"b'),
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"\n\t\r\b\f\/\\x"', "\n\t\r\b\f/\\x"),
        (r'"a\ b"', "a\\b"),
        (r'"end\ "', "end\\"),
        ('"line\nbreak é"', "line\nbreak é"),
    ],
)
def test_a_quoted_text_is_taken_and_unescaped(text, token):
    lexer = Lexer(text)
    assert lexer.take_quoted()
    assert (lexer.token, lexer.position) == (token, len(text))


@pytest.mark.parametrize("text", ["", "abc", '"open', '"', '"a\\\\"', "\"a'", '"nul\0"'])
def test_what_is_not_a_closed_quoted_text_is_left_alone(text):
    """A backslash before the quote keeps the text open even when it is itself escaped, as in Falco; a NUL ends all."""
    lexer = Lexer(text)
    assert not lexer.take_quoted()
    assert lexer.position == 0


@pytest.mark.parametrize("body", ["x", "u0041", "0", "é", "\n", "'", "a", "v", "$", "["])
def test_other_escapes_are_refused(body):
    with pytest.raises(ConditionError, match="escape"):
        unescape("\\" + body, '"', 0)


def test_blanks_are_those_of_falco():
    lexer = Lexer(" \t\b\r\n\v")
    assert lexer.skip_blank()
    assert lexer.position == 5
    assert not lexer.skip_blank()


@pytest.mark.parametrize(
    ("text", "negated", "opening", "position"),
    [
        ("a", False, "", 0),
        (" \b a", False, "", 3),
        ("not a", True, "", 4),
        ("not\v\f\n not a", False, "", 11),
        ("nota", False, "", 0),
        ("not", False, "", 0),
        ("  ( a", False, "(", 3),
        ("not ( a", True, "(", 5),
        ("not(a", True, "not(", 4),
        (" not not(a", False, "not(", 9),
        ("Not (a", False, "", 0),
    ],
)
def test_what_stands_before_a_check_is_taken(text, negated, opening, position):
    lexer = Lexer(text)
    assert lexer.take_lead() == (negated, opening)
    assert lexer.position == position


@pytest.mark.parametrize(
    ("text", "follows", "token", "position"),
    [
        ("exists", "exists", "exists", 6),
        ("<=5", "number", "<=", 2),
        ("=<5", "text", "=", 1),
        ("===", "text", "==", 2),
        ("!=a", "text", "!=", 2),
        ("icontains\na", "text", "icontains", 10),
        ("intersects(a)", "list", "intersects", 10),
        ("into", "list", "in", 2),
        ("contains", "", "contains", 8),
        ("globin(a)", "list", "in", 6),
        ("GLOB a", "", "", 0),
        ("!", "", "", 0),
    ],
)
def test_operators_are_taken_with_what_follows_them(text, follows, token, position):
    lexer = Lexer(text)
    assert lexer.take_operator() == follows
    assert (lexer.token, lexer.position) == (token, position)


@pytest.mark.parametrize(
    ("text", "items", "position"),
    [
        (" a , 'b c','d\"',\"\" ,e", ["a", "b c", 'd"', ""], 20),
        ("a)", [], 0),
        (r"'a\'b', c,", [], 0),
        ("a b,", [], 0),
        (",a,", [], 0),
        ("créate,créate,eate, 'get', x", ["créate", "créate", "eate", "get"], 26),
    ],
)
def test_items_with_a_comma_behind_are_taken_at_once(text, items, position):
    lexer = Lexer(text)
    assert lexer.take_items() == items
    assert lexer.position == position
