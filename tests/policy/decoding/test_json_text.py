"""JSON with places and with Go's messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.config.yamltext import BoundError
from lanner.policy.decoding import json_text
from lanner.policy.decoding.json_text import is_json, read_json
from lanner.policy.decoding.value import GoError

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def plain(value):
    """Return what Python's own reader would."""
    if value.kind == "array":
        return [plain(item) for item in value.items]
    if value.kind == "object":
        return {key.text: plain(item) for key, item in value.entries}
    return value.text if value.kind == "string" else json.loads(value.text)


@given(values, st.sampled_from([None, 1]))
def test_values_are_those_of_any_other_reader(value, indent):
    assert plain(read_json(json.dumps(value, indent=indent).encode())) == value


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "unexpected end of JSON input", (1, 1)),
        ("{", "unexpected end of JSON input", (1, 2)),
        ('{"a":1}x', "invalid character 'x' after top-level value", (1, 8)),
        ('{\n"a" 1}', "invalid character '1' after object key", (2, 5)),
        ('{"a":1 "b"}', "invalid character '\"' after object key:value pair", (1, 8)),
        ("{a}", "invalid character 'a' looking for beginning of object key string", (1, 2)),
        ("[1 2]", "invalid character '2' after array element", (1, 4)),
        ("[,]", "invalid character ',' looking for beginning of value", (1, 2)),
        ("['a']", r"invalid character '\'' looking for beginning of value", (1, 2)),
        ('"a\nb"', r"invalid character '\n' in string literal", (1, 3)),
        (r'"\x"', "invalid character 'x' in string escape code", (1, 3)),
        (r'"\u12g4"', r"invalid character 'g' in \u hexadecimal character escape", (1, 6)),
        ("[tru]", "invalid character ']' in literal true (expecting 'e')", (1, 5)),
        ("-x", "invalid character 'x' in numeric literal", (1, 2)),
        ("1.x", "invalid character 'x' after decimal point in numeric literal", (1, 3)),
        ("1e+x", "invalid character 'x' in exponent of numeric literal", (1, 4)),
        ("01", "invalid character '1' after top-level value", (1, 2)),
    ],
)
def test_what_is_no_json(text, message, place):
    with pytest.raises(GoError) as caught:
        read_json(text.encode())
    assert caught.value.message == message
    assert (caught.value.line, caught.value.column) == place


def test_half_a_pair_becomes_the_replacement_character():
    assert read_json(rb'"\ud800"').text == "\ufffd"


def test_a_brace_after_blanks_makes_it_json():
    assert is_json(b" \n\t{")
    assert not is_json(b"# {\n{}")


def test_a_long_text_is_not_read(monkeypatch):
    monkeypatch.setattr(json_text, "MAX_BYTES", 3)
    with pytest.raises(BoundError):
        read_json(b'"abc"')
