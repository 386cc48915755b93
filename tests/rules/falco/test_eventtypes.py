"""Event types that conditions on system calls let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.eventtypes import MANY, Types, is_broad


@pytest.mark.parametrize(
    ("condition", "broad"),
    [
        ("evt.type = open", False),
        ("evt.type in (open, close) and proc.name = sh", False),
        ("(evt.type = open and proc.name = sh) or evt.type = close", False),
        ("not evt.type != open", False),
        ("evt.type != open", True),
        ("evt.type startswith open", True),
        ("evt.type exists", True),
        ("proc.name = sh", True),
        ("not proc.name = sh and evt.type = open", False),
        ("evt.type = open or proc.name = sh", True),
        ("evt.type = open and evt.type = close", True),
        (f"evt.type in ({', '.join(f'e{number}' for number in range(MANY + 1))})", True),
    ],
)
def test_a_rule_is_broad_when_it_looks_at_all_types_or_none(condition, broad):
    assert is_broad(parse_condition(condition)) is broad


types = st.builds(Types, st.frozensets(st.sampled_from("abc")), st.booleans())


@given(types, types, st.sampled_from("abcd"))
def test_sets_of_types_follow_logic(left, right, name):
    def holds(some):
        return (name in some.names) != some.others

    assert holds(left & right) == (holds(left) and holds(right))
    assert holds(left | right) == (holds(left) or holds(right))
    assert holds(~left) != holds(left)
