"""Nodes out of tokens: the same as the fast reader's, and yaml-cpp's mistakes where it refuses."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.config.yamltext import compose, to_python
from lanner.rules.falco.yaml_nodes import read_nodes
from lanner.rules.falco.yaml_stream import YamlCppError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("a", ["a"]),
        ("[]\n[1]", [[], [1]]),
        ("---\na\n---\nb\n...\n", ["a", "b"]),
        ("a\n---\n---\nb", ["a"]),
        ("- &x {k: 1}\n- *x", [[{"k": 1}, {"k": 1}]]),
        ("-\n- !!str\n- !!str ~\n-", [[None, "", "~", None]]),
        ("[a: b, : c]", [[{"a": "b"}, {"": "c"}]]),
        ("{a, : b, c:}", [{"a": None, "": "b", "c": None}]),
        ("a:\nb: 1", [{"a": None, "b": 1}]),
        (": a", [{"": "a"}]),
        ("%TAG ! x\n%YAML 1.2\n---\na", ["a"]),
        ("k: &a", [{"k": None}]),
        ("a: b\nno key", [{"a": "b", "no key": None}]),
    ],
)
def test_nodes(text, values):
    assert [to_python(node) for node in read_nodes(text)] == values


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("- a\n b: c: d", (2, 3), "illegal map value"),
        ("- a: b\n c: d", (2, 2), "end of sequence not found"),
        ("a: 1\n- b", (2, 1), "end of map not found"),
        ("[a", (1, 1), "end of sequence flow not found"),
        ("[a [", (1, 4), "end of sequence flow not found"),
        ("{a: b", (1, 1), "end of map flow not found"),
        ("{a: b [", (1, 7), "end of map flow not found"),
        ("- *x", (1, 3), "the referenced anchor is not defined: x"),
        ("- &x [*x]", (1, 7), "the referenced anchor is not defined: x"),
        ("- &x &y a", (1, 6), "cannot assign multiple anchors to the same node"),
        ("- !x !y a", (1, 6), "cannot assign multiple tags to the same node"),
        ("[a]: b", (1, 1), "a key must be a plain word"),
        ("[" * 60, (1, 1), "end of sequence flow not found"),
        ("- " * 70, (1, 131), "bad file"),
        ("%YAML\n---\na", (1, 1), "YAML directives must have exactly one argument"),
        ("%YAML 1\n---\na", (1, 1), "bad YAML version: 1"),
        ("%YAML 2.0\n---\na", (1, 1), "YAML major version too large"),
        ("%YAML 1.1\n%YAML 1.1\n---\na", (2, 1), "repeated YAML directive"),
        ("%TAG a\n---\na", (1, 1), "TAG directives must have exactly two arguments"),
        ("%TAG a b\n%TAG a c\n---\na", (2, 1), "repeated TAG directive"),
    ],
)
def test_mistakes_have_yaml_cpps_words_and_places(text, place, message):
    with pytest.raises(YamlCppError) as raised:
        read_nodes(text)
    assert (raised.value.mark.line + 1, raised.value.mark.column + 1) == place
    assert raised.value.message == message


words = st.text(alphabet="abz \t'\"\\:#-?[]{}&*!|>%@~\u00e9\U0001f985", max_size=12)
values = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(values, min_size=1, max_size=3), st.sampled_from([None, "'", '"']), st.booleans())
def test_both_readers_agree_on_what_is_yaml(value, style, flow):
    """Whatever a dumper writes; question marks in brackets and breaks before a closing quote are yaml-cpp's own."""
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, allow_unicode=True)
    try:
        nodes = read_nodes(text)
    except YamlCppError:
        assert "?" in text
        return
    assert nodes == compose(text) or [to_python(node) for node in nodes] == [to_python(node) for node in compose(text)]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="-:[]{}#&*!|>'\"%@`?, \n\tab\\.\x00", max_size=60))
def test_no_text_breaks_the_second_reader(text):
    with suppress(YamlCppError):
        read_nodes(text)
