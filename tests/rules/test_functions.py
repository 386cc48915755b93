"""When functions are written, and when they are forgotten."""

from __future__ import annotations

import pytest

from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.functions import PATIENCE, Maker, Trial
from lanner.rules.needs import needs_of
from lanner.rules.plan import FLAT, Candidate


def group(texts):
    conditions = map(parse_condition, texts)
    return tuple(Candidate(number, condition, needs_of(condition)) for number, condition in enumerate(conditions))


@pytest.mark.parametrize("first", [True, False])
def test_a_small_group_is_evaluated_until_it_is_worth_a_function(first, oracle_events):
    home = {}
    maker = Maker(first=first, limit=1000, forget=home.clear)
    begun = maker.begin((*group(["ka.verb = nope", "ka.verb = create"]), Candidate(2, True, {})), home, "key")
    found = [begun(oracle_events[0]) for _ in range(PATIENCE + 2)]
    assert found == [1 if first else [1, 2]] * (PATIENCE + 2)
    assert isinstance(begun, Trial)
    assert not isinstance(home["key"], Trial)
    assert home["key"](oracle_events[0]) == found[0]


@pytest.mark.parametrize("first", [True, False])
def test_a_large_group_that_nothing_divides_is_tried_in_parts(first, oracle_events):
    texts = [f"not ka.verb = v{number}" for number in range(3 * FLAT)] + ["ka.verb = nope"]
    home = {}
    function = Maker(first=first, limit=1000, forget=home.clear).begin(group(texts), home, "key")
    for _ in range(PATIENCE + 6):
        assert function(oracle_events[0]) == (0 if first else list(range(3 * FLAT)))


GROUPS = ["system:masters", "system:authenticated", "system:masters, system:authenticated", "nobody"]
NAMESPACES = ["default", "kube-system", "default, kube-system", "nowhere"]


@pytest.mark.parametrize("first", [True, False])
def test_tables_of_lists_and_gates_give_each_rule_once_in_order(first, oracle_events):
    texts = [f"ka.user.groups intersects (g{number}, {GROUPS[number % 4]})" for number in range(30)]
    texts += [f"ka.target.namespace in (n{number}, {NAMESPACES[number % 4]})" for number in range(30)]
    texts += [f"ka.uri startswith {prefix}" for prefix in ["/api"] * 9 + ["/x"] * 9]
    texts += ["ka.verb = create and not ka.uri = x"] * 20
    candidates = group(texts)
    function = Maker(first=first, limit=10_000, forget=dict).begin(candidates, {}, "key")
    for event in oracle_events[:20]:
        expected = [number for number, condition, _ in candidates if Evaluator(condition).holds(event)]
        for _ in range(PATIENCE + 2):
            assert function(event) == (next(iter(expected), None) if first else expected)


def test_all_is_forgotten_when_it_stands_for_too_many_rules(oracle_events):
    forgotten = []
    maker = Maker(first=False, limit=50, forget=lambda: forgotten.append(1))
    for number in range(20):
        maker.begin(group([f"ka.verb = v{number}"] * 9), {}, number)
    assert len(forgotten) == 3
