"""What oneof, anyof and allof stand for."""

from __future__ import annotations

from itertools import product

import pytest

from lanner.rules import ir
from lanner.rules.falco.condition_modifiers import ONE_OF, expand

VERB = ir.Field("ka.verb")


def check(text):
    return ir.Compare(VERB, "startswith", ir.Text(text))


def expanded(modifier, *texts):
    return expand(modifier, VERB, "startswith", [ir.Text(text) for text in texts], 3)


def holds(condition, true):
    match condition:
        case ir.And(items):
            return all(holds(item, true) for item in items)
        case ir.Or(items):
            return any(holds(item, true) for item in items)
        case ir.Not(item):
            return not holds(item, true)
    return condition.right.text in true


def test_any_and_all_are_joined_comparisons():
    assert expanded("anyof", "a", "b") == ir.Or((check("a"), check("b")))
    assert expanded("allof", "a", "b") == ir.And((check("a"), check("b")))


@pytest.mark.parametrize("modifier", ["oneof", "anyof", "allof"])
def test_a_list_of_one_is_a_comparison_and_an_empty_list_never_matches(modifier):
    assert expanded(modifier, "a") == check("a")
    assert expanded(modifier) == ir.Compare(VERB, "in", ir.Values(()))
    assert (expanded(modifier, "a").offset, expanded(modifier).offset) == (3, 3)


@pytest.mark.parametrize("texts", ["ab", "abc", "abcdefg"])
def test_oneof_holds_where_exactly_one_comparison_does(texts):
    condition = expanded("oneof", *texts)
    for outcome in product([False, True], repeat=len(texts)):
        true = {text for text, holding in zip(texts, outcome, strict=True) if holding}
        assert holds(condition, true) is (len(true) == 1)


def test_oneof_of_the_same_value_twice_never_holds():
    """As in Falco, where both comparisons hold or neither does."""
    condition = expanded("oneof", "a", "a")
    assert not holds(condition, {"a"})
    assert not holds(condition, set())


def test_oneof_takes_a_bounded_list():
    assert expanded("oneof", *map(str, range(ONE_OF)))
    with pytest.raises(ir.ConditionError, match="at most 2000 values"):
        expanded("oneof", *map(str, range(ONE_OF + 1)))
