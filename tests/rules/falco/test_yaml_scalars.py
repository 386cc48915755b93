"""Plain, quoted and block text: breaks, indents, escapes, mistakes."""

import pytest

from lanner.config.yamltext import to_python
from lanner.rules.falco.yaml_nodes import read_nodes
from lanner.rules.falco.yaml_stream import YamlCppError


def _value(text):
    (document,) = read_nodes(f"k: {text}")
    return to_python(document)["k"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a b  # c", "a b"),
        ("a#b", "a#b"),
        ("a\n  b\n\n  c", "a b\nc"),
        ("'it''s'", "it's"),
        ("'a\n  b'", "a b"),
        (r'"a\n\t\x41\u00e9\U0001F985\/\N"', "a\n\tA\u00e9\U0001f985/\x85"),
        ('"a \\\n   b"', "a b"),
        ("'never closed\n", "never closed "),
        ("|\n  a\n   b\n\n  c\n", "a\n b\n\nc\n"),
        ("|-\n  a\n\n", "a"),
        ("|+\n  a\n\n", "a\n\n"),
        ("|1\n  a\n", " a\n"),
        (">\n  a\n  b\n\n  c\n   d\n  e\n", "a b\nc\n d\ne\n"),
        ("> # note\n\n  a\n", "\na\n"),
    ],
)
def test_text_reads_as_yaml_cpp_reads_it(text, value):
    assert _value(text) == value


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("'a", (1, 6), "illegal EOF in scalar"),
        ('"\\q"', (1, 7), "unknown escape character: q"),
        ('"\\xg0"', (1, 9), "bad character found while scanning hex number"),
        ('"\\ud800"', (1, 11), "invalid unicode: 55296"),
        ("'a\n---\nb'", (2, 1), "illegal document indicator in scalar"),
        ("a\n\tb", (2, 1), "illegal tab when looking for indentation"),
        ("|\n\ta", (2, 1), "illegal tab when looking for indentation"),
        ("|x", (1, 5), "unexpected character in block scalar"),
        ("|0", (1, 6), "cannot set zero indentation for a block scalar"),
    ],
)
def test_mistakes_have_yaml_cpps_words_and_places(text, place, message):
    with pytest.raises(YamlCppError) as raised:
        read_nodes(f"k: {text}")
    assert (raised.value.mark.line + 1, raised.value.mark.column + 1) == place
    assert raised.value.message == message
