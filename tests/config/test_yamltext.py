"""The YAML reader keeps places, tells quoted from plain, and is bounded."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lanner.config import yamltext
from lanner.config.yamltext import Mapping, Scalar, Sequence, compose, to_python
from lanner.errors import SourceError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: '1'", {"a": "1"}),
        ('a: "true"', {"a": "true"}),
        ("a: true", {"a": True}),
        ("a: yes", {"a": "yes"}),
        ("a: -1.5e3", {"a": -1500.0}),
        ("a: .5", {"a": 0.5}),
        ("a: 0x10", {"a": "0x10"}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: ''", {"a": ""}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("- 1\n- [b, {c: d}]", [1, ["b", {"c": "d"}]]),
        ("a: " + "9" * 63, {"a": int("9" * 63)}),
        ("a: " + "9" * 64, {"a": "9" * 64}),
        ("x: &x [1]\ny: *x", {"x": [1], "y": [1]}),
    ],
)
def test_scalars_resolve_by_the_core_schema(text: str, value: object) -> None:
    assert to_python(compose(text)[0]) == value


def test_places_count_from_one() -> None:
    root = compose("a: 1\nb:\n  - x\n  - 'y'\n")[0]
    assert isinstance(root, Mapping)
    assert (root.entries[1][0].line, root.entries[1][0].column) == (2, 1)
    items = root.get("b")
    assert isinstance(items, Sequence)
    assert items.items == (Scalar("x", quoted=False, line=3, column=5), Scalar("y", quoted=True, line=4, column=5))


def test_the_last_of_two_equal_keys_is_returned_and_both_are_kept() -> None:
    root = compose("a: 1\na: 2")[0]
    assert isinstance(root, Mapping)
    found = root.get("a")
    assert isinstance(found, Scalar)
    assert (found.text, len(root.entries)) == ("2", 2)


def test_each_document_is_returned_and_an_empty_text_has_none() -> None:
    assert compose("") == []
    assert [to_python(node) for node in compose("a: 1\n---\n---\nb: 2")] == [{"a": 1}, None, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1", "f:2:1", "did not find expected"),
        ("a: b: c", "f:1:5", "mapping values are not allowed"),
        ("a: *nope", "f:1:4", "the alias '*nope' names nothing above it"),
        ("? [a]\n: b", "f:1:3", "a key must be a plain word"),
        ("a: &a [*a]", "f:1:8", "names nothing above it"),
        ("a: \x01", "f", "control characters"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, place: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        compose(text, "f")
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


def test_deep_nesting_is_refused() -> None:
    for depth in (yamltext.MAX_DEPTH + 2, 100_000):
        with pytest.raises(SourceError):
            compose("[" * depth + "]" * depth)


def test_aliases_cannot_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "MAX_NODES", 10_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SourceError, match="more than 10000 values"):
        compose("\n".join(lines))


def test_aliases_cannot_nest_without_end() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 1000)]
    with pytest.raises(SourceError, match="more than 64 levels deep"):
        compose("\n".join(lines))


def test_a_text_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "MAX_BYTES", 10)
    with pytest.raises(SourceError, match="larger than 10 bytes"):
        compose("a: 1234567890")


@given(st.text())
def test_any_text_composes_or_is_a_source_error(text: str) -> None:
    try:
        compose(text)
    except SourceError:
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_pyyaml_writes_is_read_back(value: object) -> None:
    assert to_python(compose(yaml.safe_dump(value, allow_unicode=True, default_style=None))[0]) == _core(value)


def _core(value: object) -> object:
    """PyYAML writes by YAML 1.1; integers of 64 digits and more stay text here."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and len(str(value)) >= 64 else value
