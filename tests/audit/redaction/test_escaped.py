"""Inner texts and their places in the outer ones."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote_to_bytes

import hypothesis.strategies as st
from hypothesis import given

from lanner.audit.redaction.escaped import json_inner, json_string, percent_inner

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\\n/😀é'), min_size=1, max_size=20)


@given(TEXTS, st.booleans(), st.data())
def test_parts_of_json_strings_are_found_in_their_text(text, ascii_, data):
    """What a span covers decodes to the part, as far as escapes can be cut."""
    token = json.dumps(text, ensure_ascii=ascii_).encode()
    outer = b"xx" + token + b"yy"
    inner = json_inner(outer, 2, len(token) + 2)
    assert inner.data == json_string(token) == text.encode()
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = inner.span(len(text[:start].encode()), len(text[:end].encode()))
    assert json.loads(b'"' + outer[first:last] + b'"') == text[start:end]


@given(TEXTS, st.data())
def test_parts_of_a_query_are_found(text, data):
    """Each byte of a percent-encoded text has its place."""
    outer = b"?a=" + quote(text, safe="").encode()
    inner = percent_inner(outer, 3, len(outer))
    assert inner.data == text.encode()
    start = data.draw(st.integers(0, len(inner.data) - 1))
    end = data.draw(st.integers(start + 1, len(inner.data)))
    first, last = inner.span(start, end)
    assert unquote_to_bytes(outer[first:last]) == inner.data[start:end]


def test_a_plus_is_a_blank():
    assert percent_inner(b"a+b%2Bc", 0, 7).data == b"a b+c"


def test_lone_surrogates_and_cut_escapes_are_kept():
    assert json_string(rb'"\ud800x"') == b"\xed\xa0\x80x"
    assert json_string(rb'"\u12"') == b"u12"
