"""Changes of text and reading of numbers."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.text import ascii_lower, ascii_upper, basename, decode_base64, parse_number


def test_case_changes_ascii_letters_only():
    assert (ascii_lower("A\u00c9"), ascii_upper("a\u00e9"), ascii_upper("ab")) == ("a\u00c9", "A\u00e9", "AB")


@pytest.mark.parametrize(("text", "name"), [("/a/b", "b"), ("b", "b"), ("/a/", "")])
def test_basename_is_what_follows_the_last_slash(text, name):
    assert basename(text) == name


@given(st.binary(max_size=20))
def test_base64_decodes_with_and_without_padding(data):
    encoded = base64.b64encode(data).decode()
    expected = data.decode("utf-8", "surrogateescape")
    assert decode_base64(encoded) == decode_base64(encoded.rstrip("=")) == expected


@pytest.mark.parametrize("text", ["a", "kubernetes", "a-b", "ab c", "\u00e9\u00e9"])
def test_what_is_not_base64_gives_nothing(text):
    """Unused bits that are set make a text invalid, as Falco recorded for namespaces."""
    assert decode_base64(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("0x1F", 31), ("12abc", 12), ("+3", 3), ("x", None), ("-1", None)]
)
def test_numbers_are_read_from_their_leading_digits(text, number):
    assert parse_number(text) == number
