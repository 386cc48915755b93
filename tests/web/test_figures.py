"""Figures and texts as people read them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.web.figures import count, duration, size, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain <b>text</b>", "plain <b>text</b>"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("a\nb", "a⟨U+000A⟩b"),
        ("evil\u202etxt.exe", "evil⟨U+202E⟩txt.exe"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("x" * 11, "x" * 9 + "…"),
    ],
)
def test_what_would_not_be_seen_is_written_out(text, shown):
    assert visible(text, 10 if text.startswith("xx") else 100) == shown


@given(st.text(max_size=60))
def test_no_control_or_direction_sign_survives(text):
    """Whatever is written, only what can be seen comes out."""
    assert not [sign for sign in visible(text, 1000) if unicodedata.category(sign) in {"Cc", "Zl", "Zp"}]
    assert not set(visible(text, 1000)) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\u200f")


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999.6, "1\u202f000"), (1234567, "1\u202f234\u202f567")])
def test_counts_have_thin_spaces(value, text):
    assert count(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (3 << 42, "12.0 TiB")]
)
def test_bytes_have_a_unit(value, text):
    assert size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1, "0.0 ms"),
        (0.00052, "0.5 ms"),
        (0.0123, "12 ms"),
        (12.34, "12.3 s"),
        (600, "10 min"),
        (36000, "10 h"),
        (864000, "10 d"),
    ],
)
def test_durations_have_a_unit(value, text):
    assert duration(value) == text
