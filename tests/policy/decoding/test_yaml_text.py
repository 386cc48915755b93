"""YAML to JSON as sigs.k8s.io/yaml does it; tests/policy/test_loading.py compares more of it with recorded answers."""

import pytest

from lanner.config.yamltext import BoundError
from lanner.policy.decoding import yaml_text
from lanner.policy.decoding.value import GoError
from lanner.policy.decoding.yaml_text import read_yaml


def shown(value):
    if value.kind == "array":
        return [shown(item) for item in value.items]
    if value.kind == "object":
        return {key.text: shown(item) for key, item in value.entries}
    return value.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", "null"),
        ("a: 1\n---\n[", {"a": "1"}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": "1"}, "c": {"b": "1", "d": "2"}}),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}", {"a": {"b": "1", "c": "3"}}),
        (
            "1: a\n1.5: b\nyes: c\n1e6: d\n.inf: e\n'1': f",
            {"1": "f", "1.5": "b", "true": "c", "1e+06": "d", ".inf": "e"},
        ),
        ("a: [x:, '?']", {"a": ["x:", "?"]}),
        ("a: b\n\ufeffc: d", {"a": "b", "\ufeffc": "d"}),
        ("a: !!binary aGk=\nb: !x 1\nc: 1.0e-07", {"a": "hi", "b": "1", "c": "1e-7"}),
    ],
)
def test_values(text, value):
    assert shown(read_yaml(text.encode()).value) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*a", "yaml: unknown anchor 'a' referenced"),
        ("a: &x [*x]", "yaml: anchor 'x' value contains itself"),
        ("a: {<<: 1}", "yaml: map merge requires map or sequence of maps as the value"),
        (
            "? [a, 1, {b: ~}]\n: c",
            'yaml: invalid map key: []interface {}{"a", 1, map[interface {}]interface {}{"b":interface {}(nil)}}',
        ),
        ("a: {{ .Values.x }}", 'yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}'),
        ("~: a", 'unsupported map key of type: %!s(<nil>), key: <nil>, value: "a"'),
        ("18446744073709551615: ~", "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: <nil>"),
        ("a: .nan", "json: unsupported value: NaN"),
        ("a: [b?c]", "yaml: did not find expected ',' or ']'"),
        ("x:\n  {b?c: d}", "yaml: line 1: did not find expected ',' or '}'"),
        ("a: \x01", "yaml: control characters are not allowed"),
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(GoError) as caught:
        read_yaml(text.encode())
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "key"),
    [("a: 1\na: 2", '"a"'), ("1: a\n1: b", "1"), ("yes: a\ntrue: b", "true"), ("1.5: a\n1.5: b", "1.5")],
)
def test_duplicate_keys_are_remarked_and_the_last_wins(text, key):
    read = read_yaml(text.encode())
    assert read.duplicates == ((f"line 2: key {key} already set in map", 2, 1),)
    assert read.value.entries[0][1].text in ("2", "b")


def test_bounds(monkeypatch):
    monkeypatch.setattr(yaml_text, "MAX_NODES", 10)
    with pytest.raises(BoundError):
        read_yaml(b"a: &a [1, 2, 3, 4]\nb: [*a, *a]")
    with pytest.raises(BoundError):
        read_yaml(b"a: &a {b: 1, c: 2, d: 3}\nb: {<<: *a}\nc: {<<: *a}")
    monkeypatch.setattr(yaml_text, "_MOST_COLONS", 2)
    with pytest.raises(BoundError):
        read_yaml(b"[a:, b:, c:, d:]")
