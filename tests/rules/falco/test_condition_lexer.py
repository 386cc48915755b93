"""Quoted texts and their escapes."""

from __future__ import annotations

import pytest

from lanner.rules.falco.condition_lexer import Lexer


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ('"a b"', "a b"),
        ("'a\"b'", 'a"b'),
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"\n\t\r\b\f\/\\x"', "\n\t\r\b\f/\\x"),
        (r'"a\ b"', "a\\b"),
    ],
)
def test_a_quoted_text_is_taken_and_unescaped(text, token):
    lexer = Lexer(text)
    assert lexer.take_quoted()
    assert (lexer.token, lexer.position) == (token, len(text))


@pytest.mark.parametrize("text", ["", "abc", '"open', '"a\\\\"'])
def test_what_is_not_a_closed_quoted_text_is_left_alone(text):
    """A backslash before the quote keeps the text open even when it is itself escaped, as in Falco."""
    lexer = Lexer(text)
    assert not lexer.take_quoted()
    assert lexer.position == 0


def test_blanks_are_those_of_falco():
    lexer = Lexer(" \t\b\r\n\v")
    assert lexer.skip_blank()
    assert lexer.position == 5
