"""Classes of a text: checks hold alike on all values of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.policy.coverage.classes import ABSENT, ANY_OTHER, TextClass, fields_of, holds, named_in, text_classes, tried
from lanner.policy.coverage.sample import class_of
from lanner.rules.falco.condition import parse_condition

CHECKS = [
    parse_condition(f"ka.useragent {rest}")
    for rest in ("= ab", "!= b", "in (a, abc)", "startswith a", "startswith ab", "contains c", "exists", "< 5")
]
texts = st.text(alphabet="abcx", max_size=4)


def test_absent_whole_beginnings_and_all_others():
    """In this order; a field that is always there has no absent class."""
    named = named_in(CHECKS)
    assert text_classes(named)[:3] == [ABSENT, TextClass("5"), TextClass("a")]
    assert text_classes(named, always=True)[-3:] == [TextClass("a", open=True), TextClass("ab", open=True), ANY_OTHER]


@given(st.lists(st.sampled_from(CHECKS), min_size=1), texts)
def test_what_is_said_of_a_class_is_so_of_each_of_its_values(checks, text):
    """Or nothing is said."""
    named = named_in(checks)
    one = class_of(text, named)
    assert one in text_classes(named)
    for check in checks:
        assert holds(check, one, named) in (None, tried(check, text))
        assert holds(check, ABSENT, named) is False


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("tolower(ka.useragent) = a", None),
        ("ka.req.pod.containers.image intersects (a)", None),
        ("ka.req.pod.containers.image exists", True),
        ("ka.req.pod.containers.image in ()", False),
        ("ka.useragent in (a)", False),
        ("ka.useragent != a", True),
        ("ka.useragent regex a", None),
    ],
)
def test_on_any_other_value(condition, verdict):
    """Lists, numbers and transformed texts leave it open."""
    check = parse_condition(condition)
    assert holds(check, ANY_OTHER, named_in([check])) is verdict


def test_fields_are_told_once_each():
    """Left and right, inside of transformers."""
    check = parse_condition("concat(ka.verb, ka.uri) = val(ka.verb)")
    assert [field.name for field in fields_of(check)] == ["ka.verb", "ka.uri"]
