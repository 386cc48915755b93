"""Changes of text and reading of numbers."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.text import ascii_lower, ascii_upper, basename, decode_base64, parse_boolean, parse_number


def test_case_changes_ascii_letters_only():
    assert (ascii_lower("A\u00c9"), ascii_upper("a\u00e9"), ascii_upper("ab")) == ("a\u00c9", "A\u00e9", "AB")


@pytest.mark.parametrize(("text", "name"), [("/a/b", "b"), ("b", "b"), ("/a/", "")])
def test_basename_is_what_follows_the_last_slash(text, name):
    assert basename(text) == name


@given(st.binary(max_size=20))
def test_base64_decodes_with_and_without_padding(data):
    encoded = base64.b64encode(data).decode()
    expected = data.rstrip(b"\0").decode("utf-8", "surrogateescape")
    assert decode_base64(encoded) == decode_base64(encoded.rstrip("=")) == expected


@pytest.mark.parametrize("text", ["a", "kubernetes", "a-b", "ab c", "\u00e9\u00e9", "=", "==", "YWI===", "Y=WI"])
def test_what_is_not_base64_gives_nothing(text):
    """Unused bits that are set make a text invalid, as Falco recorded for namespaces; so does more padding."""
    assert decode_base64(text) is None


@pytest.mark.parametrize(("text", "decoded"), [("", ""), ("YWI=", "ab"), ("YWJj==", "abc"), ("YQAA", "a")])
def test_base64_may_have_too_much_padding_and_loses_nuls_at_its_end(text, decoded):
    assert decode_base64(text) == decoded


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("+3", 3),
        (" \t\n7", 7),
        ("080", 80),
        ("-1", 2**64 - 1),
        ("-0", 0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2**64 - 1),
        ("-18446744073709551616", 2**64 - 1),
        ("0" * 30 + "4", 4),
        ("9" * 5000, 2**64 - 1),
        *((text, None) for text in ["", " ", "x", "0x1F", "12abc", "5.0", "5.", "1e3", "5 ", "+ 5", "--1", "\u0665"]),
    ],
)
def test_numbers_are_read_as_sscanf_reads_them(text, number):
    assert parse_number(text) == number


def test_only_true_and_false_are_booleans():
    assert [parse_boolean(text) for text in ("true", "false", "True", "1", "")] == [1, 0, None, None, None]
