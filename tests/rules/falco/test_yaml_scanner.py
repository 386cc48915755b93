"""Tokens: what opens and closes them, and where yaml-cpp stops."""

import pytest

from lanner.rules.falco.yaml_scanner import Scanner
from lanner.rules.falco.yaml_stream import YamlCppError


def _kinds(text):
    scanner = Scanner(text)
    kinds = []
    while (token := scanner.peek()) is not None:
        kinds.append(token.kind)
        scanner.pop()
    return kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", ""),
        ("a", "plain"),
        ("a: b", "map start/key/plain/value/plain/map end"),
        ("- a\n- 'b'", "list start/entry/plain/entry/quoted/list end"),
        ("a:\n- b", "map start/key/plain/value/list start/entry/plain/list end/map end"),
        ("? a\n: b", "map start/key/plain/value/plain/map end"),
        ("{a, b: c}", "{/key/plain/value/,/key/plain/value/plain/}"),
        ("[a, *b, &c d]", "[/plain/,/alias/,/anchor/plain/]"),
        ("%YAML 1.2\n--- !t a\n...", "directive/document start/tag/plain/document end"),
        ("!<tag:x> a", "tag/plain"),
        ("!a!b c", "tag/plain"),
        ('{"a":b}', "{/key/quoted/value/plain/}"),
        ("k" * 1100 + ": v", None),
    ],
)
def test_tokens(text, kinds):
    if kinds is None:
        with pytest.raises(YamlCppError, match="illegal map value"):
            _kinds(text)
    else:
        assert "/".join(_kinds(text)) == kinds


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: b: c", (1, 5), "illegal map value"),
        ("a: ]", (1, 4), "illegal flow end"),
        ("[a}", (1, 3), "illegal flow end"),
        ("a: - b", (1, 4), "illegal block entry"),
        ("[- a]", (1, 2), "illegal block entry"),
        ("a: ? b", (1, 4), "illegal map key"),
        ("a: 'b' c", (1, 8), "unexpected scalar"),
        ("a: 'b', c", (1, 7), "unexpected scalar"),
        (",a", (1, 1), "plain value cannot start with flow indicator character"),
        ("a: %b", (1, 4), "unknown token"),
        ("[a?b]", (1, 3), "unknown token"),
        ("a: *", (1, 5), "alias not found after *"),
        ("a: &[", (1, 5), "anchor not found after &"),
        ("a: *b[", (1, 6), "illegal character found while scanning alias"),
        ("!a?b! c", (1, 3), "illegal character found while scanning tag handle"),
        ("!a! b", (1, 4), "tag handle with no suffix"),
        ("!<a b", (1, 4), "end of verbatim tag not found"),
    ],
)
def test_mistakes_have_yaml_cpps_words_and_places(text, place, message):
    with pytest.raises(YamlCppError) as raised:
        _kinds(text)
    assert (raised.value.mark.line + 1, raised.value.mark.column + 1) == place
    assert raised.value.message == message
