"""Which parts of a condition decide on an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules import ir
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.ir import checks_in
from lanner.rules.testing.branches import Branches, Marks, shape_of
from lanner.rules.testing.events import SKELETON, make_events

TRUE, FALSE = "ka.verb = get", "ka.verb = list"


@pytest.mark.parametrize(
    ("condition", "fires", "silent"),
    [
        ("T", 0b1, 0),
        ("F", 0, 0b1),
        ("not F", 0b1, 0),
        ("T and T", 0b11, 0),
        ("T and F", 0, 0b10),
        ("F and F", 0, 0),
        ("T or T", 0, 0),
        ("T or F", 0b01, 0),
        ("F or F", 0, 0b11),
        ("T and (F or T) and not F", 0b1101, 0),
        ("T and not (T and T)", 0, 0b110),
        ("F and (F or T)", 0, 0b001),
    ],
)
def test_a_part_decides_when_its_opposite_would_turn_the_answer(event, condition, fires, silent):
    text = condition.replace("T", TRUE).replace("F", FALSE)
    assert Branches(parse_condition(text)).observe(event()) == Marks(fires, silent)


def trees(leaves):
    return st.recursive(
        leaves,
        lambda below: (
            st.builds(ir.Not, below)
            | st.builds(ir.And, st.lists(below, min_size=2, max_size=3).map(tuple))
            | st.builds(ir.Or, st.lists(below, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=8,
    )


LEAVES = st.sampled_from([parse_condition(text) for text in (TRUE, FALSE)])


def turned(condition, number):
    """Return the condition with the part of that number (a list of one, counted down) replaced by its opposite."""
    match condition:
        case ir.And(items) | ir.Or(items):
            return type(condition)(tuple(turned(item, number) for item in items))
        case ir.Not(item):
            return ir.Not(turned(item, number))
    number[0] -= 1
    return ir.Not(condition) if number[0] < 0 <= number[0] + 1 else condition


@given(trees(LEAVES))
def test_deciding_agrees_with_turning_each_part(condition):
    """Turn each part by itself and see whether the answer turns."""
    event = next(make_events(SKELETON, [{}])).event
    holds = Evaluator(condition).holds(event)
    deciding = 0
    for number in range(len(list(checks_in(condition)))):
        deciding |= (Evaluator(turned(condition, [number])).holds(event) is not holds) << number
    assert Branches(condition).observe(event) == (Marks(deciding, 0) if holds else Marks(0, deciding))


def test_conditions_that_differ_in_values_have_one_shape():
    one, two = (
        parse_condition("ka.verb in (a, b) and not ka.uri exists"),
        parse_condition("ka.verb in (c) and not ka.uri exists"),
    )
    assert shape_of(one) == shape_of(two)
    assert shape_of(one) != shape_of(parse_condition("ka.verb in (c) or not ka.uri exists"))
    assert shape_of(one) != shape_of(parse_condition("ka.verb in (c) and not ka.uri = x"))
