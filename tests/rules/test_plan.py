"""How groups of rules are divided."""

from __future__ import annotations

from itertools import chain

from lanner.rules.falco.condition import parse_condition
from lanner.rules.needs import needs_of
from lanner.rules.plan import BODY_SPARES, FLAT, Candidate, make_plan


def group(texts):
    conditions = map(parse_condition, texts)
    return tuple(Candidate(number, condition, needs_of(condition)) for number, condition in enumerate(conditions))


def numbers(part):
    return [candidate.number for candidate in part]


def test_few_rules_are_not_divided():
    few = group(f"ka.target.namespace = n{number}" for number in range(FLAT))
    plan = make_plan(few)
    assert (plan.loose, plan.tables, plan.gates) == (few, (), ())


def test_rules_that_need_a_value_go_into_a_table_and_the_rest_stays():
    plan = make_plan(group(["ka.uri exists", *(f"ka.target.namespace in (n{n % 10}, m{n % 4})" for n in range(40))]))
    (table,) = plan.tables
    assert numbers(plan.loose) == [0]
    assert table.lowest == 1
    assert numbers(table.parts["n3"]) == [4, 14, 24, 34]
    assert numbers(table.parts["m0"]) == list(range(1, 41, 4))


def test_the_field_that_tells_most_apart_comes_first():
    plan = make_plan(group(f"ka.target.namespace = shop and ka.user.name = u{number}" for number in range(40)))
    assert [table.field.name for table in plan.tables] == ["ka.user.name"]


def test_a_part_is_divided_by_another_field_than_the_whole():
    rules = group(f"ka.target.namespace = n{n % 2} and ka.user.groups intersects (g{n})" for n in range(60))
    plan = make_plan(rules)
    (table,) = plan.tables
    assert (table.field.name, table.is_list) == ("ka.user.groups", True)
    again = make_plan(rules, plan.used)
    assert [table.field.name for table in again.tables] == ["ka.target.namespace"]
    assert make_plan(rules, plan.used | again.used).tables == ()


def test_texts_with_parts_stand_behind_one_gate():
    plan = make_plan(group(f"ka.user.name startswith team-{number}:" for number in range(40)))
    (gate,) = plan.gates
    assert (plan.loose, numbers(gate.part)) == ((), list(range(40)))


def test_a_condition_that_rules_share_is_tried_once():
    plan = make_plan(group(f"not ka.uri exists and ka.target.name endswith {'x' * n}" for n in range(1, 5)) * 5)
    assert sum(len(gate.part) for gate in plan.gates) + len(plan.loose) == 20
    shared = make_plan(group(f"not ka.uri exists and not ka.target.name = {number}" for number in range(40)))
    (gate,) = shared.gates
    assert gate.test == parse_condition("not ka.uri exists")
    assert gate.part[3].condition == parse_condition("not ka.target.name = 3")


def test_a_body_is_read_only_for_many_rules():
    texts = [f"ka.req.pod.containers.image intersects (i{number})" for number in range(BODY_SPARES + 2)]
    assert make_plan(group(texts[: BODY_SPARES - 2])).tables == ()
    assert len(make_plan(group(texts)).tables) == 1


def test_every_rule_is_in_one_place_and_parts_keep_the_order():
    shapes = ["ka.target.namespace = n{}", "ka.uri contains x{}", "not ka.verb = v{}", "ka.user.name = u{}"]
    rules = group(shapes[number % 4].format(number) for number in range(200))
    plan = make_plan(rules)
    parts = [plan.loose, *(gate.part for gate in plan.gates)]
    parts += chain.from_iterable(table.parts.values() for table in plan.tables)
    assert sorted(chain.from_iterable(map(numbers, parts))) == list(range(200))
    assert all(numbers(part) == sorted(numbers(part)) for part in parts)
